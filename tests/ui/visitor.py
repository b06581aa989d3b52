"""What a visitor does on the page in a real browser: goes from view to view, chooses a photo, looks at a card."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

VIEWS = {
    "Photo": ("check", "compare"),
    "Batch": ("check/batch", "batch"),
    "Video": ("check/video", "video"),
    "Live": ("check/live", "live"),
    "Guide": ("learn", "guide"),
    "Beat the jury": ("learn/game", "game"),
    "Forge": ("learn/forge", "forge"),
}
GO = """view => { history.pushState(null, "", `?view=${view}`); dispatchEvent(new PopStateEvent("popstate")); }"""


def open_tab(page: Page, name: str) -> None:
    """Go to the view of that name: by its tab, by the bar at the foot of a phone, or, inside a tab, by its address."""
    if name in VIEWS:
        view, tab = VIEWS[name]
        page.evaluate(GO, view)
        expect(page.locator(f"[role=tab][data-tab-id={tab}]")).to_have_attribute("aria-selected", "true")
    elif page.locator(".dock").is_visible():
        page.locator(".dock").get_by_role("link", name=name, exact=True).click()
    else:
        page.get_by_role("tab", name=name, exact=True).first.click()


def upload(page: Page, path: str | Path) -> None:
    """Choose a photo on the Photo tab."""
    page.set_input_files("#photo input[type=file]", str(path))


def card(page: Page, title: str) -> Locator:
    """The cards of the detector of that title, one a face."""
    return page.locator(".card", has=page.locator("h4", has_text=re.compile(f"^{re.escape(title)}( not measured)?$")))
