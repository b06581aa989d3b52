"""An entry of the history by its address, in a browser: after judging, after a reload, and for somebody else."""

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from storage.history import find_entries
from tests.auth.by_browser import sign_up
from tests.auth.server import Server

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.one_database]


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
