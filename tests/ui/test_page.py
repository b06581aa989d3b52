"""Each tab at desktop and phone width: clicked through with real files, then looked at by axe-core."""

import json
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from playwright.sync_api import Page, expect

from tests.ui.faults import check
from tests.ui.jurors import JURY, say_real, spec
from tests.ui.visitor import open_tab

pytestmark = [pytest.mark.browser, pytest.mark.slow]
# The score so far: https://web.dev/articles/cls
LAYOUT_SHIFT = """() => new Promise((resolve) => {
  let sum = 0;
  const add = (list) => list.getEntries().forEach((entry) => { sum += entry.value; });
  new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 500); // none at all is told by nothing
})"""


@pytest.fixture(scope="module")
def album(portrait: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zip of a face, a wall and a file that is no picture."""
    folder = tmp_path_factory.mktemp("album")
    PIL.Image.new("RGB", (60, 60), "navy").save(folder / "wall.png")
    with zipfile.ZipFile(folder / "album.zip", "w") as archive:
        archive.write(portrait, "face.png")
        archive.write(folder / "wall.png", "wall.png")
        archive.writestr("<img src=x onerror=document.title='taken'>.png", "no picture")
    return folder / "album.zip"


def download(page: Page, button: str) -> str:
    """What the file holds that this button saves."""
    with page.expect_download() as saved:
        page.get_by_role("button", name=button).filter(visible=True).click()
    return Path(saved.value.path()).read_text()


def test_every_tab_works_and_has_no_serious_fault(
    visit: Callable[..., Page], portrait: str, album: Path, tmp_path: Path
) -> None:
    expect.set_options(timeout=90_000)
    doubter = spec("doubter", lambda _: (0.03, np.eye(8, dtype=np.float32)))
    page = visit(*JURY, doubter, spec("viewer", say_real, expects="image"), width=390)
    page.set_input_files("#photo input[type=file]", portrait)
    expect(page.locator("#verdicts .card.thinking")).to_have_count(0)
    expect(page.locator("#verdicts .provenance")).to_contain_text("None found")
    page.get_by_role("button", name="Show the heat map of Accuser").click()
    expect(page.get_by_role("img", name="Heat map of Accuser")).to_be_visible()
    expect(page.locator(".outweighed")).to_be_hidden()
    page.get_by_role("button", name="Show the heat map of Doubter").click()
    expect(page.locator(".outweighed")).to_contain_text("It calls the face real all the same")
    check(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the report").click()
    report = Path(saved.value.path()).read_text()
    assert saved.value.suggested_filename.startswith("facejury-")
    assert "93" in report and "cannot prove" in report

    open_tab(page, "Batch")
    page.set_input_files("#batch-files input[type=file]", str(album))
    page.get_by_role("button", name="Judge all").click()
    expect(page.locator("#batch-table tbody tr")).to_have_count(3)
    expect(page.locator("#batch-status")).to_contain_text("2 of 3 judged.")
    expect(page.locator("#batch-table tr.error")).to_contain_text("<img src=x")
    check(page)
    report = download(page, "Save the report")
    assert all(words in report for words in ("album.zip", "&lt;img src=x", "data:image/webp"))
    assert "album.zip/face.png" in download(page, "Save CSV")
    assert len(json.loads(download(page, "Save JSON"))) == 3
    page.get_by_label("Order").click()
    page.get_by_role("option", name="By name").click()
    expect(page.locator("#batch-table tbody tr").first).to_contain_text("<img src=x")
    page.get_by_label("Name contains").fill("FACE")
    expect(page.locator("#batch-table tbody tr")).to_have_count(1)
    page.get_by_role("button", name="album.zip/face.png").press("Enter")
    expect(page.locator("#batch-detail .card.fake")).to_have_count(1)
    expect(page).to_have_title("Facejury")
    check(page)
    expect(page.locator("#batch-table tbody tr").first).not_to_be_in_viewport()
    page.go_back()
    expect(page.locator("#batch-table tbody tr").first).to_be_in_viewport()

    open_tab(page, "Detectors")
    expect(page.locator(".detectors").first).to_be_visible()
    for pick in ("Accuser", "Defender"):
        page.get_by_label(f"Compare {pick}").check()
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator(".yours")).to_contain_text("face.png")
    check(page)
    open_tab(page, "Guide")
    expect(page.locator(".guide")).to_contain_text("Not to accuse a person")
    check(page)


def test_the_link_and_either_address_open_the_documentation_of_the_api(visit: Callable[..., Page]) -> None:
    expect.set_options(timeout=60_000)
    page = visit()
    home = page.url
    page.get_by_role("link", name="API", exact=True).click()
    for query in ("", "?api", "?view=api"):
        if query:
            page.goto(home + query)
        expect(page.get_by_role("heading", name="API documentation").first).to_be_visible()
        expect(page.locator("body")).to_contain_text("/compare")
    page.get_by_text("JavaScript", exact=True).click()
    expect(page.get_by_text("npm i -D @gradio/client")).to_be_hidden()  # our program needs no client
    page.get_by_text("Python", exact=True).click()
    expect(page.get_by_text("pip install gradio_client")).to_be_visible()


def test_stop_ends_a_batch_and_keeps_what_is_done(visit: Callable[..., Page], tmp_path: Path) -> None:
    goes_on = threading.Event()

    def ponder(image: np.ndarray) -> float:
        if len(seen) < 2:
            seen.append(1)
            return 0.1
        goes_on.wait(120)
        return 0.9

    seen: list[int] = []
    expect.set_options(timeout=90_000)
    page = visit(spec("ponderer", ponder, expects="image"))
    open_tab(page, "Batch")
    for number in range(4):
        PIL.Image.new("RGB", (60, 60), (number, 0, 0)).save(tmp_path / f"{number}.png")
    page.set_input_files("#batch-files input[type=file]", [str(tmp_path / f"{number}.png") for number in range(4)])
    page.get_by_role("button", name="Judge all").press("Enter")
    expect(page.locator("#batch-status")).to_contain_text("of 4")
    expect(page.get_by_role("button", name="Stop")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Judge all")).to_be_focused()  # Stop was heard
    goes_on.set()
    expect(page.locator("#batch-status")).to_contain_text("Stopped.")
    assert 1 <= page.locator("#batch-table tbody tr").count() <= 3
    expect(page.get_by_role("button", name="Judge all")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_jumps_while_the_page_comes_up(visit: Callable[..., Page], width: int) -> None:
    page = visit(width=width)
    expect(page.locator(".honest")).to_be_visible()
    assert page.evaluate(LAYOUT_SHIFT) < 0.05
