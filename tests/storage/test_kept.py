"""What is kept of one user: pictures that the database can take, and otherwise a sentence that is not an outage."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from typing import Any

import pymysql  # type: ignore[import-untyped]
import pytest
from sqlalchemy import Connection, Engine, delete, exc

from auth import accounts
from storage import kept
from storage.database import DEADLOCK, DatabaseUnavailable, is_shared
from storage.feedback import give_feedback, list_feedback
from storage.history import add_entry, delete_entries, find_entries, keep_picture, open_entry, read_picture
from storage.kept import PICTURE_TOO_LARGE, QuotaReached, store_picture
from storage.tables import users
from storage.users import AccountGone, owner_id
from tests.auth.server import PASSWORD

FOUND = {"schema": 1, "sha256": "a" * 64, "faces": [], "whole_image": []}


@pytest.fixture
def anna(engine: Engine, name: str) -> str:
    return accounts.add_user(engine, name, password=PASSWORD, rounds=4).name


def test_an_account_that_goes_between_look_up_and_lock_is_told_as_gone(
    engine: Engine, anna: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_and_lose(connection: Connection, name: str) -> int:
        number = owner_id(connection, name)
        connection.execute(delete(users).where(users.c.id == number))
        return number

    monkeypatch.setattr(kept, "owner_id", find_and_lose)
    with pytest.raises(AccountGone):
        add_entry(engine, anna, file_name="a.jpg", comparison=FOUND)


@pytest.mark.parametrize("size", [7_000_000, 8_400_000, 16_777_216, 20_000_000])
def test_a_picture_of_any_size_is_kept_or_refused_in_a_sentence_of_its_own(
    engine: Engine, anna: str, size: int
) -> None:
    number = add_entry(engine, anna, file_name="a.jpg", comparison=FOUND)
    picture = os.urandom(size)
    if is_shared(engine) and size > 16_777_216:  # MariaDB's max_allowed_packet
        with pytest.raises(QuotaReached, match=PICTURE_TOO_LARGE):
            keep_picture(engine, anna, entry_id=number, picture=picture)
        assert open_entry(engine, anna, entry_id=number) is not None, "the verdict stays"
        assert read_picture(engine, anna, entry_id=number) is None
    else:
        keep_picture(engine, anna, entry_id=number, picture=picture)
        assert read_picture(engine, anna, entry_id=number) == picture


def test_feedback_with_a_picture_that_is_too_large_is_refused_likewise(engine: Engine, anna: str) -> None:
    add_entry(engine, anna, file_name="a.jpg", comparison=FOUND)
    given = {"comparison": FOUND, "claim": "real", "detector": "whole", "face": None, "file_name": "a.jpg"}
    if is_shared(engine):
        with pytest.raises(QuotaReached, match=PICTURE_TOO_LARGE):
            give_feedback(engine, anna, **given, picture=os.urandom(17_000_000))  # type: ignore[arg-type]
        assert [one for one in list_feedback(engine, accepted=None) if one.user == anna] == []


@pytest.mark.parametrize("writes", ["a new entry with the same picture", "a picture for the old entry"])
def test_who_deletes_entries_waits_for_who_keeps_a_picture(
    engine: Engine, anna: str, writes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or else the picture goes that an entry is just being given, or each waits for the other."""
    old = add_entry(engine, anna, file_name="old.jpg", comparison=FOUND, picture=b"old")
    with ThreadPoolExecutor(1) as other:

        def store_slowly(*given: Any, **more: Any) -> int | None:
            number = store_picture(*given, **more)
            wait([deleting := other.submit(delete_entries, engine, anna, entry_ids=[old])], timeout=1)
            deletions.append(deleting)
            return number

        deletions: list[Any] = []
        monkeypatch.setattr("storage.history.store_picture", store_slowly)
        if writes == "a new entry with the same picture":
            new = add_entry(engine, anna, file_name="new.jpg", comparison=FOUND, picture=b"old")
            assert read_picture(engine, anna, entry_id=new) == b"old"
        else:
            keep_picture(engine, anna, entry_id=old, picture=b"new")
        assert [one.result() for one in deletions] == [1]
    assert [entry.file_name for entry in find_entries(engine, anna)] == ["new.jpg"] * writes.startswith("a new")


@pytest.mark.parametrize(("deadlocks", "is_kept"), [(1, True), (2, False)])
def test_after_a_deadlock_a_picture_is_kept_at_the_second_try(
    engine: Engine, anna: str, deadlocks: int, is_kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, left = add_entry(engine, anna, file_name="a.jpg", comparison=FOUND), [deadlocks]

    def store_unless_locked(*given: Any, **more: Any) -> int | None:
        if left[0]:
            left[0] -= 1
            raise exc.OperationalError("INSERT", {}, pymysql.err.OperationalError(DEADLOCK, "Deadlock found"))
        return store_picture(*given, **more)

    monkeypatch.setattr("storage.history.store_picture", store_unless_locked)
    keep: Callable[[], None] = partial(keep_picture, engine, anna, entry_id=number, picture=b"a picture")
    if is_kept:
        keep()
    else:
        with pytest.raises(DatabaseUnavailable):
            keep()
    assert read_picture(engine, anna, entry_id=number) == (b"a picture" if is_kept else None)
