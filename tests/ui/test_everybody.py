"""The page by keyboard, without motion, in forced colours and on paper."""

from collections.abc import Callable
from pathlib import Path

import PIL.Image
import pytest
from playwright.sync_api import Page, expect

from tests.detectors.sounds import to_wav, voice
from tests.ui.tabs.test_compare_page import montage
from tests.ui.visitor import card, upload

pytestmark = pytest.mark.browser
FOCUSED = """() => {
  const at = document.activeElement, style = getComputedStyle(at);
  const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return [at.tagName, at.ariaLabel || at.textContent.trim().slice(0, 40) || at.type || "", seen];
}"""

PLACES = """(words) => { // from left to right, as they are painted
  const line = [...document.querySelectorAll("#verdicts .summary .quiet")].at(-1), found = [];
  const texts = document.createTreeWalker(line, NodeFilter.SHOW_TEXT), range = document.createRange();
  for (let text; (text = texts.nextNode()); ) for (const word of words) {
    const at = text.data.indexOf(word);
    if (at < 0) continue;
    range.setStart(text, at);
    range.setEnd(text, at + word.length);
    found.push([range.getBoundingClientRect().left, word]);
  }
  return found.sort((one, other) => one[0] - other[0]).map(([, word]) => word);
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


def test_on_paper_a_sound_has_its_plots_and_no_controls(visit: Callable[..., Page], tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(to_wav(voice(4.0)))
    page = visit(width=390)
    page.set_input_files("#entrance input[type=file]", str(tmp_path / "a.wav"))
    result, form = page.locator("#audio-result .sound"), page.locator("#audio-file")
    expect(result).to_be_visible()
    assert result.bounding_box()["y"] < form.bounding_box()["y"], "on a phone, what came out is first"
    page.emulate_media(media="print")
    expect(result).to_be_visible()
    for control in ("#audio-file", "#audio-start", "#audio-detectors", "#audio-judge", "#audio-tools", ".sound-player"):
        expect(page.locator(control)).to_be_hidden()


def test_a_name_written_from_right_to_left_turns_no_number_beside_it(
    visit: Callable[..., Page], portrait: str, tmp_path: Path
) -> None:
    PIL.Image.open(portrait).crop((0, 0, 512, 400)).save(tmp_path / "a.png")
    name = tmp_path / "\u0635\u0648\u0631\u0629"  # "picture" in Arabic
    (tmp_path / "a.png").rename(name)
    page = visit()
    page.set_input_files("#entrance input[type=file]", str(name))
    expect(page.locator("#verdicts .summary")).to_contain_text("400 pixels")
    assert page.evaluate(PLACES, ["512", "400", "pixels"]) == ["512", "400", "pixels"]


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
