"""The History tab's list in a browser: its pages, times and filters, and what has the focus when a button is gone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from storage.history import delete_entries, find_entries
from tests.auth.by_browser import sign_up
from tests.auth.server import Server
from tests.ui.components.kept.visitor import open_entry, open_history
from tests.ui.visitor import upload
from ui.tabs.history import PAGE

pytestmark = pytest.mark.browser


def test_a_page_of_the_list_whose_entries_are_gone_gives_way_to_the_one_before_it(
    page: Page, site: Server, name: str, put: Callable[..., int]
) -> None:
    for number in range(PAGE + 1):
        put(f"{number}.png")
    open_history(page)
    page.get_by_role("button", name="Older").click()
    expect(page.locator(".entries li")).to_have_count(1)
    open_entry(page, "0.png")
    page.get_by_role("button", name="Delete this entry").click()
    page.get_by_role("button", name="Yes, delete it").click()
    expect(page.locator(".entries li")).to_have_count(PAGE)
    expect(page.get_by_role("button", name="Delete all")).to_be_visible()
    put("newest.png")
    page.get_by_role("tab", name="Detectors").click()
    open_history(page)
    expect(page.locator(".entries")).to_contain_text("newest.png")
    oldest = find_entries(site.engine, name)[-1]
    delete_entries(site.engine, name, entry_ids=[oldest.id])  # as from a second window
    page.get_by_role("button", name="Older").click()
    expect(page.get_by_role("button", name="Older")).to_be_hidden()
    expect(page.locator(".entries li")).to_have_count(PAGE)


def test_the_times_of_every_page_of_the_list_are_the_visitors_own(page: Page, put: Callable[..., int]) -> None:
    for number in range(2 * PAGE):
        put(f"{number}.png")
    open_history(page)
    times = page.locator(".entries time")
    expect(times).to_have_count(PAGE)
    expect(page.locator(".entries time[title]")).to_have_count(PAGE)
    page.get_by_role("button", name="Older").click()
    expect(page.locator(".entries a").first).to_contain_text(f"{PAGE - 1}.png")
    expect(page.locator(".entries time[title]")).to_have_count(PAGE)
    expect(times.first).not_to_contain_text("UTC")


def test_the_times_stay_the_visitors_own_in_whatever_language_they_choose(
    browser: Browser, site: Server, name: str, put: Callable[..., int]
) -> None:
    with browser.new_context(locale="en-GB", timezone_id="Asia/Kathmandu") as context:  # UTC + 5:45
        page = context.new_page()
        sign_up(page, site.url, name)
        expect(page.get_by_role("tab", name="History")).to_be_visible()
        put("one.png")
        put("kept.png", picture=b"kept")
        open_history(page)
        page.set_default_timeout(60_000)
        times, menu = page.locator(".entries time"), page.locator("select.language")
        expect(page.locator(".entries time[title]")).to_have_count(2)
        english = times.all_inner_texts()
        menu.select_option("de")
        expect(page.locator(".entries")).to_contain_text("Foto")
        expect(times.first).not_to_have_text(english[0])
        german = times.all_inner_texts()
        for code, kind, said in (("en", "Photo", english), ("de", "Foto", german), ("en", "Photo", english)):
            menu.select_option(code)
            expect(page.locator(".entries")).to_contain_text(kind)
            expect(times).to_have_text(said)
        open_entry(page, "one.png")
        expect(page.locator("#entry time")).to_have_text(english[0])
        menu.select_option("de")
        expect(page.locator("#entry time")).to_have_text(german[0])


def test_lists_of_translated_texts_are_chosen_from_and_not_typed_in(page: Page, put: Callable[..., int]) -> None:
    put("one.png")
    page.locator("select.language").select_option("de")
    page.get_by_role("tab", name="Verlauf").click()
    kind = page.get_by_role("combobox", name="Art", exact=True)
    kind.click()
    page.keyboard.type("Videos")
    expect(page.locator("li[role=option]")).to_contain_text(["Alle Arten", "Fotos", "Stapel", "Videos", "Tonaufnahmen"])
    page.get_by_role("option", name="Videos").click()
    expect(page.get_by_text("Keine Einträge gefunden.")).to_be_visible()
    expect(kind).to_have_value("Videos")
    kind.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(kind).to_have_value("Fotos")
    open_entry(page, "one.png")
    page.get_by_role("button", name="War ein Urteil falsch?").filter(visible=True).click()
    which = page.get_by_role("combobox", name="Welches Urteil").filter(visible=True)
    which.click()
    page.keyboard.type("Face")
    page.get_by_role("option", name="Das Gesicht, Accuser").click()
    expect(which).to_have_value("Das Gesicht, Accuser: Gefälscht")


def test_the_focus_of_who_works_by_keyboard_goes_on_where_a_button_was(page: Page, put: Callable[..., int]) -> None:
    def press(label: str, focused: str) -> None:
        """Press a button by keyboard; what has the focus then is told by its text, or by its label."""
        page.get_by_role("button", name=label).filter(visible=True).focus()
        page.keyboard.press("Enter")
        expect(page.locator(":focus")).to_contain_text(focused)

    for name in ("one", "two", "three"):
        put(f"{name}.png")
    open_history(page)
    open_entry(page, "two.png")
    press("Delete this entry", "No, keep")
    press("No, keep", "Delete this entry")
    press("All entries", "two.png")
    page.keyboard.press("Enter")
    expect(page.locator("#entry h2").first).to_have_text("two.png")
    press("Delete this entry", "No, keep")
    press("Yes, delete it", "three.png")
    press("Delete all", "No, keep")
    page.get_by_role("button", name="Yes, delete all").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Search")).to_be_focused()


def test_who_checks_another_photo_by_keyboard_is_led_to_the_field_for_it(page: Page, portrait: str) -> None:
    upload(page, portrait)
    expect(page.locator("#verdicts .summary")).to_contain_text("portrait.png")
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Check another").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#entrance button").first).to_be_focused()
