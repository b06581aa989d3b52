"""The whole of it as it is shipped: demo.py as a process, with accounts, through HTTP and in a browser."""

import contextlib
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import gradio_client  # type: ignore[import-untyped]
import httpx
import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from auth import accounts, forms, passwords
from auth.middleware import OPEN_FOLDERS, OPEN_PATHS
from auth.sessions import IDLE_SECONDS
from storage.database import GONE, open_database, writing
from storage.feedback import list_feedback, read_feedback_picture
from storage.history import add_entry, find_entries
from storage.tables import sessions, users
from tests.auth.by_browser import sign_up
from tests.auth.server import PASSWORD, Browser, MariaDB, Server, wait_for
from tests.demo_process import started
from tests.ui.faults import find_faults
from ui.components import examples

pytestmark = pytest.mark.slow
OURS = {"/", "/account", "/account/history.csv", "/account/password", "/account/tokens", "/account/delete"}
KEYS = ["custom-cnn"]  # the smaller of the built-in networks
FILE = {"meta": {"_type": "gradio.FileData"}}


SLOW = """
import time
import pluggy

@pluggy.HookimplMarker("facejury")
def register_detectors(register):
    register(key="ponderer", title="Ponderer", load=lambda: ponder, seconds=60.0)

def ponder(image):
    time.sleep(6)
    return 0.5
"""


@contextlib.contextmanager
def launched(url: str, uploads: Path, *arguments: str) -> Iterator[Server]:
    """The demo on this database, once it is ready to judge."""
    engine = open_database(url)
    places = {"FACEJURY_DATABASE_URL": url, "GRADIO_TEMP_DIR": str(uploads)}
    with started("--only", *KEYS, *arguments, **places) as address:

        def is_ready() -> None:
            assert httpx.get(f"{address}readyz").json() == {"jury": True, "database": True}

        wait_for(is_ready, seconds=120)
        yield Server(address.rstrip("/"), engine)
    engine.dispose()


