"""The whole of it as it is shipped, in a browser: demo.py as a process, with accounts, also when its database dies."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from auth import forms
from storage.database import GONE
from storage.feedback import list_feedback, read_feedback_picture
from storage.history import add_entry, find_entries
from tests.auth.by_browser import enter, faults_at_both_widths, judge, sign_up
from tests.auth.server import PASSWORD, MariaDB, Server, launched, wait_for

# The last one kills a MariaDB of its own.
pytestmark = [pytest.mark.slow, pytest.mark.one_database, pytest.mark.timeout(600)]


SLOW = """
import os
import time
import pluggy

@pluggy.HookimplMarker("facejury")
def register_detectors(register):
    register(key="ponderer", title="Ponderer", load=lambda: ponder, seconds=60.0)

def ponder(image):
    time.sleep(6 if os.path.exists(__file__ + ".ponders") else 0)
    return 0.5
"""


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
    visitor = other.new_page()
    enter(visitor, demo, f"x{name}")
    visitor.goto(f"{demo.url}/{link}")
    expect(visitor.get_by_text("There is no such entry in your history.")).to_be_visible()
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


@pytest.mark.browser
def test_what_is_pressed_after_signing_out_elsewhere_is_answered_by_a_sentence(
    page: Page, demo: Server, name: str
) -> None:
    sign_up(page, demo.url, name)
    expect(page.get_by_role("button", name="Try a portrait")).to_be_visible()
    sign_out(page.context.new_page(), demo)
    page.get_by_role("button", name="Try a portrait").click()
    expect(page.get_by_role("alert").filter(visible=True)).to_have_text("Please sign in first: reload this page.")


@pytest.mark.browser
def test_each_entry_opens_in_the_same_other_tab(page: Page, demo: Server, name: str, portrait: str) -> None:
    sign_up(page, demo.url, name)
    page.set_input_files("#entrance input[type=file]", portrait)
    link = page.get_by_role("link", name="Open the entry")
    with page.expect_popup() as opened:
        link.click()
    expect(opened.value.locator("#entry h2").first).to_have_text("portrait.png")
    first = opened.value.url
    page.get_by_role("button", name="Judge", exact=True).click()
    expect(page.locator("#recorded [data-entry]")).not_to_have_attribute("data-entry", first.rpartition("/")[2])
    link.click()
    expect(opened.value).not_to_have_url(first)
    expect(opened.value.locator("#entry h2").first).to_have_text("portrait.png")
    assert len(page.context.pages) == 2


@pytest.mark.browser
def test_below_a_refused_file_nothing_is_said_of_the_picture_before_it(
    page: Page, demo: Server, name: str, portrait: str, tmp_path: Path
) -> None:
    sign_up(page, demo.url, name)
    page.set_input_files("#entrance input[type=file]", portrait)
    expect(page.locator("#recorded")).to_contain_text("Recorded in your history")
    (tmp_path / "notes.txt").write_text("just text, " * 20)
    page.set_input_files("#entrance input[type=file]", str(tmp_path / "notes.txt"))
    expect(page.locator("#verdicts .notice.error")).to_contain_text("notes.txt")
    expect(page.locator("#recorded")).not_to_contain_text("Recorded")
    expect(page.get_by_text("Was a verdict wrong?")).to_be_hidden()
    expect(page).to_have_url(f"{demo.url}/")


@pytest.mark.browser
def test_what_was_judged_has_an_address_that_survives_a_reload_and_is_its_owners_alone(
    page: Page, browser: Chromium, demo: Server, name: str, portrait: str
) -> None:
    sign_up(page, demo.url, name)
    page.set_input_files("#entrance input[type=file]", portrait)
    expect(page.locator("#recorded")).to_contain_text("Recorded in your history")
    (entry,) = find_entries(demo.engine, name)
    address = f"{demo.url}/?view=check/{entry.id}"
    expect(page).to_have_url(address)
    expect(page.locator("#verdicts .summary")).to_be_visible()
    page.get_by_role("button", name="Check another").click()
    expect(page).to_have_url(f"{demo.url}/")
    page.go_back()
    expect(page.locator("#entry h2").first).to_have_text("portrait.png")
    page.reload()
    expect(page.locator("#entry h2").first).to_have_text("portrait.png")
    expect(page).to_have_url(address)
    page.get_by_role("tab", name="Learn").click()
    expect(page).to_have_url(f"{demo.url}/?view=learn")
    page.go_back()
    expect(page.locator("#entry h2").first).to_have_text("portrait.png")
    page.get_by_role("button", name="All entries").click()
    expect(page).to_have_url(f"{demo.url}/?view=history")
    page.go_back()
    expect(page.locator("#entry h2").first).to_have_text("portrait.png")
    other = browser.new_context()
    visitor = other.new_page()
    sign_up(visitor, demo.url, f"x{name}")
    visitor.goto(f"{demo.url}/check/{entry.id}")
    expect(visitor.get_by_text("There is no such entry in your history.")).to_be_visible()
    expect(visitor).to_have_url(address)
    other.close()


@pytest.mark.browser
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
    (without,) = (one for one in list_feedback(demo.engine, accepted=None) if one.user == name)
    assert (without.claim, without.face, without.detector, without.has_picture) == ("real", 0, "custom-cnn", False)
    page.get_by_role("button", name="Judge", exact=True).click()
    expect(page.locator(".feedback")).not_to_contain_text("Thank you.")  # the form of the judging before is gone
    expect(page.locator("#recorded")).to_contain_text("without the picture")
    send_feedback(page, consent=True)
    (with_picture,) = (one for one in list_feedback(demo.engine, accepted=None) if one.user == name)  # in its place
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
        visitor = demo.browser()
        form = visitor.http.get("/signin").text.split('form_token" value="')[1][:64]
        fields = {"form_token": form, "name": "Anna", "password": PASSWORD}
        forged = demo.browser(cookies={forms.SESSION_COOKIE: "fs_" + "a" * 43})
        (tmp_path / "ponderer.py.ponders").touch()
        page.get_by_role("button", name="Judge", exact=True).click()
        expect(page.locator("#verdicts .card.thinking")).to_have_count(1)
        fragile.kill()
        expect(page.locator("#recorded")).to_contain_text("ot recorded in your history: the account database cannot be")
        expect(page.locator("#verdicts .card:not(.thinking)")).to_have_count(2)
        assert httpx.get(f"{demo.url}/readyz").status_code == 503
        assert httpx.get(f"{demo.url}/healthz").status_code == 200
        refused = visitor.http.post("/signin", data=fields)
        assert (refused.status_code, GONE in refused.text) == (503, True)
        assert forged.http.get("/config").status_code == 503
        (tmp_path / "ponderer.py.ponders").unlink()
        fragile.start()

        def is_back() -> None:
            assert httpx.get(f"{demo.url}/readyz").status_code == 200

        wait_for(is_back, seconds=60)
        assert not forged.is_in()
        assert visitor.http.post("/signin", data=fields).status_code == 303
        assert [entry.file_name for entry in find_entries(demo.engine, "Anna")] == ["portrait.png"]
        page.get_by_role("button", name="Judge", exact=True).click()
        expect(page.locator("#recorded")).to_contain_text("Recorded in your history, without the picture.")
