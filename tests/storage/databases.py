"""Databases, SQLite and a MariaDB server started for it, and launched pages: for the accounts and what is kept."""

import itertools
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from storage.database import open_database
from storage.uploads import own_folder
from tests.auth.server import MariaDB, Site, launch

NUMBERS = itertools.count(1)


def pytest_plugin_registered(manager: pytest.PytestPluginManager) -> None:
    """The conftest.py of two folders has this hook, so that both share these fixtures.

    Had each imported the fixtures themselves, there would be two of all: two servers, and two upload folders in turn
    in one variable of the environment.
    """
    if not manager.has_plugin(__name__):
        manager.register(sys.modules[__name__], __name__)


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """The MariaDB server; missing is a failure in CI and a skip elsewhere."""
    if not MariaDB.is_installed():
        missing = "mariadbd and mariadb-install-db are not installed (Debian: mariadb-server)"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    server = MariaDB(tmp_path_factory.mktemp("mariadb"))
    server.install()
    yield server
    server.kill()
    shutil.rmtree(server.folder)


@pytest.fixture(scope="session")
def new_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Makes addresses of new, empty databases, of one kind and then of the other: see pytest_generate_tests."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'facejury.db'}"
    server: MariaDB = request.getfixturevalue("mariadb")
    return lambda: server.make_database(f"facejury{next(NUMBERS)}")


@pytest.fixture(scope="session")
def url(new_url: Callable[[], str]) -> str:
    """The address of the database that most tests share, each with users of its own."""
    return new_url()


@pytest.fixture(scope="session")
def engine(url: str) -> Iterator[Engine]:
    """That database, opened."""
    engine = open_database(url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def uploads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Gradio's upload folder, as the demo sets it."""
    before = os.environ.get("GRADIO_TEMP_DIR")
    os.environ["GRADIO_TEMP_DIR"] = str(tmp_path_factory.mktemp("gradio") / "uploads")
    yield own_folder()
    os.environ.pop("GRADIO_TEMP_DIR")
    if before is not None:
        os.environ["GRADIO_TEMP_DIR"] = before


@pytest.fixture(scope="session")
def site(engine: Engine, uploads: Path) -> Iterator[Site]:
    """A guarded page, really launched."""
    site = launch(engine, uploads=uploads)
    yield site
    site.close()


@pytest.fixture(scope="session")
def other_site(url: str, uploads: Path) -> Iterator[Site]:
    """A second server on the same database."""
    engine = open_database(url)
    site = launch(engine, uploads=uploads)
    yield site
    site.close()
    engine.dispose()


@pytest.fixture
def name() -> str:
    """A user name nobody has yet."""
    return f"Anna {next(NUMBERS)}"