@pytest.fixture(scope="module")
def demo(new_url: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with launched(new_url(), tmp_path_factory.mktemp("demo") / "uploads") as server:
        yield server


@pytest.fixture(scope="module")
def portrait() -> str:
    return str(examples.portrait())


def client_of(browser: Browser) -> gradio_client.Client:
    """A program with a token of this user's."""
    bearer = {"Authorization": f"Bearer {browser.make_token()}"}
    return gradio_client.Client(str(browser.http.base_url), headers=bearer, verbose=False)


def test_the_watchdogs_addresses_are_open_and_say_nothing_else(demo: Server) -> None:
    assert demo.browser().http.get("/healthz").text == "ok\n"
    assert set(demo.browser().http.get("/readyz").json()) == {"jury", "database"}


def test_every_route_without_a_session_is_closed(demo: Server, name: str) -> None:
    paths = {path.partition("{")[0] for path in demo.member(name).http.get("/openapi.json").json()["paths"]} | OURS
    closed = [path for path in sorted(paths) if path not in OPEN_PATHS and not path.startswith(OPEN_FOLDERS)]
    stranger = demo.browser()
    assert {path: stranger.http.get(path).status_code for path in closed} == dict.fromkeys(closed, 401)
    assert {path: stranger.http.post(path).status_code for path in closed} == dict.fromkeys(closed, 401)
    assert len(closed) > 40


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
    names = [f"{name} {number}" for number in range(2)]
    for one in names:
        accounts.add_user(demo.engine, one, password=PASSWORD)
    pairs = [(one, f"x{one}") for one in names for _ in range(4)]  # a fifth failure would lock
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


# In a browser


@pytest.fixture
def page(browser: Chromium) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()


def enter(page: Page, server: Server, name: str) -> None:
    """Sign up by the form."""
    sign_up(page, server.url, name)
    expect(page.get_by_role("tab", name="History")).to_be_visible()


def judge(page: Page, path: str | Path, said: str) -> None:
    """Upload a picture, and wait for what is said of the record."""
    page.set_input_files("#photo input[type=file]", str(path))
    expect(page.locator("#verdicts .summary")).to_contain_text(Path(path).name)
    expect(page.locator("#recorded")).to_contain_text(said)


def sign_out(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/account")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{server.url}/signin")


@pytest.mark.browser
def test_sign_up_sign_in_compare_see_the_history_sign_out_and_be_out(
    page: Page, demo: Server, name: str, portrait: str
) -> None:
    enter(page, demo, name)
    sign_out(page, demo)
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    judge(page, portrait, "Recorded in your history, without the picture.")
    page.get_by_label("Keep this picture").check()
    expect(page.locator("#recorded")).to_contain_text("with the picture")
    word = page.locator("#verdicts .card .word").inner_text()
    page.get_by_role("tab", name="History").click()
    expect(page.locator(".entries")).to_contain_text("picture kept")
    page.locator(".entries a").click()
    expect(page.locator("#entry .card .word")).to_have_text(word)
    expect(page.locator("#entry .unkept")).to_have_count(0)
    sign_out(page, demo)
    page.go_back()
    page.goto(f"{demo.url}/?history=1")
    expect(page).to_have_url(f"{demo.url}/signin?next=/%3Fhistory%3D1")


@pytest.mark.browser
def test_the_history_is_searched_opened_by_its_link_and_deleted(
    page: Page, browser: Chromium, demo: Server, name: str, portrait: str
) -> None:
    enter(page, demo, name)
    judge(page, portrait, "without the picture")
    (entry,) = find_entries(demo.engine, name)
    odd = "{{value}} ${1+1} <b>beach</b>.png"  # Gradio cleans the names of uploads, another program may not
    add_entry(demo.engine, name, file_name=odd, comparison=entry.comparison | {"path": odd})
    page.get_by_role("tab", name="History").click()
    expect(page.locator(".entries li")).to_have_count(2)
    page.get_by_label("Search").fill("BEACH")
    expect(page.locator(".entries li")).to_have_count(1)
    page.locator(".entries a", has_text=odd).click()
    expect(page.locator("#entry h2").first).to_have_text(odd)
    page.get_by_role("button", name="All entries").click()
    page.get_by_label("Search").fill("nothing like it")
    expect(page.get_by_text("No entries found.")).to_be_visible()
    page.get_by_label("Search").fill("")
    link = page.locator(".entries a", has_text="portrait").get_attribute("href")
    page.goto(f"{demo.url}/{link}")
    expect(page.locator("#entry")).to_contain_text("The picture was not kept")
    expect(page.locator("#entry .card .word")).to_have_count(1)
    other = browser.new_context()
    stranger = other.new_page()
    enter(stranger, demo, f"x{name}")
    stranger.goto(f"{demo.url}/{link}")
    expect(stranger.get_by_text("There is no such entry in your history.")).to_be_visible()
    other.close()
    page.get_by_role("button", name="Delete this entry").click()
    page.get_by_role("button", name="No, keep").click()
    page.get_by_role("button", name="Delete this entry").click()
    page.get_by_role("button", name="Yes, delete it").click()
    expect(page.locator(".entries li")).to_have_count(1)
    page.get_by_role("button", name="Delete all").click()
    page.get_by_role("button", name="Yes, delete all").click()
    expect(page.get_by_text("Nothing here yet.")).to_be_visible()
    assert find_entries(demo.engine, name) == []


def faults_at_both_widths(page: Page, **options: str) -> list[str]:
    """What axe-core finds at a phone's width and then at a desktop's, where nothing may stick out sideways."""
    found = []
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)
        found += find_faults(page, **options)
    return found


@pytest.mark.browser
@pytest.mark.parametrize("new_url", ["sqlite"], indirect=True)  # the look is the same on any database
def test_what_only_users_see_has_no_serious_fault(page: Page, demo: Server, name: str, portrait: str) -> None:
    for path in ("/signin", "/signup"):
        page.goto(f"{demo.url}{path}")
        assert faults_at_both_widths(page, ours="body") == []
    enter(page, demo, name)
    judge(page, portrait, "without the picture")
    assert faults_at_both_widths(page) == []
    page.get_by_role("tab", name="History").click()
    expect(page.locator(".entries li")).to_have_count(1)
    assert faults_at_both_widths(page) == []
    page.locator(".entries a").click()
    expect(page.locator("#entry .card")).to_have_count(1)
    assert faults_at_both_widths(page) == []
    page.goto(f"{demo.url}/account")
    assert faults_at_both_widths(page, ours="body") == []


