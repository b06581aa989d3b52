"""The database: opening, migrating two at once, and a server that dies in the middle."""

import concurrent.futures
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, event, insert, select, text

from auth import accounts
from storage.address import default_url
from storage.database import (
    GONE,
    MIGRATION_LOCK,
    DatabaseUnavailable,
    _take_lock,
    explain,
    is_shared,
    migrate,
    open_database,
    writing,
)
from storage.tables import metadata, users
from tests.auth.server import PASSWORD, MariaDB, Site, launch, wait_for

OPEN = "import sys; from storage.database import open_database; open_database(sys.argv[1]); print('open')"


def test_the_migrations_make_the_tables_that_the_code_expects(new_url: Callable[[], str]) -> None:
    engine = open_database(new_url())
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_many_servers_may_start_at_once_on_an_empty_database(new_url: Callable[[], str]) -> None:
    url = new_url()
    started = [
        subprocess.Popen([sys.executable, "-c", OPEN, url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    answers = [process.communicate(timeout=240) for process in started]
    assert [out for out, _ in answers] == ["open\n"] * 4, answers
    engine = open_database(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == ["0012"]
    engine.dispose()


def test_a_start_waits_for_the_one_that_migrates(new_url: Callable[[], str]) -> None:
    engine = open_database(new_url())
    finished = threading.Event()

    def start() -> None:
        migrate(engine)
        finished.set()

    with writing(engine) as connection:
        if is_shared(engine):
            connection.execute(text("SELECT GET_LOCK('facejury-migrations', 1)"))
        starter = threading.Thread(target=start)
        starter.start()
        assert not finished.wait(1.5)
        if is_shared(engine):
            connection.execute(text("SELECT RELEASE_LOCK('facejury-migrations')"))
    assert finished.wait(30)
    starter.join()
    engine.dispose()


def test_the_next_start_is_let_in_only_once_what_was_migrated_is_committed(mariadb: MariaDB) -> None:
    engine = open_database(mariadb.make_database("one_by_one"))
    free: list[bool] = []

    def look(_: Connection) -> None:
        with mariadb.connect() as other, other.cursor() as cursor:
            cursor.execute("SELECT IS_FREE_LOCK(%s)", [MIGRATION_LOCK])
            free.append(bool(cursor.fetchone()[0]))

    event.listen(engine, "commit", look)
    migrate(engine)
    look(None)
    assert free == [False, True]
    engine.dispose()


def test_a_second_start_keeps_every_row(new_url: Callable[[], str]) -> None:
    url = new_url()
    first = open_database(url)
    account = accounts.add_user(first, "Anna", password=PASSWORD, rounds=4)
    first.dispose()
    second = open_database(url)
    assert accounts.list_users(second) == [account]
    second.dispose()


def test_what_raises_in_a_transaction_is_undone(new_url: Callable[[], str]) -> None:
    engine = open_database(new_url())
    row = {"name": "x", "name_key": "x", "password_hash": "", "failures": 0, "locked_until": 0, "created_at": 0}
    with pytest.raises(ZeroDivisionError), writing(engine) as connection:
        connection.execute(insert(users).values(row))
        raise ZeroDivisionError
    assert accounts.list_users(engine) == []
    engine.dispose()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:secret@h/d",
        "mysql://u:secret@h:port/d",
        "mysql+mysqldb://u:secret@h/d",
        "sqlite://",
        "secret",
        "mysql+pymysql://u:secret@h",
    ],
)
def test_another_database_is_refused_without_showing_the_password(url: str) -> None:
    with pytest.raises(ValueError, match="FACEJURY_DATABASE_URL") as caught:
        open_database(url)
    assert "secret" not in str(caught.value)


def test_the_environment_names_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEJURY_DATABASE_URL", "mysql+pymysql://u:p@h/d")
    assert default_url() == "mysql+pymysql://u:p@h/d"
    monkeypatch.delenv("FACEJURY_DATABASE_URL")
    assert default_url().startswith("sqlite:///") and default_url().endswith("facejury.db")


def test_the_sqlite_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    open_database(f"sqlite:///{tmp_path / 'new' / 'facejury.db'}").dispose()
    assert stat.S_IMODE(os.stat(tmp_path / "new" / "facejury.db").st_mode) == 0o600


def test_a_server_that_is_not_there_is_said_plainly() -> None:
    with pytest.raises(DatabaseUnavailable, match="cannot be reached"):
        open_database("mysql+pymysql://u:p@127.0.0.1:1/d")


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[MariaDB]:
    """A MariaDB server of one test's own, to be killed."""
    if not MariaDB.is_installed():
        missing = "mariadbd is not installed (Debian: mariadb-server)"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    server = MariaDB(tmp_path)
    server.install()
    yield server
    server.kill()


@pytest.fixture
def fragile_site(fragile: MariaDB, uploads: Path) -> Iterator[Site]:
    """A guarded page on it."""
    engine = open_database(fragile.make_database("facejury"))
    site = launch(engine, uploads=uploads)
    yield site
    site.close()
    engine.dispose()


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(fragile: MariaDB, fragile_site: Site) -> None:
    acknowledged: list[str] = []
    stop = threading.Event()

    def keep_signing_up(worker: int) -> None:
        browser, number = fragile_site.browser(), 0
        while not stop.is_set():
            number += 1
            name = f"user {worker} {number}"
            if browser.sign_up(name).status_code == 303:
                acknowledged.append(name)
            browser.http.cookies.clear()

    def enough_are_acknowledged() -> None:
        assert len(acknowledged) >= 20

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        workers = [pool.submit(keep_signing_up, worker) for worker in range(4)]
        wait_for(enough_are_acknowledged, seconds=240)
        fragile.kill()
        time.sleep(0.5)
        stop.set()
    assert all(worker.exception() is None for worker in workers)
    fragile.start()
    with fragile_site.engine.connect() as connection:
        stored = set(connection.execute(select(users.c.name)).scalars())
    assert set(acknowledged) <= stored


def test_a_killed_server_is_a_plain_sentence_lets_nobody_in_and_comes_back(
    fragile: MariaDB, fragile_site: Site
) -> None:
    member, visitor = fragile_site.member("Anna"), fragile_site.browser()
    form = visitor.http.get("/signin").text.split('form_token" value="')[1][:64]
    fields = {"form_token": form, "name": "Anna", "password": PASSWORD}
    fragile.kill()
    refused = visitor.http.post("/signin", data=fields)
    assert refused.status_code == 503 and GONE in refused.text and "Traceback" not in refused.text
    forged = fragile_site.browser(cookies={"facejury-session": "fs_" + "a" * 43})
    assert forged.http.get("/config").status_code == 503
    person = forged.http.get("/", headers={"accept": "text/html"})
    assert person.status_code == 503 and GONE in person.text and person.headers["content-type"].startswith("text/html")
    assert visitor.http.get("/config").status_code == 401, "without a cookie nobody need be asked"
    time.sleep(4.1)
    assert member.http.get("/config").status_code == 503, "the server no longer remembers who is in"
    assert visitor.http.get("/signin").status_code == 200
    fragile.start()

    def is_back() -> None:
        assert member.is_in()

    wait_for(is_back)
    assert visitor.http.post("/signin", data=fields).status_code == 303 and visitor.is_in()
    assert not forged.is_in()


def test_an_answer_under_way_arrives_though_the_database_went_away(fragile: MariaDB, fragile_site: Site) -> None:
    member = fragile_site.member("Anna")
    event = member.http.post("/gradio_api/call/wait", json={"data": [5]}).json()["event_id"]
    with member.http.stream("GET", f"/gradio_api/call/wait/{event}") as answer:  # it is let in
        fragile.kill()
        assert "done" in answer.read().decode()
    fragile.start()


def test_a_sqlite_file_that_is_damaged_is_not_called_something_else(tmp_path: Path) -> None:
    path = tmp_path / "facejury.db"
    open_database(f"sqlite:///{path}").dispose()
    data = path.read_bytes()
    path.write_bytes(data[:100] + bytes(len(data) - 100))
    with pytest.raises(DatabaseUnavailable) as refused:
        open_database(f"sqlite:///{path}")
    assert "disk image is malformed" in explain(refused.value)


def test_what_no_driver_said_anything_of_is_explained_by_its_own_sentence() -> None:
    assert explain(DatabaseUnavailable(GONE)) == GONE


class LockHeld:
    """A connection that gets the lock at the try of that number."""

    def __init__(self, free_at: int) -> None:
        self.tries, self.free_at = 0, free_at

    def execute(self, *_: Any) -> "LockHeld":
        self.tries += 1
        return self

    def scalar(self) -> int:
        return int(self.tries >= self.free_at)


def test_the_lock_of_the_one_that_migrates_is_asked_for_again_and_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = LockHeld(3)
    _take_lock(held)  # type: ignore[arg-type]
    assert held.tries == 3
    monkeypatch.setattr("storage.database.MIGRATION_WAIT_SECONDS", -1)
    with pytest.raises(DatabaseUnavailable, match=GONE):
        _take_lock(LockHeld(3))  # type: ignore[arg-type]
