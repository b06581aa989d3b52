"""The accounts are tested on both databases, through pages that are really launched."""

from collections.abc import Callable, Iterator

import pytest

from tests.auth.server import Server, launched
from tests.storage.databases import pytest_plugin_registered
from ui.components import examples

__all__ = ["pytest_plugin_registered"]


@pytest.fixture(scope="module")
def demo(new_url: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo as it is shipped, for all tests of a module."""
    with launched(new_url(), tmp_path_factory.mktemp("demo") / "uploads") as server:
        yield server


@pytest.fixture(scope="session")
def portrait() -> str:
    """The picture of the examples."""
    return str(examples.portrait())