def send_feedback(page: Page, *, consent: bool) -> None:
    """Fill in the form under the verdicts."""
    page.get_by_role("button", name="Was a verdict wrong?").click()
    page.get_by_label("Which verdict").click()
    page.get_by_role("option", name="The face, Custom CNN").click()
    page.get_by_label("It is real").check()
    page.get_by_label("Include the picture: ").set_checked(consent)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".feedback")).to_contain_text("Thank you.")


@pytest.mark.browser
def test_feedback_goes_with_the_picture_only_by_consent(page: Page, demo: Server, name: str, portrait: str) -> None:
    enter(page, demo, name)
    judge(page, portrait, "without the picture")
    send_feedback(page, consent=False)
    page.get_by_role("button", name="Judge", exact=True).click()
    expect(page.locator(".feedback")).not_to_contain_text("Thank you.")  # the form of the judging before is gone
    expect(page.locator("#recorded")).to_contain_text("without the picture")
    send_feedback(page, consent=True)
    without, with_picture = (one for one in list_feedback(demo.engine, accepted=None) if one.user == name)
    assert (without.claim, without.face, without.detector, without.has_picture) == ("real", 0, "custom-cnn", False)
    assert read_feedback_picture(demo.engine, with_picture.id) == Path(portrait).read_bytes()


# The database dies


@pytest.fixture
def fragile(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[MariaDB]:
    request.getfixturevalue("mariadb")  # skips or fails where there is none
    server = MariaDB(tmp_path)
    server.install()
    yield server
    server.kill()


@pytest.mark.browser
def test_a_killed_database_breaks_no_judging_lets_nobody_in_loses_nothing_and_may_come_back(
    fragile: MariaDB, page: Page, tmp_path: Path, portrait: str
) -> None:
    (tmp_path / "ponderer.py").write_text(SLOW)
    slowly = ["--add", str(tmp_path / "ponderer.py"), "--only", "ponderer"]
    with launched(fragile.make_database("facejury"), tmp_path / "uploads", *slowly) as demo:
        enter(page, demo, "Anna")
        judge(page, portrait, "without the picture")
        stranger = demo.browser()
        form = stranger.http.get("/signin").text.split('form_token" value="')[1][:64]
        fields = {"form_token": form, "name": "Anna", "password": PASSWORD}
        forged = demo.browser(cookies={forms.SESSION_COOKIE: "fs_" + "a" * 43})
        page.get_by_role("button", name="Judge", exact=True).click()
        expect(page.locator("#verdicts .card.thinking")).to_have_count(1)
        fragile.kill()
        expect(page.locator("#recorded")).to_contain_text("ot recorded in your history: the account database cannot be")
        expect(page.locator("#verdicts .card:not(.thinking)")).to_have_count(2)
        assert httpx.get(f"{demo.url}/readyz").status_code == 503
        assert httpx.get(f"{demo.url}/healthz").status_code == 200
        refused = stranger.http.post("/signin", data=fields)
        assert (refused.status_code, GONE in refused.text) == (503, True)
        assert forged.http.get("/config").status_code == 503
        fragile.start()

        def is_back() -> None:
            assert httpx.get(f"{demo.url}/readyz").status_code == 200

        wait_for(is_back, seconds=60)
        assert not forged.is_in()
        assert stranger.http.post("/signin", data=fields).status_code == 303
        assert [entry.file_name for entry in find_entries(demo.engine, "Anna")] == ["portrait.png"]
        page.get_by_role("button", name="Judge", exact=True).click()
        expect(page.locator("#recorded")).to_contain_text("Recorded in your history, without the picture.")
