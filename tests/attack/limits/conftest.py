"""A page that each file's attacks have to themselves."""

from collections.abc import Iterator

import pytest

from tests.attack.site import Attacked, attacked


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with attacked(tmp_path_factory.mktemp("attacked")) as site:
        yield site
