"""Sounds from the history, drawn, reported and compared again."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from detectors.audio import judge as judging
from detectors.audio.judge import Hearing, judge_sound
from detectors.audio.results import LIMITS
from detectors.inputs.audio.read import Sound
from detectors.jury.judge import Jury
from registry import DetectorSpec
from storage.export import _entry_lines
from storage.history import HistoryEntry
from storage.shares import Share, SharedEntry
from storage.verdict import find_verdict
from tests.detectors.sounds import voice
from ui.render.audio import draw_sound
from ui.render.kept.rechecked import head_result, list_parts
from ui.render.kept.report import report_entry, report_shared
from ui.render.kept.sound import draw_stored_sound, outline_sound, restore_sound, seat_sound

NUMBERS = iter([0.9, 0.2, 0.95, 0.9, 0.85] * 3)
EAR = DetectorSpec(key="ear", title="<b>Ear", load=lambda: lambda samples, rate: next(NUMBERS), expects="audio")
DEAF = DetectorSpec(key="deaf", title="Deaf", load=lambda: lambda samples, rate: 1 / 0, expects="audio")
MADE = datetime(2026, 11, 28, 7, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def hearing(tmp_path_factory: pytest.TempPathFactory) -> Hearing:
    file = tmp_path_factory.mktemp("sounds") / "speech.wav"
    file.write_bytes(b"a sound")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "read_sound", lambda path, start: Sound(voice(12.0), 12.0, 0.0, 16_000, 1, "pcm_f32le"))
        *_, last = judge_sound(file, Jury([replace(EAR, fake_from=0.8), DEAF]), name="speech.wav")
    return last


@pytest.fixture(scope="module")
def stored(hearing: Hearing) -> dict[str, Any]:
    return dict(json.loads(json.dumps(hearing.judged.as_dict())))


def lines(html: str) -> list[str]:
    return re.findall(r'<path class="line[^>]*>', html)


def test_a_stored_sound_is_drawn_as_it_was_without_waveform_and_spectrogram(
    hearing: Hearing, stored: dict[str, Any]
) -> None:
    then, now = "".join(draw_sound(hearing)), "".join(draw_stored_sound(stored))
    assert lines(now) == lines(then) and len(lines(now)) >= 2
    assert "Waveform" in then and "Waveform" not in now and "<img" not in now
    assert "Failed. " in now and "&lt;b&gt;Ear" in now and LIMITS in now
    assert restore_sound(stored).as_dict() | {"windows": []} == stored | {"windows": []}


def test_the_result_of_then_stands_whatever_todays_rule_says(stored: dict[str, Any]) -> None:
    other = stored | {"band": "some", "said": "Some traces of synthesis"}
    assert "Some traces of synthesis" in "".join(draw_stored_sound(other))
    assert restore_sound(other).band == "some"


@pytest.mark.parametrize(
    ("band", "verdict"),
    [("strong", "fake"), ("some", "inconclusive"), ("inconclusive", "inconclusive"), ("none", "none"), (None, "none")],
)
def test_no_traces_found_is_no_verdict(stored: dict[str, Any], band: str | None, verdict: str) -> None:
    outline = outline_sound(stored | {"band": band, "said": "So it is said"})
    assert find_verdict(stored, outline) == verdict
    assert outline["said"] == "So it is said"


def test_its_report_its_link_its_table_and_a_second_check_name_every_detector(stored: dict[str, Any]) -> None:
    entry = HistoryEntry(1, MADE, "speech.wav", stored["sha256"], False, stored, "", (), "sound", "FJ-AAAAA-BBBBB")
    shared = SharedEntry(Share(MADE + timedelta(days=1), with_picture=True), entry, None)
    for html in (report_entry(entry, None, [EAR]), report_shared(shared)):
        assert "speech.wav" in html and "FJ-AAAAA-BBBBB" in html and LIMITS in html
        assert "&lt;b&gt;Ear" in html and "<b>Ear" not in html and lines(html)
    assert [spec.key for spec in seat_sound(stored)] == ["ear", "deaf"]
    assert head_result("sound", stored).title == stored["said"]
    heard, deaf = list_parts("sound", stored)
    assert stored["verdicts"][0]["band"] == "strong" and heard.said.startswith("Strong traces of synthesis, ")
    assert deaf.said.startswith("Failed. ")
    assert [line[3:7] for line in _entry_lines(entry)] == [["", "ear", 0.9, "strong"], ["", "deaf", "", "failed"]]


def test_a_sound_without_detectors_is_kept_too(stored: dict[str, Any], tmp_path: Path) -> None:
    silent = stored | {"verdicts": [], "windows": [], "band": None, "said": "Nothing audible"}
    assert "Nothing audible" in "".join(draw_stored_sound(silent))
    assert list_parts("sound", silent) == [] and outline_sound(silent)["label"] == ""
