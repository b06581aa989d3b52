"""The audio view without a browser, and what programs are told at /audio."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gradio as gr
import gradio_client
import numpy as np
import pytest
from gradio_client import handle_file

from detectors.audio import judge as judging
from detectors.audio.results import LIMITS, NO_DETECTOR, NOTHING_AUDIBLE, TOO_SHORT
from detectors.inputs.audio.kinds import UNKNOWN
from detectors.inputs.audio.read import NO_SOUND as SILENT_FILM
from detectors.inputs.audio.read import NOTHING, RATE, Sound, SoundError
from detectors.inputs.images import ImageError
from detectors.jury.judge import Jury
from registry.contract import Samples
from tests.detectors.pictures import quarters
from tests.detectors.sounds import melody, to_wav, voice, write_coded
from tests.detectors.videos import every, still, write_video
from tests.ui.conftest import serving
from tests.ui.jurors import EAR
from tests.ui.noted import Noted
from ui.components.entrance import ONE_SOUND, sort_files
from ui.render.audio import COLUMNS, ROWS, draw_wave, measure_spectrogram
from ui.render.download import NO_FILE
from ui.render.kept.sound import restore_sound
from ui.render.reports.frame import identify
from ui.render.reports.sound import render_sound_report
from ui.tabs.audio import (
    CANCELLED,
    NO_SOUND,
    AudioSession,
    _cancel,
    _judge_with,
    _save_json,
    _save_report,
    _start_with,
)

WHO = gr.Request(username="Anna")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The page of this module, which has one detector of sound."""
    with serving(EAR) as where:
        yield where


