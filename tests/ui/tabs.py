"""Going from tab to tab, also on a phone."""

from playwright.sync_api import Page


def open_tab(page: Page, name: str) -> None:
    """Open the tab of that name."""
    if not page.get_by_role("tab", name=name, exact=True).first.is_visible():  # a phone folds the last ones away
        page.locator(".overflow-menu button").first.click()
        page.locator(".overflow-dropdown button", has_text=name).click()
    else:
        page.get_by_role("tab", name=name, exact=True).first.click()
