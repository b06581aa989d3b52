"""What a person does on the sign-in pages, in a real browser."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.auth.server import PASSWORD, Server
from tests.ui.faults import find_faults


def sign_up(page: Page, url: str, name: str) -> None:
    """Make an account by the form."""
    page.goto(url)
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("Password again").fill(PASSWORD)  # first: the page before has the other two as well
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("User name").fill(name)
    page.get_by_role("button", name="Create account").click()


def enter(page: Page, server: Server, name: str) -> None:
    """Sign up by the form."""
    sign_up(page, server.url, name)
    expect(page.get_by_role("tab", name="History")).to_be_visible()


def judge(page: Page, path: str | Path, said: str) -> None:
    """Upload a picture, and wait for what is said of the record."""
    page.set_input_files("#photo input[type=file]", str(path))
    expect(page.locator("#verdicts .summary")).to_contain_text(Path(path).name)
    expect(page.locator("#recorded")).to_contain_text(said)


def faults_at_both_widths(page: Page, **options: str) -> list[str]:
    """What axe-core finds at a phone's width and then at a desktop's, where nothing may stick out sideways."""
    found = []
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)
        found += find_faults(page, **options)
    return found
