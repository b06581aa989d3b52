"""The Photo tab, clicked through in a real browser."""

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from playwright.sync_api import Browser, Page, expect

from detectors.inputs.images import Picture, read_image
from tests.ui.jurors import JURY, say_real, spec
from tests.ui.visitor import card, upload
from ui.tabs import compare

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def montage(portrait: str, folder: Path, *, count: int, columns: int) -> Path:
    """That many copies of the portrait's face in one picture."""
    face = PIL.Image.open(portrait).convert("RGB").crop((120, 0, 340, 260))
    sheet = PIL.Image.new("RGB", (columns * 220, -(-count // columns) * 260), "grey")
    for number in range(count):
        sheet.paste(face, ((number % columns) * 220, (number // columns) * 260))
    path = folder / f"{count}.jpg"
    sheet.save(path, quality=92)
    return path


def test_an_uploaded_photo_gets_a_verdict_from_each_detector(visit: Callable[..., Page], portrait: str) -> None:
    page = visit()
    upload(page, portrait)
    expect(card(page, "Accuser").locator(".word")).to_have_text("Fake")
    expect(card(page, "Accuser").locator(".share")).to_have_text("Estimated chance of fake: 93 %")
    expect(card(page, "Defender").locator(".word")).to_have_text("Real")
    expect(card(page, "Defender").locator(".share")).to_have_text("Estimated chance of fake: 3 %")
    expect(page.locator(".summary h2")).to_have_text("1 of 2 say fake, 1 real.")
    expect(page.get_by_label("Go to face 1")).to_be_visible()
    bar = card(page, "Defender").get_by_role("img", name="3 % fake; real below 30 %, fake from 70 %")
    expect(bar).to_be_visible()
    expect(card(page, "Defender").locator(".time")).to_contain_text("ms")


def test_the_report_is_on_the_verdicts_that_are_shown_whatever_is_ticked_now(
    visit: Callable[..., Page], portrait: str
) -> None:
    page = visit()
    upload(page, portrait)
    expect(card(page, "Defender").locator(".word")).to_have_text("Real")
    page.locator("#options button").first.click()
    page.locator("#detectors").get_by_label("Accuser").uncheck()
    with page.expect_download() as saved:
        page.locator("#save-report").click()
    report = Path(saved.value.path()).read_text()
    assert "Accuser" in report and "Defender" in report


def test_a_heat_map_lies_large_on_the_picture_where_the_face_is_and_follows_to_another(
    visit: Callable[..., Page], portrait: str, tmp_path: Path
) -> None:
    page = visit(width=390)
    upload(page, montage(portrait, tmp_path, count=2, columns=2))
    expect(page.locator(".card.fake")).to_have_count(2)
    heat, legend = page.get_by_role("img", name="Heat map of Accuser"), page.locator(".legend")
    eye = page.get_by_role("button", name="Show the heat map of Accuser")
    expect(heat).to_have_count(0)
    expect(legend).to_be_hidden()
    eye.click()
    expect(eye).to_have_attribute("aria-pressed", "true")
    expect(legend).to_contain_text("Heat map of Accuser")
    expect(heat).to_be_in_viewport(ratio=0.9)  # of a phone, where the row is far below
    assert_on_the_face(page, "1")
    page.locator(".strip .thumb[data-face='2']").click()
    expect(heat).to_have_count(1)
    assert_on_the_face(page, "2")
    page.get_by_role("button", name="Hide").click()
    expect(heat).to_have_count(0)
    expect(legend).to_be_hidden()
    expect(eye).to_be_focused()
    expect(page.locator(".viewport.zoomed")).to_have_count(0)


def assert_on_the_face(page: Page, number: str) -> None:
    """The heat map fills the picture's frame, around the middle of that face's box."""
    frame, heat, box = (
        page.locator(selector).bounding_box()
        for selector in (".viewport", ".pan > .heat", f".scene .box[data-face='{number}']")
    )
    assert heat["height"] > 0.9 * frame["height"]
    assert heat["x"] + heat["width"] / 2 == pytest.approx(box["x"] + box["width"] / 2, abs=2)
    assert heat["y"] + heat["height"] / 2 == pytest.approx(box["y"] + box["height"] / 2, abs=2)


def test_only_the_chosen_detectors_are_asked(visit: Callable[..., Page], portrait: str) -> None:
    page = visit()
    page.get_by_role("button", name="Options").click()
    page.get_by_label("Accuser").uncheck()
    upload(page, portrait)
    expect(card(page, "Defender").locator(".word")).to_have_text("Real")
    expect(page.locator(".card")).to_have_count(1)


def test_choosing_no_detector_is_answered_in_a_sentence(visit: Callable[..., Page], portrait: str) -> None:
    page = visit()
    page.get_by_role("button", name="Options").click()
    page.get_by_label("Accuser").uncheck()
    page.get_by_label("Defender").uncheck()
    upload(page, portrait)
    expect(page.locator(".notice")).to_contain_text("Choose at least one detector.")


def test_cards_fill_as_detectors_finish_and_a_new_picture_clears_them_at_once(
    visit: Callable[..., Page], portrait: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_faces = montage(portrait, tmp_path, count=2, columns=2)
    goes_on, cleared = threading.Event(), threading.Event()

    def wait(image: np.ndarray) -> float:
        goes_on.wait(240)
        return 0.5

    def read_when_cleared(path: Path) -> Picture:  # else a fast detector may fill the page before anybody has looked
        if path.name == two_faces.name:
            cleared.wait(240)
        return read_image(path)

    monkeypatch.setattr(compare, "read_image", read_when_cleared)
    page = visit(*JURY, spec("ponderer", wait))
    upload(page, portrait)
    expect(card(page, "Accuser").locator(".word")).to_have_text("Fake")
    expect(card(page, "Ponderer").locator(".word")).to_have_text("Analysing…")
    upload(page, two_faces)
    expect(page.locator(".summary")).to_have_count(0)
    cleared.set()
    expect(page.locator(".summary")).to_contain_text(two_faces.name)
    goes_on.set()
    expect(card(page, "Ponderer").first.locator(".word")).to_have_text("Inconclusive")


def test_cancel_stops_the_waiting_and_the_next_judging_works(visit: Callable[..., Page], portrait: str) -> None:
    goes_on = threading.Event()

    def wait(image: np.ndarray) -> float:
        goes_on.wait(60)
        return 0.9

    page = visit(spec("ponderer", wait))
    upload(page, portrait)
    expect(card(page, "Ponderer").locator(".word")).to_have_text("Analysing…")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".notice")).to_contain_text("Cancelled.")
    page.get_by_role("button", name="Judge", exact=True).click()
    expect(card(page, "Ponderer").locator(".word")).to_have_text("Analysing…")  # nobody waits for the cancelled one
    goes_on.set()
    expect(card(page, "Ponderer").locator(".word")).to_have_text("Fake")


def test_a_failing_detector_says_why_and_the_page_stays_up(visit: Callable[..., Page], portrait: str) -> None:
    def explode(image: np.ndarray) -> float:
        raise RuntimeError("<b>weights</b> do not fit")

    page = visit(*JURY, spec("exploder", explode), spec("nobody", lambda image: float("nan"), title="<i>No</i> body"))
    upload(page, portrait)
    expect(card(page, "Exploder").locator(".word")).to_have_text("Failed")
    expect(card(page, "Exploder").locator(".why")).to_have_text("RuntimeError: <b>weights</b> do not fit")
    expect(card(page, "<i>No</i> body").locator(".why")).to_contain_text("got nan")
    expect(page.locator(".summary h2")).to_have_text("1 of 2 say fake, 1 real, 2 failed.")
    page.get_by_role("button", name="Judge", exact=True).click()
    expect(card(page, "Accuser").locator(".word")).to_have_text("Fake")


def test_a_picture_without_a_face_says_so_and_is_still_judged_as_a_whole(
    visit: Callable[..., Page], tmp_path: Path
) -> None:
    PIL.Image.effect_noise((300, 200), 40).convert("RGB").save(tmp_path / "noise.png")
    page = visit(*JURY, spec("viewer", say_real, expects="image"))
    upload(page, tmp_path / "noise.png")
    expect(page.locator(".summary h2")).to_have_text("No face found.")
    expect(card(page, "Viewer").locator(".word")).to_have_text("Real")
    expect(page.locator(".card")).to_have_count(1)


def test_a_file_that_is_no_picture_is_refused_in_a_sentence(visit: Callable[..., Page], tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("just text, " * 20)
    page = visit()
    upload(page, tmp_path / "text.jpg")
    expect(page.locator(".notice.error")).to_contain_text("not a picture we can read")


def test_markup_in_a_file_name_stays_text(visit: Callable[..., Page], portrait: str, tmp_path: Path) -> None:
    name = "<img src=x onerror=document.title='taken'>.png"
    (tmp_path / name).write_bytes(Path(portrait).read_bytes())
    page = visit()
    upload(page, tmp_path / name)
    expect(card(page, "Accuser").locator(".word")).to_have_text("Fake")
    expect(page).to_have_title("Facejury")


def test_the_examples_need_no_download(visit: Callable[..., Page]) -> None:
    page = visit()
    page.get_by_role("button", name="Try a forgery of it").click()
    expect(page.locator(".summary")).to_contain_text("forgery.png")
    page.get_by_role("button", name="Check another").click()
    page.get_by_role("button", name="Try a portrait").click()
    expect(page.locator(".summary")).to_contain_text("portrait.png")
    expect(card(page, "Defender").locator(".word")).to_have_text("Real")


def test_the_tick_shows_how_far_each_verdict_moves_and_changes_no_label(
    visit: Callable[..., Page], portrait: str
) -> None:
    page = visit(*JURY, spec("measurer", lambda image: image.shape[0] / 1000))
    upload(page, portrait)
    expect(card(page, "Measurer").locator(".word")).to_have_text("Real")
    expect(page.locator(".why.moves")).to_have_count(0)
    page.get_by_role("button", name="Options").click()
    page.get_by_label("Test how much verdicts change").check()
    page.get_by_role("button", name="Judge", exact=True).click()
    expect(card(page, "Accuser").locator(".why.moves")).to_contain_text("From 93 % fake to 93 % fake when saved again")
    share = card(page, "Measurer").locator(".share").inner_text().removeprefix("Estimated chance of fake: ")
    expect(card(page, "Measurer").locator(".why.moves")).to_contain_text(f"to {share} fake when saved again")
    expect(card(page, "Measurer").locator(".word")).to_have_text("Real")


def test_thirty_faces_are_one_screen_and_are_looked_at_one_at_a_time(
    visit: Callable[..., Page], portrait: str, tmp_path: Path
) -> None:
    page = visit()
    upload(page, montage(portrait, tmp_path, count=30, columns=6))
    expect(page.locator("#face-30 .card.real")).to_have_count(1)
    expect(page.locator(".card.thinking")).to_have_count(0)
    expect(page.locator(".summary h2")).to_have_text("30 faces")
    expect(page.locator(".scene .box")).to_have_count(30)
    assert page.evaluate("document.querySelector('.jury').innerHTML.length") < 1_500_000
    expect(page.locator(".face:visible")).to_have_count(1)
    page.get_by_label("Go to face 12").click()
    expect(page.locator("#face-12")).to_be_visible()
    expect(page.locator(".face:visible")).to_have_count(1)
    page.locator(".strip .thumb[aria-current]").press("ArrowRight")
    expect(page.locator("#face-12")).to_be_hidden()
    expect(page.locator(".face:visible")).to_have_count(1)
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)


def test_check_another_brings_the_empty_form_back(visit: Callable[..., Page], portrait: str) -> None:
    page = visit()
    expect(page.locator("#another")).to_be_hidden()
    upload(page, portrait)
    expect(card(page, "Accuser").locator(".word")).to_have_text("Fake")
    page.get_by_role("button", name="Check another").click()
    expect(page.locator("#verdicts .notice")).to_contain_text("The verdicts appear here.")
    expect(page.locator(".summary")).to_have_count(0)


def ponder_until(goes_on: threading.Event, visit: Callable[..., Page], portrait: str) -> Page:
    """A page whose only detector is busy with the portrait until told to go on."""
    page = visit(spec("slow", lambda _: goes_on.wait(120) and 0.5))
    upload(page, portrait)
    expect(card(page, "Slow")).to_be_visible()
    return page


def join_line(page: Page, address: str, portrait: str) -> None:
    page.goto(address)
    upload(page, portrait)
    expect(page.locator(".notice")).to_contain_text("Waiting: you are next.")


def test_a_second_visitor_reads_how_many_are_before_them_and_is_served_next(
    visit: Callable[..., Page], browser: Browser, portrait: str
) -> None:
    page = ponder_until(goes_on := threading.Event(), visit, portrait)
    with browser.new_page() as other:
        join_line(other, page.url, portrait)
        goes_on.set()
        expect(card(other, "Slow").locator(".word")).to_have_text("Inconclusive")


def test_a_visitor_who_leaves_does_not_hold_up_the_queue(
    visit: Callable[..., Page], browser: Browser, portrait: str
) -> None:
    page = ponder_until(goes_on := threading.Event(), visit, portrait)
    with browser.new_page() as leaver:
        join_line(leaver, page.url, portrait)
    with browser.new_page() as other:
        join_line(other, page.url, portrait)
        goes_on.set()
        expect(card(other, "Slow").locator(".word")).to_have_text("Inconclusive")
