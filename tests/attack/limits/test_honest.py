"""Whatever is sent at the page, others get their verdicts: a few honest clients during each attack.

How much longer they wait is for `python -m benchmarks.attacks`: a ratio of times fails by chance on a busy machine.
"""

from collections.abc import Iterator

import pytest

from benchmarks.attacks import ATTACKS, Honest, attacking, serve, sign_up_honest
from tests.attack.limits.wire import Pressed, pressed
from tests.auth.server import Browser

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
CLIENTS = 3


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pressed]:
    with pressed(tmp_path_factory.mktemp("honest"), files=500) as server:
        yield server


@pytest.fixture(scope="module")
def clients(served: Pressed) -> list[Honest]:
    return sign_up_honest(served, CLIENTS)


@pytest.fixture(scope="module")
def attacker(served: Pressed) -> Browser:
    return served.member("Attacker")


@pytest.mark.parametrize("name", ATTACKS)
def test_honest_clients_get_the_right_verdicts_during(name: str, clients: list[Honest], attacker: Browser) -> None:
    assert serve(clients, times=1).errors == []
    with attacking(name, attacker, apart=False):
        assert serve(clients, times=2).errors == []
    assert all(client.expected["faces"] for client in clients)
