"""What a visitor does on the page in a real browser: goes from tab to tab, chooses a photo, looks at a card."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page

PARENTS = {"Guide": "Learn", "Beat the jury": "Learn", "Forge": "Learn"} | dict.fromkeys(
    ("Photo", "Batch", "Video", "Live"), "Check"
)


def open_tab(page: Page, name: str) -> None:
    """Open the tab of that name, also on a phone, and first the one that holds it."""
    if name in PARENTS:
        open_tab(page, PARENTS[name])
    if not page.get_by_role("tab", name=name, exact=True).first.is_visible():  # a phone folds the last ones away
        page.locator(".overflow-menu button").first.click()
        page.locator(".overflow-dropdown button", has_text=name).click()
    else:
        page.get_by_role("tab", name=name, exact=True).first.click()


def upload(page: Page, path: str | Path) -> None:
    """Choose a photo on the Photo tab."""
    page.set_input_files("#photo input[type=file]", str(path))


def card(page: Page, title: str) -> Locator:
    """The cards of the detector of that title, one a face."""
    return page.locator(".card", has=page.locator("h4", has_text=re.compile(f"^{re.escape(title)}( not measured)?$")))
