"""A closer look: the numbers of faces, the picture that zooms, and a batch looked through in one frame."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import PIL.Image
import pytest
from playwright.sync_api import Page, expect

from tests.ui.tabs.test_compare_page import montage
from tests.ui.visitor import card, upload

pytestmark = pytest.mark.browser
PLACE = """box => { const seen = box.getBoundingClientRect(); return [Math.round(seen.top / 40), seen.left]; }"""


def scale(page: Page) -> float:
    return page.locator(".scene img").bounding_box()["width"] / page.locator(".viewport").bounding_box()["width"]


def test_faces_are_numbered_in_reading_order(visit: Callable[..., Page], portrait: str, tmp_path: Path) -> None:
    page = visit()
    upload(page, montage(portrait, tmp_path, count=6, columns=3))
    expect(page.locator(".scene .box")).to_have_count(6)
    boxes = page.locator(".scene .box")
    places = [boxes.nth(number).evaluate(PLACE) for number in range(6)]
    assert [boxes.nth(number).inner_text() for number in range(6)] == [str(number) for number in range(1, 7)]
    assert places == sorted(places)
    expect(page.locator(".strip .thumb").nth(5)).to_contain_text("Face 6")


def test_the_picture_zooms_by_buttons_clicks_keys_and_the_wheel_and_can_be_moved(
    visit: Callable[..., Page], portrait: str
) -> None:
    page = visit()
    upload(page, portrait)
    expect(card(page, "Accuser").locator(".word")).to_have_text("Fake")
    expect(card(page, "Defender").locator(".word")).to_have_text("Real")
    scene = page.locator(".viewport")
    page.get_by_role("button", name="Zoom in").click()
    assert scale(page) == pytest.approx(2, abs=0.05)
    page.get_by_role("button", name="Whole picture").click()
    assert scale(page) == pytest.approx(1, abs=0.05)
    scene.focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert scale(page) == pytest.approx(4, abs=0.1)
    before = page.locator(".scene img").bounding_box()["x"]
    page.keyboard.press("ArrowRight")
    assert page.locator(".scene img").bounding_box()["x"] < before
    page.keyboard.press("0")
    box = scene.bounding_box()
    page.mouse.click(box["x"] + 8, box["y"] + 8)  # the corner stays in the corner
    assert scale(page) == pytest.approx(2, abs=0.05)
    assert page.locator(".scene img").bounding_box()["x"] == pytest.approx(box["x"] - 8, abs=2)
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 100, box["y"] + 200, steps=4)
    page.mouse.up()
    assert page.locator(".scene img").bounding_box()["x"] == pytest.approx(box["x"] - 108, abs=3)
    assert scale(page) == pytest.approx(2, abs=0.05)  # moving it is no click
    page.keyboard.down("Control")
    page.mouse.wheel(0, 3000)
    page.keyboard.up("Control")
    page.wait_for_function("() => !document.querySelector('.viewport.zoomed')")


def test_a_batch_is_looked_through_by_previous_and_next(
    visit: Callable[..., Page], portrait: str, tmp_path: Path
) -> None:
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (60, 60), "navy").save(buffer, "PNG")
    with zipfile.ZipFile(tmp_path / "album.zip", "w") as archive:
        archive.write(portrait, "face.png")
        archive.writestr("wall.png", buffer.getvalue())
        archive.writestr("text.png", "no picture")
    page = visit()
    page.set_input_files("#entrance input[type=file]", str(tmp_path / "album.zip"))
    expect(page.locator("#batch-status")).to_contain_text("3 pictures judged")
    page.get_by_role("button", name="album.zip/face.png").click()
    detail = page.locator("#batch-detail")
    expect(detail.locator(".neighbours")).to_contain_text("1 of 3: album.zip/face.png")
    expect(detail.locator(".scene .box")).to_have_count(1)
    expect(detail.get_by_role("button", name="Previous")).to_be_disabled()
    detail.get_by_role("button", name="Next").click()
    expect(detail.locator(".neighbours")).to_contain_text("2 of 3: album.zip/wall.png")
    expect(detail).to_contain_text("No face found.")
    detail.get_by_role("button", name="Next").click()
    expect(detail.locator(".notice.error")).to_contain_text("not a picture")
    expect(detail.get_by_role("button", name="Next")).to_be_disabled()
    detail.get_by_role("button", name="Previous").click()
    expect(detail).to_contain_text("No face found.")
