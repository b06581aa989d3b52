"""A refusal does the same whatever its reason, so that its time does not tell; see benchmarks/sign_in_times.py."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, event, func, select, update

from auth import accounts
from auth.lockout import LOCK_SECONDS, SignInPlace, sweep_tries
from storage.database import writing
from storage.tables import refusals, users
from tests.auth.server import PASSWORD, Browser, launch

WRONG = "not the password"
PROXY = "127.0.0.2"


@contextmanager
def watched(engine: Engine) -> Iterator[tuple[list[bool], list[int]]]:
    """Of the statements that are sent, in turn, whether each only reads; and how many rows each other changes."""
    reads: list[bool] = []
    changed: list[int] = []

    def look(_connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        reads.append(statement.startswith("SELECT"))
        if not reads[-1]:
            changed.append(cursor.rowcount)

    event.listen(engine, "after_cursor_execute", look)
    yield reads, changed
    event.remove(engine, "after_cursor_execute", look)


@pytest.mark.parametrize("why", ["wrong", "wrong again", "locked here", "locked here, right", "locked everywhere"])
def test_a_refused_user_sends_what_nobody_sends_and_something_is_written(engine: Engine, name: str, why: str) -> None:
    account, here = accounts.add_user(engine, name, password=PASSWORD, rounds=4), SignInPlace("here")

    def refuse(who: str, *, password: str = WRONG) -> tuple[list[bool], bool]:
        with watched(engine) as (reads, changed):
            assert accounts.sign_in(engine, who, password=password, place=here, rounds=4) is None
        return reads, any(count > 0 for count in changed)

    for _ in range({"wrong again": 1, "locked here": 5, "locked here, right": 5}.get(why, 0)):
        refuse(name)
    if why == "locked everywhere":
        with writing(engine) as connection:
            until = int(time.time()) + LOCK_SECONDS
            connection.execute(update(users).where(users.c.id == account.id).values(locked_until=until))
    theirs = refuse(name, password=PASSWORD if "right" in why else WRONG)
    assert theirs == refuse(f"not {name}")
    assert theirs[1] is True


def test_what_is_written_of_nobody_is_swept(engine: Engine, name: str) -> None:
    accounts.sign_in(engine, name, password=WRONG, place=SignInPlace("here"), rounds=4)
    count = select(func.count()).select_from(refusals)
    with engine.connect() as connection:
        assert connection.execute(count).scalar_one() > 0
    sweep_tries(engine)
    with engine.connect() as connection:
        assert connection.execute(count).scalar_one() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8")
@pytest.mark.parametrize("trusted", [True, False])
def test_visitors_behind_a_proxy_elsewhere_are_told_apart_where_it_is_named(
    engine: Engine, uploads: Path, name: str, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    """As one on the host is for a container: see docs/operations.md."""
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", PROXY if trusted else "127.0.0.1")
    site = launch(engine, uploads=uploads)

    def through_proxy(address: str) -> Browser:
        transport = httpx.HTTPTransport(local_address=PROXY)
        return site.browser(headers={"x-forwarded-for": address}, transport=transport)

    through_proxy("198.51.100.7").sign_up(name)
    for _ in range(5):
        through_proxy("203.0.113.9").sign_in(name, password="wrong password")
    assert through_proxy("198.51.100.7").sign_in(name).status_code == (303 if trusted else 400)
    site.close()
