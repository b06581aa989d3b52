"""The way of a person, in a real browser: sign up, sign in, use the page, sign out, and be out."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.auth.by_browser import sign_up
from tests.auth.server import PASSWORD, Site, picture

pytestmark = [pytest.mark.browser, pytest.mark.one_database]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh window of a phone's width."""
    context = browser.new_context(viewport={"width": 375, "height": 740})
    yield context.new_page()
    context.close()


def test_sign_up_use_the_page_sign_out_and_be_out(page: Page, site: Site, name: str, tmp_path: Path) -> None:
    (tmp_path / "mine.png").write_bytes(picture(20))
    sign_up(page, site.url, name)
    page.locator("input[type=file]").first.set_input_files(tmp_path / "mine.png")
    shown = page.locator("img[src*='mine.png']")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.naturalWidth") == 8, "the browser was given the upload back"
    page.get_by_role("button", name="Look").click()
    expect(page.get_by_text(name)).to_be_visible()
    page.goto(f"{site.url}/signout")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{site.url}/signin")
    page.go_back()
    page.goto(site.url)
    expect(page).to_have_url(f"{site.url}/signin")


def test_an_upload_after_signing_out_elsewhere_is_answered_by_a_sentence(
    page: Page, site: Site, name: str, tmp_path: Path
) -> None:
    (tmp_path / "mine.png").write_bytes(picture(20))
    sign_up(page, site.url, name)
    expect(page.get_by_role("button", name="Look")).to_be_visible()
    elsewhere = page.context.new_page()
    elsewhere.goto(f"{site.url}/signout")
    elsewhere.get_by_role("button", name="Sign out").click()
    expect(elsewhere).to_have_url(f"{site.url}/signin")
    page.locator("input[type=file]").first.set_input_files(tmp_path / "mine.png")
    toast = page.locator(".toast-body")
    expect(toast).to_contain_text("Please sign in first: reload this page.")
    expect(toast).not_to_contain_text("{")


def test_an_example_and_a_result_load_in_the_browser(page: Page, site: Site, name: str) -> None:
    sign_up(page, site.url, name)
    example = page.locator("img[src*='example.png']").first
    expect(example).to_be_visible()
    assert example.evaluate("image => image.naturalWidth") == 8
    page.get_by_label("Textbox").fill("to download")
    page.get_by_role("button", name="Report", exact=True).click()
    with page.expect_download() as download:
        page.locator("a[href*='report.txt']").first.click()
    assert Path(download.value.path()).read_text() == "to download"


def test_a_mistake_is_said_and_the_cursor_waits_where_it_was_made(page: Page, site: Site, name: str) -> None:
    site.member(name)
    page.goto(f"{site.url}/signin?next=/account")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill("wrong password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("do not match")
    password = page.get_by_label("Password")
    expect(password).to_be_focused()
    expect(password).to_have_accessible_description(re.compile("do not match"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 375


def test_another_sites_form_signs_nobody_out(page: Page, site: Site, name: str, tmp_path: Path) -> None:
    sign_up(page, site.url, name)
    expect(page.get_by_role("button", name="Look")).to_be_visible()
    evil = tmp_path / "evil.html"
    evil.write_text(f"<form method=post action='{site.url}/signout'><button>Win a phone</button></form>")
    page.goto(evil.as_uri())
    page.get_by_role("button").click()
    page.wait_for_load_state()
    page.goto(f"{site.url}/account")
    expect(page.get_by_role("heading", name=name)).to_be_visible()
