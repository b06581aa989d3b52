"""What a visitor does in the History tab."""

from playwright.sync_api import Page, expect


def open_history(page: Page) -> None:
    page.get_by_role("tab", name="History").click()
    expect(page.locator(".entries li").first).to_be_visible()


def open_entry(page: Page, file_name: str) -> None:
    page.locator(".entries a", has_text=file_name).click()
    expect(page.locator("#entry h2").first).to_have_text(file_name)