@pytest.fixture
def wav(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    sound = Sound(voice(12.0), 12.0, 0.0, 16_000, 1, "pcm_f32le")
    monkeypatch.setattr(judging, "read_sound", lambda path, start: sound)
    (tmp_path / "a.wav").write_bytes(to_wav(voice(1.0)))
    return tmp_path / "a.wav"


def run(paths: list[str], jury: Jury, noted: Noted | None = None) -> tuple[AudioSession, Any]:
    """The session after a whole run, and the result shown last."""
    session = AudioSession()
    _start_with(jury)(paths, "", [spec.key for spec in jury.specs], session)
    *_, shown = _judge_with(jury, noted)(session, WHO)
    return session, "".join(shown[0])


def test_a_run_shows_band_scores_waveform_spectrogram_and_limits(wav: Path) -> None:
    session, html = run([str(wav)], Jury([EAR]))
    assert "Strong traces of synthesis" in html and LIMITS in html
    assert "&lt;b&gt;Ear" in html and "<b>Ear" not in html
    assert html.count('<path class="line line-0"') == 2 and "data:image/" in html and 'class="wave"' in html
    assert '"band": "strong"' in _save_json(session)[2]


def test_without_a_detector_for_sound_the_measurements_are_still_drawn(wav: Path) -> None:
    _, html = run([str(wav)], Jury([]))
    assert NO_DETECTOR in html and 'class="wave"' in html and "p_fake over time" not in html


def test_what_cannot_be_heard_is_one_sentence(wav: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, start: float) -> Sound:
        raise SoundError("It is silent as a stone.")

    monkeypatch.setattr(judging, "read_sound", refuse)
    assert "It is silent as a stone." in run([str(wav)], Jury([EAR]))[1]
    assert NO_SOUND in run([], Jury([EAR]))[1]


def stop_in_window(number: int, wav: Path, noted: Noted) -> tuple[AudioSession, str]:
    """A sound of twelve seconds of which a visitor pressed Cancel while a window was judged, and what is shown then.

    number: of the window, from 1; each ends two seconds after the one before, the first at four.
    """
    session, asked = AudioSession(), itertools.count(1)

    def listen(samples: Samples, rate: int) -> float:
        if next(asked) == number:
            _cancel(session)
        return 0.05

    jury = Jury([replace(EAR, load=lambda: listen)])
    _start_with(jury)([str(wav)], "", ["ear"], session)
    *_, shown = _judge_with(jury, noted)(session, WHO)
    return session, "".join(shown[0])


def test_a_sound_that_was_cancelled_says_and_keeps_how_far_it_was_heard(wav: Path) -> None:
    noted = Noted()
    session, html = stop_in_window(3, wav, noted)
    said = "Stopped at 0:06; the rest was not heard."
    assert said in html and 'data-span="0.0 6.0"' in html
    assert session.hearing is not None and draw_wave(session.hearing.sound.samples[: 6 * RATE]) in html
    [entry] = noted.entries
    stored = entry["comparison"]
    assert (stored["start"], stored["end"], stored["notes"]) == (0, 6, [said])
    assert json.loads(_save_json(session)[2]) == [stored]
    case = identify(stored["sha256"], (EAR,), made=datetime.now(UTC))
    for report in (_save_report(session)[2], render_sound_report(restore_sound(stored), case, name="a.wav")):
        assert said in report and "0:00 to 0:06" in report and "0:12" not in report


def test_a_sound_that_was_cancelled_before_its_first_window_shows_and_keeps_nothing(wav: Path) -> None:
    noted = Noted()
    session, html = stop_in_window(1, wav, noted)
    assert html == "".join(CANCELLED) and noted.entries == []
    assert _save_json(session) == _save_report(session) == NO_FILE


def test_a_click_on_cancel_that_comes_late_stops_nothing(wav: Path) -> None:
    noted = Noted()
    session, before = run([str(wav)], Jury([EAR]), noted)
    assert "".join(_cancel(session)[0]) == before and "Stopped" not in before
    [entry] = noted.entries
    assert (entry["comparison"]["end"], entry["comparison"]["notes"]) == (12, [])


def test_a_tone_stands_at_its_place_in_the_spectrogram() -> None:
    tone = np.sin(2 * np.pi * 2000 * np.arange(RATE) / RATE).astype(np.float32)
    levels = measure_spectrogram(tone)
    assert levels.shape == (ROWS, COLUMNS)
    assert abs(int(levels[:, COLUMNS // 2].argmax()) - ROWS * 3 // 4) <= 1  # 2 of 8 kHz, from below
    assert draw_wave(tone).startswith("M0.0 ") and draw_wave(tone[:0]) == ""


def test_the_field_hands_a_sound_to_its_view(wav: Path) -> None:
    assert sort_files([wav]) == "audio"
    with pytest.raises(ImageError, match=f"^{ONE_SOUND}$"):
        sort_files([wav, wav])


def test_the_report_holds_result_plots_and_limits_and_needs_no_other_file(wav: Path) -> None:
    session, _ = run([str(wav)], Jury([EAR]))
    assert session.hearing is not None
    made = datetime(2026, 11, 28, 9, 5, tzinfo=UTC)
    judged = session.hearing.judged
    case = identify(judged.sha256, (EAR,), made=made)
    report = render_sound_report(judged, case, name=judged.path, samples=session.hearing.sound.samples)
    for said in (
        "28 Nov 2026, 09:05 UTC",
        session.hearing.judged.sha256,
        "Strong traces",
        LIMITS,
        "cannot prove",
        "0.900",
    ):
        assert said in report
    assert report.count('<path class="line line-0"') == 2 and 'class="wave"' in report and "data:image/" in report
    assert "&lt;b&gt;Ear" in report and "<b>Ear" not in report and "face" not in report.partition("<body>")[2]
    assert "<script" not in report and "http" not in report.replace("http-equiv", "")


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, str]:
    """Sounds of every unlucky kind, each with what a program is told of it."""
    folder = tmp_path_factory.mktemp("sounds")
    hour = np.tile(np.rint(127 * voice(10.0, rate=8000)).astype(np.int16), 360)
    files = {
        "empty.wav": (b"", "The file is empty."),
        "text.mp3": (b"words" * 99, UNKNOWN),
        "cut.wav": (to_wav(voice(2.0))[:30], NOTHING),
        "short.wav": (to_wav(voice(0.5)), TOO_SHORT),
        "silence.wav": (to_wav(np.zeros(3 * RATE, np.float32)), NOTHING_AUDIBLE),
        "hour.wav": (to_wav(hour, rate=8000), "1:00:00 long; only 0:00 to 10:00 was heard"),
    }
    for name, (data, _) in files.items():
        (folder / name).write_bytes(data)
    said = {folder / name: sentence for name, (_, sentence) in files.items()}
    coded = {"telephone.wav": ("pcm_mulaw", 8_000, "mono"), "studio.wav": ("pcm_f32le", 96_000, "stereo")}
    coded |= {"cinema.wav": ("pcm_s24le", 48_000, "7.1")}
    for name, (codec, rate, layout) in coded.items():
        write_coded(folder / name, voice(2.0, rate=rate), codec=codec, rate=rate, layout=layout)
        said[folder / name] = "8 kHz, as by telephone" if rate == 8_000 else "Some traces of synthesis"
    said[write_coded(folder / "music.ogg", melody(6.0), codec="libopus", rate=48_000)] = "Some traces of synthesis"
    said[write_video(folder / "film.mp4", still(quarters(), 5), every(0.1, until=0.5))] = SILENT_FILM
    return said


@pytest.mark.slow
def test_a_program_gets_the_right_result_or_a_sentence_for_every_unlucky_sound(
    client: gradio_client.Client, given: dict[Path, str]
) -> None:
    for path, said in given.items():
        answer = client.predict(handle_file(path), api_name="/audio")
        assert (answer["kind"], answer["name"], answer["path"]) == ("sound", path.name, None)
        assert said in " ".join([answer["error"] or "", answer["said"], *answer["notes"]]), path.name
        assert all(window["p_fake"] == {"ear": 0.9} for window in answer["windows"] if window["decibels"] > -55)


@pytest.mark.slow
def test_a_program_may_begin_later_and_is_told_what_it_asked_wrongly(
    client: gradio_client.Client, tmp_path: Path
) -> None:
    (tmp_path / "a.wav").write_bytes(to_wav(voice(9.0)))
    answer = client.predict(handle_file(tmp_path / "a.wav"), "0:05", ["ear"], api_name="/audio")
    assert (answer["start"], [window["at"] for window in answer["windows"]]) == (5.0, [5.0])
    for start, keys, sentence in [("soon", ["ear"], "Enter the start as"), ("", [], "at least one detector")]:
        with pytest.raises(gradio_client.exceptions.AppError, match=sentence):
            client.predict(handle_file(tmp_path / "a.wav"), start, keys, api_name="/audio")
    with pytest.raises(gradio_client.exceptions.AppError, match=NO_SOUND):
        client.predict(None, api_name="/audio")
