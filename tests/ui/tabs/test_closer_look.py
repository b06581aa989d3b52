"""A closer look: the numbers of faces, the picture that zooms, and a batch looked through in one frame."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import PIL.Image
import pytest
from playwright.sync_api import Page, expect

from registry import load_registry
from tests.ui.tabs.test_compare_page import montage
from tests.ui.visitor import card, upload

pytestmark = pytest.mark.browser
# The layout shift score of what stands in the verdicts: https://web.dev/articles/cls
WATCH_MOVES = """() => {
  window.moved = 0;
  const isVerdict = (source) => source.node?.parentElement?.closest("#verdicts .jury");
  new PerformanceObserver((list) => {
    if (!document.querySelector(".summary")) return; // the room is made before
    for (const entry of list.getEntries()) if (entry.sources.some(isVerdict)) window.moved += entry.value;
  }).observe({ type: "layout-shift" });
}"""
# The row, of the two that the picture has, and how far to the right: wherever on the page the picture stands.
PLACE = """box => {
  const seen = box.getBoundingClientRect(), whole = box.closest(".scene").querySelector("img").getBoundingClientRect();
  return [Math.floor((2 * (seen.top + seen.height / 2 - whole.top)) / whole.height), seen.left];
}"""


def scale(page: Page) -> float:
    return page.locator(".scene img").bounding_box()["width"] / page.locator(".viewport").bounding_box()["width"]


def test_faces_are_numbered_in_reading_order(visit: Callable[..., Page], portrait: str, tmp_path: Path) -> None:
    page = visit()
    upload(page, montage(portrait, tmp_path, count=6, columns=3))
    expect(page.locator(".scene .box")).to_have_count(6)
    expect(page.locator(".summary.judging")).to_have_count(0)  # the boxes stay where they are from now on
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
    expect(page.locator("#batch-status")).to_contain_text("2 of 3 judged.")
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


def test_the_base_rate_moves_the_one_number_and_the_headline_never_contradicts_it(
    visit: Callable[..., Page], portrait: str
) -> None:
    page = visit(*load_registry(blocked=()).detectors)
    upload(page, portrait)
    band, chance = page.locator(".summary"), page.locator(".summary .chance")
    expect(chance).to_contain_text("Estimated chance of fake: ")
    start = band.inner_text()
    assert band.bounding_box()["y"] < page.locator(".card").first.bounding_box()["y"]  # first what they came for
    page.get_by_text("Details", exact=True).click()
    chances = []
    for rate in ("Rare", "Common", "Mixed"):
        page.get_by_label(rate).check()
        said = chance.inner_text()
        chances.append(float(re.search(r"fake: (?:under |over )?(\d+) %", said)[1]))
        scale = page.locator(".scale")
        pin, real, fake = (
            float(scale.evaluate("(scale, name) => scale.style.getPropertyValue(name)", name))
            for name in ("--p", "--real", "--fake")
        )
        assert pin == pytest.approx(chances[-1] / 100, abs=0.011)
        zone = "fake" if pin >= fake else "real" if pin < real else "inconclusive"
        assert zone in band.locator("h2").inner_text().lower()
        assert scale.get_attribute("aria-label").startswith(said)
    assert chances[0] <= chances[2] <= chances[1] and chances[0] < chances[1]
    assert band.locator("h2").inner_text() in start and f"{chances[2]:.0f} %" in start  # mixed: the verdict as it was


def test_nothing_moves_when_verdicts_arrive(visit: Callable[..., Page], portrait: str) -> None:
    page = visit(*load_registry(blocked=()).detectors)
    page.set_viewport_size({"width": 390, "height": 900})
    page.evaluate(WATCH_MOVES)
    upload(page, portrait)
    expect(page.locator(".summary .chance")).to_contain_text("Estimated chance of fake: ")
    expect(page.locator(".card.thinking")).to_have_count(0)
    moved = page.evaluate("window.moved")
    assert moved < 0.03
