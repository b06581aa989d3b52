"""The audio view in a browser."""

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from registry.contract import Samples
from tests.detectors.sounds import to_wav, voice
from tests.ui.conftest import serving
from tests.ui.faults import check
from tests.ui.jurors import EAR

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The page of this module, which has one detector of sound."""
    with serving(EAR) as where:
        yield where


def test_a_sound_that_is_dropped_is_judged_drawn_played_and_saved(visit: Callable[..., Page], tmp_path: Path) -> None:
    sound = tmp_path / "take #1, 50%?.wav"
    sound.write_bytes(to_wav(voice(12.0)))
    page = visit(width=390)
    page.set_input_files("#entrance input[type=file]", str(sound))
    result = page.locator("#audio-result")
    expect(result.locator("h2")).to_have_text("Strong traces of synthesis")
    expect(result.locator("svg.scores path.line-0")).to_have_count(1)
    expect(result.get_by_alt_text("Spectrogram")).to_have_js_property("complete", True)
    check(page)
    wave = result.locator(".drawn", has=page.locator("svg.wave"))
    box = wave.locator("svg").bounding_box()
    assert box is not None
    wave.locator("svg").click(position={"x": box["width"] / 2, "y": 20})
    expect(wave.locator(".now")).to_be_visible()
    player = page.get_by_label("The sound", exact=True)
    assert player.evaluate("player => player.currentTime") == pytest.approx(6, abs=0.1), "half of twelve seconds"
    with page.expect_download() as saved:
        page.locator("#audio-report").click()
    assert "Strong traces of synthesis" in Path(saved.value.path()).read_text()
    with page.expect_download() as saved:
        page.locator("#audio-json").click()
    assert json.loads(Path(saved.value.path()).read_text())[0]["band"] == "strong"
    page.route("**/gradio_api/file=**", lambda route: route.fulfill(status=404))  # as after an hour
    player.evaluate("player => player.load()")
    expect(page.get_by_text("This file cannot be played").last).to_be_visible()
    expect(player).to_be_hidden()


def test_cancel_shows_what_was_heard_until_then(visit: Callable[..., Page], tmp_path: Path) -> None:
    asked, reached, goes_on = itertools.count(1), threading.Event(), threading.Event()

    def listen(samples: Samples, rate: int) -> float:
        if next(asked) == 3:
            reached.set()
            goes_on.wait(120)
        return 0.05

    (tmp_path / "a.wav").write_bytes(to_wav(voice(12.0)))
    page = visit(replace(EAR, load=lambda: listen))
    page.set_input_files("#entrance input[type=file]", str(tmp_path / "a.wav"))
    assert reached.wait(60)
    page.locator("#audio-cancel").click()
    for _ in range(2):  # at once, and once the window that was being judged is
        expect(page.locator("#audio-result .careful")).to_have_text("Stopped at 0:06; the rest was not heard.")
        expect(page.locator("#audio-report")).to_be_visible()
        expect(page.locator("#audio-cancel")).to_be_hidden()
        goes_on.set()


def test_the_player_plays_what_was_judged_when_another_sound_is_in_the_field(
    visit: Callable[..., Page], tmp_path: Path
) -> None:
    for name, seconds in (("judged.wav", 6.0), ("chosen.wav", 4.0)):
        (tmp_path / name).write_bytes(to_wav(voice(seconds)))
    page = visit()
    page.set_input_files("#entrance input[type=file]", str(tmp_path / "judged.wav"))
    expect(page.locator("#audio-result h2")).to_contain_text("traces of synthesis")
    page.locator("#audio-file").get_by_label("Clear").click()
    page.set_input_files("#audio-file input[type=file]", str(tmp_path / "chosen.wav"))
    expect(page.locator("#audio-file a[href*=chosen]")).to_be_visible()
    page.get_by_label("Language").select_option("de")  # by which the result changes
    expect(page.locator("#audio-result h2")).not_to_contain_text("traces of synthesis")
    assert "judged.wav" in page.locator("#check-views .sound-player audio").evaluate("player => player.src")
