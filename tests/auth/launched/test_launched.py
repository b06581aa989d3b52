"""The whole of it as it is shipped: demo.py as a process, with accounts, through HTTP."""

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import gradio_client
import pytest
from sqlalchemy import select, update

from auth import accounts, forms, passwords
from auth.middleware import OPEN_FOLDERS, OPEN_PATHS
from auth.routes import BOUNDS
from auth.sessions import IDLE_SECONDS
from storage.database import writing
from storage.history import find_entries
from storage.tables import sessions, users
from tests.auth.server import KEYS, PASSWORD, Browser, Server, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.one_database]
FILE = {"meta": {"_type": "gradio.FileData"}}


def client_of(browser: Browser) -> gradio_client.Client:
    """A program with a token of this user's."""
    bearer = {"Authorization": f"Bearer {browser.make_token()}"}
    return gradio_client.Client(str(browser.http.base_url), headers=bearer, verbose=False)


def test_the_watchdogs_addresses_are_open_and_say_nothing_else(demo: Server) -> None:
    assert demo.browser().http.get("/healthz").text == "ok\n"
    assert set(demo.browser().http.get("/readyz").json()) == {"jury", "database"}


def test_every_route_without_a_session_is_closed(demo: Server) -> None:
    paths = {path.partition("{")[0] for path in BOUNDS}
    closed = [path for path in sorted(paths) if path not in OPEN_PATHS and not path.startswith(OPEN_FOLDERS)]
    visitor = demo.browser()
    assert {path: visitor.http.get(path).status_code for path in closed} == dict.fromkeys(closed, 401)
    assert {path: visitor.http.post(path).status_code for path in closed} == dict.fromkeys(closed, 401)
    assert {"/", "/account/delete", "/gradio_api/queue/join", "/gradio_api/upload"} <= set(closed)


def test_wrong_unknown_and_locked_get_the_same_words_and_nobody_in(demo: Server, name: str) -> None:
    demo.member(name)
    browser = demo.browser()
    wrong = [browser.sign_in(name, password="wrong password").text for _ in range(5)]
    locked, unknown = browser.sign_in(name), browser.sign_in(f"x{name}")
    assert {*wrong, locked.text, unknown.text.replace(f"x{name}", name)} == {wrong[0]}
    assert accounts.REFUSED in wrong[0].replace("&#39;", "'")
    assert not browser.is_in()


@pytest.mark.parametrize("bad", ["x" * 73, "with\0nul inside", "seven77"])
def test_a_password_that_bcrypt_would_cut_is_refused(demo: Server, name: str, bad: str) -> None:
    assert passwords.RULE in demo.browser().sign_up(name, password=bad).text
    assert demo.browser().sign_in(name, password=bad).status_code == 400


@pytest.mark.parametrize("name", ["Robert'); DROP TABLE users;--", '<script>alert("x")</script>'])
def test_sql_and_markup_in_a_name_stay_text(demo: Server, name: str) -> None:
    browser = demo.member(name)
    assert browser.http.get("/gradio_api/user").json() == name
    for path in ("/account", "/"):
        assert "<script>alert" not in browser.http.get(path).text


def test_an_expired_and_a_revoked_session_are_out(demo: Server, name: str) -> None:
    expired, revoked = demo.member(name), demo.member(f"x{name}")
    stolen = demo.browser(cookies=dict(revoked.http.cookies))
    assert expired.is_in() and stolen.is_in()
    owner = select(users.c.id).where(users.c.name == name).scalar_subquery()
    with writing(demo.engine) as connection:
        aged = update(sessions).where(sessions.c.user_id == owner)
        connection.execute(aged.values(seen_at=int(time.time()) - IDLE_SECONDS))
    revoked.sign_out()
    assert not stolen.is_in()

    def is_out() -> None:
        assert not expired.is_in()

    wait_for(is_out, seconds=5)


def test_a_planted_session_is_not_taken_over(demo: Server, name: str) -> None:
    demo.member(name)
    planted = {forms.SESSION_COOKIE: "fs_" + "a" * 43}
    victim = demo.browser(cookies=planted)
    victim.sign_in(name)
    assert victim.is_in()
    assert not demo.browser(cookies=planted).is_in()


def test_another_sites_requests_and_forged_forms_are_refused(demo: Server, name: str) -> None:
    browser = demo.member(name)
    evil = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", "origin": "https://evil.example"}
    for path in ("/config", "/gradio_api/info", "/account/history.csv"):
        assert browser.http.get(path, headers=evil).status_code == 403
    for path in ("/signout", "/account/delete", "/account/password"):
        assert browser.http.post(path, data={"confirm": PASSWORD}).status_code == 403, "a form without our token"
    assert browser.is_in()


def test_nobody_reads_or_judges_anothers_upload_also_of_the_same_bytes(demo: Server, name: str, portrait: str) -> None:
    anna, bert = demo.member(name), demo.member(f"x{name}")
    data = Path(portrait).read_bytes()
    hers, his = anna.upload(data, name="hers.png"), bert.upload(data, name="his.png")
    assert Path(hers).parent == Path(his).parent
    assert (bert.fetch(his).status_code, bert.fetch(hers).status_code) == (200, 403)
    assert bert.call("compare", FILE | {"path": hers}, KEYS)[0] == 403
    assert "p_fake" in bert.call("compare", FILE | {"path": his}, KEYS)[1]


def test_what_a_program_compares_is_in_its_users_history_as_it_was_answered(
    demo: Server, name: str, portrait: str
) -> None:
    anna, bert = demo.member(name), demo.member(f"x{name}")
    client, photo = client_of(anna), gradio_client.handle_file(portrait)
    answer = client.predict(photo, api_name="/compare")
    client.close()

    def is_recorded() -> None:
        assert find_entries(demo.engine, name)

    wait_for(is_recorded)
    (entry,) = find_entries(demo.engine, name)
    assert entry.comparison | {"path": None} == answer
    assert (entry.file_name, entry.sha256, entry.has_picture) == ("portrait.png", answer["sha256"], False)
    assert answer["sha256"] in anna.http.get("/account/history.csv").text
    assert answer["sha256"] not in bert.http.get("/account/history.csv").text


@pytest.mark.alone
def test_known_and_unknown_names_take_the_same_time(demo: Server, name: str) -> None:
    names = [f"{name} {number}" for number in range(8)]
    for one in names:
        accounts.add_user(demo.engine, one, password=PASSWORD)
    pairs = [(one, f"x{one}") for one in names]  # a second failure would wait
    wrong = {"password": "wrong password"}
    seconds = [[seconds_of(partial(demo.browser().sign_in, who, **wrong)) for who in pair] for pair in pairs]
    usual = statistics.median(known for known, _ in seconds)
    assert usual > 0.1, "bcrypt at cost 12"
    assert abs(statistics.median(known - unknown for known, unknown in seconds)) < 0.2 * usual, seconds


def seconds_of(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


@pytest.mark.alone
def test_the_page_answers_while_fifty_sign_in(demo: Server, name: str) -> None:
    member = demo.member(name)
    alone = statistics.median(seconds_of(member.is_in) for _ in range(5))
    with ThreadPoolExecutor(50) as pool:
        signing_in = [pool.submit(demo.browser().sign_in, name) for _ in range(50)]
        waits = []
        while not all(one.done() for one in signing_in):
            waits.append(seconds_of(member.is_in))
            time.sleep(0.1)
    assert [one.result().status_code for one in signing_in] == [303] * 50
    assert statistics.median(waits) < max(0.5, 10 * alone), "a hash on the event loop would make each wait for all"
