"""Writing comparisons down in the background."""

import threading
from typing import Any

import pytest
from sqlalchemy import Engine

from auth import accounts
from storage.database import DatabaseUnavailable
from storage.history import add_entry, find_entries, open_entry, read_picture
from storage.recorder import MAX_WAITING, WRITERS, Recorder
from storage.users import AccountGone
from tests.auth.server import PASSWORD

COMPARISON = {"schema": 1, "sha256": "0" * 64, "faces": [], "whole_image": []}


@pytest.fixture
def anna(engine: Engine, name: str) -> str:
    return accounts.add_user(engine, name, password=PASSWORD, rounds=4).name


def test_what_is_recorded_is_in_the_history(engine: Engine, anna: str) -> None:
    recorder = Recorder(engine)
    recorded = recorder.record(anna, file_name="a.jpg", comparison=COMPARISON, page="p", picture=b"hers")
    assert recorder.take("somebody else", "p") is None
    assert recorder.take(anna, "p") is recorded
    assert recorder.take(anna, "p") is None
    entry = open_entry(engine, anna, entry_id=recorded.result(30))
    assert entry is not None
    assert (entry.file_name, entry.comparison) == ("a.jpg", COMPARISON)
    assert read_picture(engine, anna, entry_id=entry.id) == b"hers"


@pytest.fixture
def freed(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Until it is set, the database hangs."""
    answers = threading.Event()

    def add_late(*args: Any, **entry: Any) -> int:
        assert answers.wait(60)
        return add_entry(*args, **entry)

    monkeypatch.setattr("storage.recorder.add_entry", add_late)
    return answers


def test_nobody_waits_for_a_slow_database_and_the_queue_has_an_end(
    engine: Engine, anna: str, freed: threading.Event
) -> None:
    recorder = Recorder(engine)
    some = [recorder.record(anna, file_name="a.jpg", comparison=COMPARISON) for _ in range(MAX_WAITING + 1)]
    assert not any(one.done() for one in some[:-1]), "nobody waited for the writers"
    assert isinstance(some[-1].exception(0), DatabaseUnavailable), "one too many"
    assert sum(thread.name == "history" for thread in threading.enumerate()) == WRITERS
    freed.set()
    assert all(one.result(60) for one in some[:-1])
    assert len(find_entries(engine, anna, limit=MAX_WAITING + 1)) == MAX_WAITING
    assert recorder.record(anna, file_name="a.jpg", comparison=COMPARISON).result(60), "there is room again"


def test_what_a_hanging_database_has_not_taken_when_its_time_is_over_is_counted_and_dropped(
    engine: Engine, anna: str, freed: threading.Event
) -> None:
    recorder = Recorder(engine)
    some = [recorder.record(anna, file_name="a.jpg", comparison=COMPARISON) for _ in range(WRITERS + 2)]
    assert recorder.close(0.2) == WRITERS + 2
    assert [one.cancelled() for one in some] == [False] * WRITERS + [True] * 2
    assert isinstance(recorder.record(anna, file_name="a.jpg", comparison=COMPARISON).exception(0), DatabaseUnavailable)
    freed.set()
    assert len({one.result(60) for one in some[:WRITERS]}) == WRITERS, "what was begun may still be written"


def test_a_removed_account_records_nothing(engine: Engine, anna: str) -> None:
    account = accounts.find_user(engine, anna)
    assert account is not None
    accounts.remove_user(engine, account.id)
    recorded = Recorder(engine).record(anna, file_name="a.jpg", comparison=COMPARISON)
    assert isinstance(recorded.exception(30), AccountGone)


@pytest.mark.one_database
def test_outcomes_that_no_page_asks_for_are_forgotten_the_oldest_first(
    engine: Engine, anna: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.recorder.MAX_REMEMBERED", 2)
    recorder = Recorder(engine)
    made = {
        page: recorder.record(anna, file_name="a.jpg", comparison=COMPARISON, page=page) for page in ("p", "q", "r")
    }
    assert [recorder.take(anna, page) for page in made] == [None, made["q"], made["r"]]
    assert recorder.close(30) == 0
