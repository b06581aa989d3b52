"""One face at a time, its heat map and the base rate, after the framework has drawn other verdicts in their place."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from detectors.jury.fusion import JuryVerdict
from tests.detectors.videos import every, two_portraits, write_video
from tests.ui.jurors import JURY
from tests.ui.visitor import open_tab

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ZOOMED = "scale => document.querySelector('#video-frame .pan').style.getPropertyValue('--zoom') === scale"
LEFT = "heat => parseFloat(heat.style.left)"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("films") / "pair.webm", two_portraits(16), every(0.125, until=2))


def show_person(page: Page, number: int) -> None:
    if f"Person {number} at " not in page.locator("#video-frame .summary").inner_text():
        page.locator(f"#video-persons [data-person='{number}']").click()
    expect(page.locator("#video-frame .summary")).to_contain_text(f"Person {number} at ")


def show_first(page: Page, pair: Path) -> None:
    """Have the clip judged, and person 1 shown."""
    open_tab(page, "Video")
    page.set_input_files("#video-file input[type=file]", str(pair))
    page.get_by_role("button", name="Judge the video").click()
    expect(page.locator("#video-persons h2")).to_have_text("2 people", timeout=90_000)
    expect(page.locator("#video-frame .scene .box")).to_have_count(1)
    show_person(page, 1)


def test_another_persons_heat_map_is_their_own_and_begins_with_the_whole_frame(
    visit: Callable[..., Page], pair: Path
) -> None:
    page = visit(*JURY)
    show_first(page, pair)
    eye, heat = page.locator("#video-frame .eye"), page.locator("#video-frame .pan > .heat")
    show_person(page, 2)  # before any heat map was shown
    eye.click()
    right = heat.evaluate(LEFT)
    show_person(page, 1)
    expect(heat).to_have_count(0)
    expect(page.locator("#video-frame .viewport.zoomed")).to_have_count(0)
    eye.click()
    assert heat.evaluate(LEFT) < 50 < right


def test_the_next_frame_begins_whole_and_zooms_from_there(visit: Callable[..., Page], pair: Path) -> None:
    page = visit(*JURY)
    show_first(page, pair)
    frame = page.locator("#video-frame")
    for _ in range(2):
        frame.get_by_role("button", name="Zoom in").click()
    page.wait_for_function(ZOOMED, arg="4")
    show_person(page, 2)
    page.wait_for_function(ZOOMED, arg="1")
    frame.get_by_role("button", name="Zoom in").click()
    page.wait_for_function(ZOOMED, arg="2")


def test_another_frame_is_said_for_the_base_rate_that_is_marked(
    visit: Callable[..., Page], pair: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jury = JuryVerdict(0.75, "fake", 0.7, 0.3)
    for module in ("detectors.video.watcher", "detectors.jury.results"):
        monkeypatch.setattr(f"{module}.fuse", lambda verdicts, *, doubt=None: jury if verdicts else None)
    page = visit(*JURY)
    show_first(page, pair)
    frame = page.locator("#video-frame")
    band, box = frame.locator(".summary"), frame.locator(".scene .box")
    frame.get_by_text("Details", exact=True).click()
    frame.get_by_label("Rare").check()
    expect(band.locator("h2")).to_have_text("Inconclusive")
    expect(band.locator(".chance")).to_contain_text("6 %")
    expect(band).to_have_class(re.compile("inconclusive"))
    expect(box).to_have_class(re.compile("inconclusive"))
    show_person(page, 2)
    expect(frame.get_by_label("Mixed")).to_be_checked()
    expect(band.locator("h2")).to_have_text("Likely fake")
    expect(band.locator(".chance")).to_contain_text("75 %")
    expect(band).to_have_class(re.compile("fake"))
    expect(box).to_have_class(re.compile("fake"))
