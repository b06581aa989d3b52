"""The Batch view in a browser, while somebody else's batch is judged."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import PIL.Image
import pytest
from playwright.sync_api import Page, expect

from registry import Image
from tests.ui.conftest import serving
from tests.ui.jurors import JURY, spec
from tests.ui.visitor import open_tab

pytestmark = [pytest.mark.browser, pytest.mark.slow]
GOES_ON = threading.Event()


def ponder(image: Image) -> float:
    """Longer over what is wide than the test takes."""
    if image.shape[1] > 400:
        GOES_ON.wait(120)
    return 0.5


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(*JURY, spec("ponderer", ponder, expects="image")) as where:
        yield where
        GOES_ON.set()


def judge(page: Page, *paths: str | Path) -> None:
    page.set_input_files("#batch-files input[type=file]", [str(path) for path in paths])
    page.get_by_role("button", name="Judge all").click()


def test_the_way_to_the_next_picture_appears_as_soon_as_that_is_judged_and_follows_the_table(
    visit: Callable[..., Page], tmp_path: Path
) -> None:
    small, wide = tmp_path / "small.png", tmp_path / "wide.png"
    for path, width in ((small, 60), (wide, 500)):
        PIL.Image.new("RGB", (width, 60), "navy").save(path)
    GOES_ON.clear()
    page = visit()
    open_tab(page, "Batch")
    judge(page, small, wide)
    page.get_by_role("button", name="small.png").click()
    detail = page.locator("#batch-detail")
    expect(detail).to_contain_text("No face found.")
    expect(detail.locator(".neighbours")).to_contain_text("1 of 1: small.png")
    GOES_ON.set()
    expect(detail.locator(".neighbours")).to_contain_text("1 of 2: small.png")
    detail.get_by_role("button", name="Next").click()
    expect(detail.locator(".neighbours")).to_contain_text("2 of 2: wide.png")
    page.locator("#batch-tools").get_by_label("Name contains").fill("wide")
    expect(detail.locator(".neighbours")).to_contain_text("1 of 1: wide.png")
    expect(detail.get_by_role("button", name="Previous")).to_be_disabled()
    expect(detail).to_contain_text("No face found.")  # it would hold up the queue, and so the next test


def test_a_picture_is_opened_while_another_batch_is_judged_and_a_new_batch_puts_it_away(
    visit: Callable[..., Page], tmp_path: Path
) -> None:
    small, next_, wide = tmp_path / "small.png", tmp_path / "next.png", tmp_path / "wide.png"
    for path, width in ((small, 60), (next_, 70), (wide, 500)):
        PIL.Image.new("RGB", (width, 60), "navy").save(path)
    GOES_ON.clear()
    page, other = visit(), visit()
    for one in (page, other):
        open_tab(one, "Batch")
    judge(page, small, next_)
    expect(page.locator("#batch-status")).to_contain_text("2 pictures judged.")
    judge(other, wide)
    expect(other.locator("#batch-status")).to_contain_text("Waiting")
    detail = page.locator("#batch-detail")
    page.get_by_role("button", name="small.png").click()
    expect(detail).to_contain_text("No face found.")
    detail.get_by_role("button", name="Next").click()
    expect(detail.locator(".neighbours")).to_contain_text("2 of 2: next.png")
    expect(detail).to_contain_text("No face found.")
    page.locator("#batch-files").get_by_label("Clear").click()
    judge(page, wide)
    expect(page.locator("#batch-status")).to_contain_text("Waiting")
    expect(detail).to_have_text("")
    GOES_ON.set()
    expect(page.locator("#batch-status")).to_contain_text("1 picture judged.")
    expect(detail).to_have_text("")
