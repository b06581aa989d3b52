"""Sessions through HTTP, against launched pages: how long they last, who ends them, what they cost."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event, select, update

from auth import forms
from auth.sessions import IDLE_SECONDS, LIFE_SECONDS, digest
from storage.database import writing
from storage.tables import sessions, users
from tests.auth.server import PASSWORD, Site, assert_out_within_five_seconds, copy_of


@contextmanager
def counted_statements(engine: Engine) -> Iterator[list[str]]:
    """The SQL statements that the block causes."""
    seen: list[str] = []

    def note(*args: object) -> None:
        seen.append(str(args[2]))

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def age_session(engine: Engine, user: str, **times: int) -> None:
    """Set a user's sessions back in time."""
    owner = select(users.c.id).where(users.c.name == user).scalar_subquery()
    with writing(engine) as connection:
        connection.execute(update(sessions).where(sessions.c.user_id == owner).values(**times))


def test_only_the_hash_of_a_session_is_stored(site: Site, name: str) -> None:
    secret = site.member(name).http.cookies[forms.SESSION_COOKIE]
    with site.engine.connect() as connection:
        stored = connection.execute(select(sessions.c.token_sha256)).scalars().all()
    assert digest(secret) in stored
    assert secret not in stored
    assert len(secret) >= 43


@pytest.mark.parametrize(("column", "seconds"), [("seen_at", IDLE_SECONDS), ("created_at", LIFE_SECONDS)])
def test_an_expired_session_is_out(site: Site, other_site: Site, name: str, column: str, seconds: int) -> None:
    browser = site.member(name)
    age_session(site.engine, name, **{column: int(time.time()) - seconds + 60})
    assert copy_of(browser, other_site).is_in(), "a minute before"
    age_session(site.engine, name, **{column: int(time.time()) - seconds})
    assert not browser.is_in()


def test_a_session_in_use_does_not_idle_out(site: Site, name: str) -> None:
    browser = site.member(name)
    age_session(site.engine, name, seen_at=int(time.time()) - IDLE_SECONDS + 60)
    assert browser.is_in()
    with site.engine.connect() as connection:
        seen = connection.scalar(select(sessions.c.seen_at).join(users).where(users.c.name == name))
    assert seen is not None
    assert time.time() - seen < 10


def test_signing_out_ends_this_session_and_no_other(site: Site, name: str) -> None:
    here, there = site.member(name), site.browser()
    there.sign_in(name)
    stolen = copy_of(here, site)
    here.sign_out()
    assert not here.is_in() and not stolen.is_in(), "also for who had copied the cookie"
    assert there.is_in()


def test_signing_out_ends_a_stream_that_is_under_way(site: Site, name: str) -> None:
    browser = site.member(name)
    event = browser.http.post("/gradio_api/call/wait", json={"data": [6]}).json()["event_id"]
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(copy_of(browser, site).http.get, f"/gradio_api/call/wait/{event}")
        time.sleep(0.5)
        browser.sign_out()
        assert "done" not in reading.result().text
    assert "done" in site.member(f"x{name}").call("wait", 0)[1]


def test_a_session_holds_on_another_server_which_knows_no_more_than_one_restarted(
    site: Site, other_site: Site, name: str
) -> None:
    browser = site.member(name)
    assert copy_of(browser, other_site).is_in()


def test_signing_out_reaches_other_servers_within_five_seconds(site: Site, other_site: Site, name: str) -> None:
    here = site.member(name)
    there = copy_of(here, other_site)
    assert there.is_in()
    here.sign_out()
    assert_out_within_five_seconds(there)


def test_another_password_ends_all_other_sessions_and_tokens_everywhere(
    site: Site, other_site: Site, name: str
) -> None:
    here, near, far = site.member(name), site.browser(), other_site.browser()
    program = other_site.browser(headers={"authorization": f"Bearer {here.make_token()}"})
    assert program.is_in()
    near.sign_in(name), far.sign_in(name)
    new = {"current": PASSWORD, "password": "another password", "repeated": "another password"}
    assert "changed" in here.form("/account/password", at="/account", **new).text
    assert here.is_in()
    assert not near.is_in()
    assert_out_within_five_seconds(far)
    assert_out_within_five_seconds(program)
    assert site.browser().sign_in(name).status_code == 400
    assert site.browser().sign_in(name, password="another password").status_code == 303


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"current": "wrong password", "password": "another password", "repeated": "another password"},
            "current password",
        ),
        ({"current": PASSWORD, "password": "short", "repeated": "short"}, "at least 8"),
        ({"current": PASSWORD, "password": "another password", "repeated": "another one"}, "not the same"),
    ],
)
def test_a_password_is_not_changed_on_a_mistake(site: Site, name: str, fields: dict[str, str], sentence: str) -> None:
    browser = site.member(name)
    answer = browser.form("/account/password", at="/account", **fields)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert site.browser().sign_in(name).status_code == 303


def test_a_planted_session_is_not_taken_over(site: Site, name: str) -> None:
    site.member(name)
    victim, attacker = site.browser(), site.member(f"x{name}")
    victim.http.cookies.set(forms.SESSION_COOKIE, "fs_" + "a" * 43)
    victim.sign_in(name)
    assert victim.is_in()
    assert not site.browser(cookies={forms.SESSION_COOKIE: "fs_" + "a" * 43}).is_in()
    planted = copy_of(attacker, site)
    planted.http.post("/signin", data={})
    fresh = planted.form("/signin", at="/account", name=name, password=PASSWORD)
    assert fresh.status_code == 303
    assert planted.http.get("/gradio_api/user").json() == name
    assert not attacker.is_in(), "the session that the browser came with is over"


def test_fifty_requests_cost_one_query(site: Site, name: str) -> None:
    browser = site.member(name)
    with counted_statements(site.engine) as seen:
        for _ in range(50):
            assert browser.http.get("/gradio_api/user").status_code == 200
    assert len([statement for statement in seen if statement.startswith("SELECT")]) <= 2
