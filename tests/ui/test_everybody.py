"""The page by keyboard, without motion, in forced colours and on paper."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.tabs.test_compare_page import montage
from tests.ui.visitor import card, upload

pytestmark = pytest.mark.browser
FOCUSED = """() => {
  const at = document.activeElement, style = getComputedStyle(at);
  const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return [at.tagName, at.ariaLabel || at.textContent.trim().slice(0, 40) || at.type || "", seen];
}"""


def test_whoever_goes_by_keyboard_sees_where_they_are(visit: Callable[..., Page], portrait: str) -> None:
    page = visit()
    upload(page, portrait)
    expect(card(page, "Accuser").locator(".word")).to_have_text("Fake")
    expect(card(page, "Defender").locator(".word")).to_have_text("Real")
    stops = []
    for _ in range(60):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(FOCUSED))
        if stops[-1][0] == "BODY":
            break
    stops = [stop for stop in stops if stop[0] != "BODY"]
    assert [stop[:2] for stop in stops if not stop[2]] == []
    names = [name for _, name, _ in stops]
    for name in ("Check", "Check another", "Zoom in", "Google Lens", "Save the report"):
        assert name in names


def test_arrow_keys_move_through_the_tabs(visit: Callable[..., Page]) -> None:
    page = visit()
    page.get_by_role("tab", name="Check").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Learn")).to_be_focused()
    expect(page.get_by_role("tab", name="Learn")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("End")
    expect(page.get_by_role("tab", name="Detectors")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Check")).to_have_attribute("aria-selected", "true")


def test_on_paper_all_faces_are_there_and_no_controls_and_the_ground_is_white(
    visit: Callable[..., Page], portrait: str, tmp_path: Path
) -> None:
    page = visit()
    upload(page, montage(portrait, tmp_path, count=2, columns=2))
    expect(page.locator(".card.fake")).to_have_count(2)
    page.evaluate("document.body.classList.add('dark')")
    expect(page.locator(".face:visible")).to_have_count(1)
    page.emulate_media(media="print")
    expect(page.locator(".face:visible")).to_have_count(2)
    for control in ("Check another", "Save the report", "Zoom in"):
        expect(page.get_by_role("button", name=control)).to_be_hidden()
    expect(page.get_by_role("tab")).to_have_count(0)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    ink = page.locator(".summary h2").evaluate("one => getComputedStyle(one).color")
    assert max(int(part) for part in ink.removeprefix("rgb(").removesuffix(")").split(",")) < 190


def test_in_forced_colours_marks_and_bars_are_drawn_in_the_text_s_colour(
    visit: Callable[..., Page], portrait: str
) -> None:
    page = visit()
    page.emulate_media(forced_colors="active")
    upload(page, portrait)
    expect(card(page, "Accuser").locator(".word")).to_have_text("Fake")
    paint = "one => [getComputedStyle(one).backgroundColor, getComputedStyle(document.body).backgroundColor]"
    for part in (".word .mark", ".bar .pin", ".bar .tick"):
        mark, ground = card(page, "Accuser").locator(part).first.evaluate(paint)
        assert mark != ground


def test_without_motion_nothing_keeps_moving(visit: Callable[..., Page]) -> None:
    page = visit()
    page.emulate_media(reduced_motion="reduce")
    page.evaluate("document.querySelector('#verdicts .notice').classList.add('busy')")
    page.wait_for_timeout(200)
    # what fades once may still do so on a busy machine; what goes on and on is waited for in vain
    page.wait_for_function("document.getAnimations().every((one) => one.playState !== 'running')")
