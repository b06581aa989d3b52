"""What a person does on the sign-in pages, in a real browser."""

from playwright.sync_api import Page

from tests.auth.server import PASSWORD


def sign_up(page: Page, url: str, name: str) -> None:
    """Make an account by the form."""
    page.goto(url)
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
