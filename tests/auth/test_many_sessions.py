"""Thousands of sessions: found by an index, the outlived swept, one user's kept to a number, memory bounded."""

import time

from sqlalchemy import Engine, func, insert, select, text

from auth import accounts
from auth.sessions import (
    IDLE_SECONDS,
    LIFE_SECONDS,
    MAX_SESSIONS,
    digest,
    find_visitor,
    sweep_sessions,
)
from storage.tables import sessions
from storage.uploads import MAX_NAMES, Uploads
from tests.auth.server import PASSWORD, session_of

MANY = 5_000


def make_sessions(engine: Engine, user_id: int, *, count: int, seen: int, made: int) -> None:
    """Sessions of one user, made and seen so many seconds ago."""
    now = int(time.time())
    times = {"user_id": user_id, "created_at": now - made, "seen_at": now - seen}
    rows = [{**times, "token_sha256": digest(f"{user_id} {seen} {made} {number}")} for number in range(count)]
    with engine.begin() as connection:
        for start in range(0, count, 1000):
            connection.execute(insert(sessions).values(rows[start : start + 1000]))


def count_sessions(engine: Engine, user_id: int) -> int:
    mine = sessions.c.user_id == user_id
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(sessions).where(mine)).scalar_one())


def test_among_thousands_a_session_is_found_by_its_index_and_the_outlived_are_swept(engine: Engine, name: str) -> None:
    account = accounts.add_user(engine, name, password=PASSWORD, rounds=4)
    secret = session_of(engine, account)
    make_sessions(engine, account.id, count=MANY, seen=IDLE_SECONDS + 1, made=IDLE_SECONDS + 1)
    make_sessions(engine, account.id, count=10, seen=0, made=LIFE_SECONDS + 1)
    with engine.connect() as connection:
        plan = "EXPLAIN " if engine.dialect.name == "mysql" else "EXPLAIN QUERY PLAN "
        by_token = text(f"{plan} SELECT id FROM sessions WHERE token_sha256 = :token")
        planned = str([tuple(row) for row in connection.execute(by_token, {"token": digest(secret)})])
    assert "token_sha256" in planned
    assert "SCAN" not in planned
    assert sweep_sessions(engine) >= MANY + 10
    assert count_sessions(engine, account.id) == 1
    visitor = find_visitor(engine, secret)
    assert visitor is not None
    assert visitor.user_id == account.id


def test_one_user_has_so_many_sessions_and_their_own_oldest_ends_first(engine: Engine, name: str) -> None:
    other = accounts.add_user(engine, f"older than {name}", password=PASSWORD, rounds=4)
    theirs = session_of(engine, other)
    account = accounts.add_user(engine, name, password=PASSWORD, rounds=4)
    first, second = session_of(engine, account), session_of(engine, account)
    make_sessions(engine, account.id, count=MAX_SESSIONS - 2, seen=0, made=0)
    assert find_visitor(engine, first)
    newest = session_of(engine, account)
    assert count_sessions(engine, account.id) == MAX_SESSIONS
    assert [bool(find_visitor(engine, secret)) for secret in (first, second, newest)] == [False, True, True]
    assert find_visitor(engine, theirs), "one user's many sessions end nobody else's"


def test_reservations_of_pages_stay_bounded_and_cost_nothing_more_when_there_are_many() -> None:
    uploads = Uploads("/nowhere")
    few = seconds_of_reservations(uploads)
    for number in range(MAX_NAMES + MAX_NAMES // 2):
        assert uploads.reserve(1, f"page {number}")
        if number % 1000 == 0:
            assert uploads.reserve(2, "a page in use")
    assert len(uploads._reservations) <= MAX_NAMES
    assert not uploads.reserve(1, "a page in use"), "what is in use is not what is forgotten"
    assert seconds_of_reservations(uploads) < 30 * few, "a search through all would take thousands of times as long"


def seconds_of_reservations(uploads: Uploads) -> float:
    """Of processor time, for a thousand."""
    began = time.process_time()
    for number in range(1000):
        uploads.reserve(1, f"another {number}")
    return time.process_time() - began
