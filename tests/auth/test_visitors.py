"""What a server remembers of who is who: for seconds, and never that it could not be told."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine

from auth import accounts
from auth.sessions import Visitor
from auth.visitors import Visitors
from storage.database import DatabaseUnavailable, open_database
from tests.auth.server import PASSWORD, session_of


def test_a_look_up_that_failed_is_not_remembered_even_where_nobody_waited_for_its_end(tmp_path: Path) -> None:
    folder, away = tmp_path / "here", tmp_path / "away"
    engine = open_database(f"sqlite:///{folder / 'facejury.db'}")
    secret = session_of(engine, accounts.add_user(engine, "Anna", password=PASSWORD, rounds=4))
    engine.dispose()
    folder.rename(away)
    with ThreadPoolExecutor(1) as thread:  # where browsers are tested, a loop runs in this one already
        found = thread.submit(asyncio.run, find_twice(engine, secret, lambda: away.rename(folder))).result()
    assert found is not None and found.name == "Anna"
    engine.dispose()


async def find_twice(engine: Engine, secret: str, back: Callable[[], object]) -> Visitor | None:
    visitors = Visitors(engine)
    with pytest.raises(DatabaseUnavailable):
        await visitors.find(secret)
    asking = asyncio.create_task(visitors.find(secret))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)
    back()
    return await visitors.find(secret)


def test_a_full_memory_is_emptied_and_everybody_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auth.visitors.MAX_REMEMBERED", 2)
    engine = open_database(f"sqlite:///{tmp_path / 'facejury.db'}")
    names = ["Anna", "Bert", "Cleo"]
    secrets = [session_of(engine, accounts.add_user(engine, name, password=PASSWORD, rounds=4)) for name in names]
    visitors = Visitors(engine)

    async def find_all() -> list[str]:
        found = [await visitors.find(secret) for secret in secrets]
        return [visitor.name for visitor in found if visitor]

    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(asyncio.run, find_all()).result() == names
    assert len(visitors._found) == 1, "the last alone"
    engine.dispose()
