"""Which line a request comes from, for what is counted by lines."""

import pytest

from auth.requests import address_of


@pytest.mark.parametrize(
    ("client", "line"),
    [
        (("8.8.4.1", 1), "8.8.4.1"),
        (("::ffff:8.8.4.1", 1), "8.8.4.1"),
        (("2a00:1450:4001:82a::1", 1), "2a00:1450:4001:82a::/64"),
        (("2a00:1450:4001:82a:1:2:3:4", 1), "2a00:1450:4001:82a::/64"),
        (("10.0.0.1", 1), None),
        (("::ffff:10.0.0.1", 1), None),
        (("::1", 1), None),
        (("unknown", 1), None),
        (None, None),
    ],
)
def test_a_line_is_an_address_of_ipv4_or_a_network_of_ipv6_and_none_of_a_private_network(
    client: tuple[str, int] | None, line: str | None
) -> None:
    assert address_of({"type": "http", "client": client}) == line
