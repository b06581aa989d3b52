"""Every view has an address: it survives a reload, and back and forward move through them."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from detectors.forgery.game import Deck
from tests.ui.conftest import serving
from tests.ui.jurors import JURY, say_fake, spec
from tests.ui.visitor import open_tab

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def with_game(portrait: str) -> Iterator[str]:
    """A page on which Learn has its three views."""
    with serving(deck=Deck((Path(portrait),), (Path(portrait),))) as where:
        yield where


def chosen(page: Page, tab: str) -> None:
    expect(page.locator(f"[role=tab][data-tab-id={tab}]")).to_have_attribute("aria-selected", "true")


@pytest.mark.parametrize(
    ("address_of_view", "tabs"),
    [
        ("learn", ("learn", "guide")),
        ("learn/forge", ("learn", "forge")),
        ("check/batch", ("check", "batch")),
        ("check/live", ("check", "live")),
        ("detectors", ("detectors",)),
        ("check/12", ("check", "compare")),  # without accounts nothing is kept
    ],
)
def test_a_typed_address_opens_its_view_and_a_reload_keeps_it(
    visit: Callable[..., Page], address_of_view: str, tabs: tuple[str, ...]
) -> None:
    page = visit(at=address_of_view)
    for _ in range(2):
        for tab in tabs:
            chosen(page, tab)
        page.reload()


def test_a_comparison_opens_in_whatever_order_its_address_names_the_detectors(visit: Callable[..., Page]) -> None:
    first, second = (one.key for one in JURY)
    page = visit(at=f"detectors/{second},{first}")
    home = page.url.partition("?")[0].partition("detectors/")[0]
    expect(page.locator(".compared")).to_have_attribute("data-keys", f"{first},{second}")
    expect(page).to_have_url(f"{home}?view=detectors/{first},{second}")
    page.wait_for_timeout(9000)  # longer than a view is waited for
    expect(page.locator(".no-view")).to_be_hidden()
    expect(page.locator(".compared")).to_be_visible()


@pytest.mark.parametrize("address_of_view", ["history", "check/12", "learn/nothing", "detectors/nobody"])
def test_an_address_that_leads_nowhere_says_so_until_another_view_is_chosen(
    visit: Callable[..., Page], address_of_view: str
) -> None:
    page = visit(at=address_of_view)
    notice = page.get_by_text("Nothing was found at this address")
    expect(notice).to_be_visible(timeout=15_000)
    expect(page).not_to_have_url(re.compile(address_of_view))
    open_tab(page, "Learn" if address_of_view.startswith("detectors") else "Detectors")
    expect(notice).to_be_hidden()


def test_a_detector_is_unfolded_by_its_address_and_names_it_when_unfolded(visit: Callable[..., Page]) -> None:
    key = JURY[0].key
    page = visit(at=f"detectors/{key}")
    home = page.url.partition("?")[0].removesuffix(f"detectors/{key}")
    expect(page.locator(f"#detector-{key}")).to_have_attribute("open", "")
    expect(page).to_have_url(f"{home}?view=detectors/{key}")
    page.locator(f"#detector-{key} summary").first.click()
    expect(page).to_have_url(f"{home}?view=detectors")
    page.locator(".sortable").get_by_role("link", name=JURY[1].title).click()
    expect(page.locator(f"#detector-{JURY[1].key}")).to_have_attribute("open", "")
    expect(page).to_have_url(f"{home}?view=detectors/{JURY[1].key}")


def test_a_detector_of_the_hub_whose_key_has_a_slash_has_an_address_like_others(visit: Callable[..., Page]) -> None:
    key = "hub:user/name@abcdef12"
    page = visit(*JURY, spec(key, say_fake, title="From the Hub"), at=f"detectors/{key}")
    fold = page.locator(f'[id="detector-{key}"]')
    expect(fold).to_have_attribute("open", "")
    fold.locator("summary").first.click()
    expect(page).to_have_url(re.compile(r"view=detectors$"))
    page.locator(".sortable").get_by_role("link", name="From the Hub").click()
    expect(fold).to_have_attribute("open", "")
    page.wait_for_timeout(4000)  # longer than it takes until nothing is said to be there
    expect(page.locator(".no-view")).to_be_hidden()
    page.reload()
    expect(fold).to_have_attribute("open", "")
    page.goto(f"{page.url.partition('?')[0]}detectors/{key},{JURY[0].key}")
    expect(page.locator(".compared")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_back_and_forward_move_through_the_views(visit: Callable[..., Page], width: int) -> None:
    page = visit(width=width)
    home = page.url
    open_tab(page, "Learn")
    expect(page).to_have_url(f"{home}?view=learn")
    open_tab(page, "Detectors")
    expect(page).to_have_url(f"{home}?view=detectors")
    page.go_back()
    chosen(page, "learn")
    page.go_back()
    chosen(page, "check")
    expect(page).to_have_url(home)
    page.go_forward()
    chosen(page, "learn")
    expect(page).to_have_url(re.compile("view=learn$"))


def test_on_a_phone_the_views_are_at_its_foot(visit: Callable[..., Page]) -> None:
    page = visit(width=390)
    dock = page.get_by_role("navigation", name="Views")
    box = dock.bounding_box()
    assert box is not None and box["y"] + box["height"] == pytest.approx(900, abs=1)
    expect(page.get_by_role("tab", name="Learn")).to_be_hidden()
    dock.get_by_role("link", name="Learn").click()
    chosen(page, "learn")
    expect(dock.get_by_role("link", name="Learn")).to_have_attribute("aria-current", "page")
    expect(dock.get_by_role("link", name="Check")).not_to_have_attribute("aria-current", "page")


def test_the_addresses_lead_to_the_page_by_a_relative_address(address: str) -> None:
    with httpx.Client(base_url=address) as client:
        found = [client.get(path).headers["location"] for path in ("/learn", "/detectors/blend", "/check/12")]
    assert found == ["./?view=learn", "../?view=detectors/blend", "../?view=check/12"]


def test_views_whose_tabs_do_not_fit_beside_one_another_have_their_addresses_too(
    browser: Browser, with_game: str
) -> None:
    with browser.new_page(locale="de-DE", viewport={"width": 360, "height": 800}) as page:
        for view in ("game", "forge"):
            page.goto(f"{with_game}learn/{view}")
            chosen(page, view)
            page.locator(".dock a").last.click()
            chosen(page, "detectors")
            page.go_back()
            chosen(page, view)
            expect(page.locator(".no-view")).to_be_hidden()
