"""Where nobody can listen, whoever starts the page reads why in a sentence."""

import errno

import pytest

from ui.server.address import _explain, check_root


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EADDRINUSE, "Port 80 is taken; choose another with --port."),
        (errno.EACCES, "Port 80 is for the system's own services; choose one from 1024 up with --port."),
        (errno.EADDRNOTAVAIL, "--host ::5 is no address of this machine; 0.0.0.0 listens on all of its addresses."),
        (errno.ENOBUFS, "Nothing can listen at ::5, port 80: no room."),
    ],
)
def test_each_reason_has_its_sentence(number: int, said: str) -> None:
    assert _explain(OSError(number, "no room"), "::5", 80) == said


@pytest.mark.parametrize(
    ("written", "root"), [("", ""), ("/", ""), ("/jury", "/jury"), ("/a/b-c/", "/a/b-c"), ("/s", "/s")]
)
def test_a_path_of_a_proxy_is_put_before_addresses_as_it_is(written: str, root: str) -> None:
    assert check_root(written) == root


@pytest.mark.parametrize("written", ["jury", "//host", "/a b", "https://host/jury", "/a\n", '/"', "/é"])
def test_what_is_no_path_of_a_proxy_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="name one like /jury"):
        check_root(written)


@pytest.mark.parametrize("written", ["/gradio_api", "/gradio_api/call", "/account", "/detectors/jury", "/static/"])
def test_below_an_address_of_the_page_itself_it_is_not_served(written: str) -> None:
    """It would be taken off that address, where a proxy leaves it in front."""
    with pytest.raises(ValueError, match="an address of the page itself; name another one, like /jury"):
        check_root(written)
