"""How many bytes each server holds for each user."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from auth import accounts
from storage.database import reading, writing
from storage.tables import upload_bytes
from storage.upload_ledger import Ledger
from tests.auth.server import PASSWORD


@pytest.fixture
def user_id(engine: Engine, name: str) -> int:
    return accounts.add_user(engine, name, password=PASSWORD, rounds=4).id


@pytest.mark.parametrize(
    "tell", [lambda ledger, user_id: ledger.note(user_id, 7), lambda ledger, user_id: ledger.settle({user_id: 7})]
)
def test_nothing_is_noted_of_an_account_that_is_deleted_meanwhile(
    engine: Engine, user_id: int, tell: Callable[[Ledger, int], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(engine)
    assert ledger.note(user_id, 5)

    def delete_first(engine: Engine) -> Any:
        """The account is gone just before the ledger's own transaction."""
        accounts.remove_user(engine, user_id)
        return writing(engine)

    monkeypatch.setattr("storage.upload_ledger.writing", delete_first)
    assert tell(ledger, user_id) in (True, None)
    with reading(engine) as connection:
        mine = upload_bytes.c.user_id == user_id
        assert connection.execute(select(func.count()).select_from(upload_bytes).where(mine)).scalar() == 0
