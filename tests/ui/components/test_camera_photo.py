"""A photo taken by the camera, or pasted by a button: what happens, and what is said where there is neither."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ui.camera import frame, with_camera, write_film
from tests.ui.camera import portrait as portrait_pixels
from tests.ui.visitor import card


@pytest.fixture
def filmed(browser: Browser, address: str, tmp_path: Path) -> Iterator[Page]:
    """The page in a browser whose camera shows the portrait."""
    film = write_film(tmp_path / "film.y4m", [frame(portrait_pixels())] * 3)
    with with_camera(browser, film) as chromium:
        page = chromium.new_page()
        page.set_default_timeout(60_000)
        page.goto(address)
        yield page


@pytest.mark.browser
def test_a_photo_is_taken_by_the_camera_and_the_field_comes_back_after_it(filmed: Page) -> None:
    page = filmed
    page.get_by_role("button", name="Take a photo").click()
    expect(page.locator("#photo video:not(.hide)")).to_be_visible()
    expect(page.locator("#entrance")).to_be_hidden()
    page.wait_for_function("document.querySelector('#photo video')?.videoWidth > 0")  # a frame is there to be taken
    page.locator("#photo .button-wrap button").first.click()
    expect(card(page, "Accuser").locator(".word")).to_have_text("Fake")
    page.get_by_role("button", name="Check another").click()
    expect(page.locator("#entrance")).to_be_visible()
    expect(page.locator("#photo")).to_have_css("clip-path", "inset(50%)")


@pytest.mark.browser
def test_the_camera_is_off_where_the_photo_to_be_taken_is_not_seen(filmed: Page) -> None:
    page = filmed
    for leave in (
        "document.querySelector('[role=tab][data-tab-id=learn]').click()",
        "Object.defineProperty(document, 'hidden', { get: () => true })",
    ):
        page.get_by_role("button", name="Take a photo").click()
        page.wait_for_function("document.querySelector('#photo video')?.videoWidth > 0")
        page.evaluate("window.track = document.querySelector('#photo video').srcObject.getTracks()[0]")
        page.wait_for_timeout(600)
        assert page.evaluate("track.readyState") == "live"
        page.evaluate(leave)
        page.wait_for_function("track.readyState === 'ended'")
        page.evaluate("document.querySelector('[role=tab][data-tab-id=check]').click()")
        expect(page.locator("#entrance")).to_be_visible()


@pytest.mark.browser
def test_without_a_camera_and_without_a_picture_to_paste_that_is_said(
    visit: Callable[..., Page], portrait: str
) -> None:
    page = visit()
    page.get_by_role("button", name="Take a photo").click()
    expect(page.locator(".why-not")).to_have_text("No camera was found.")
    page.get_by_role("button", name="Paste").click()
    expect(page.locator(".why-not")).to_contain_text("press Ctrl+V here")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("navigator.clipboard.writeText('no picture')")
    page.get_by_role("button", name="Paste").click()
    expect(page.locator(".why-not")).to_contain_text("There is no picture on the clipboard")
    data = base64.b64encode(Path(portrait).read_bytes()).decode()
    page.evaluate(
        """async (data) => navigator.clipboard.write([
          new ClipboardItem({ "image/png": await (await fetch(`data:image/png;base64,${data}`)).blob() })])""",
        data,
    )
    page.get_by_role("button", name="Paste").click()
    expect(page.locator(".summary")).to_contain_text("pasted.png")
    expect(page.locator(".why-not")).to_be_hidden()
