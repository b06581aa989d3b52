"""What tests of several components share."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from auth import accounts
from storage.database import open_database
from tests.auth.server import PASSWORD


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database of Anna's."""
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('kept') / 'facejury.db'}")
    accounts.add_user(engine, "Anna", password=PASSWORD, rounds=4)
    yield engine
    engine.dispose()
