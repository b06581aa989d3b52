"""The audio view without a browser: what is shown of a sound, with and without a detector for it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors.audio import judge as judging
from detectors.audio.results import LIMITS, NO_DETECTOR
from detectors.inputs.audio.read import RATE, Sound, SoundError
from detectors.inputs.images import ImageError
from detectors.jury.judge import Jury
from registry import DetectorSpec
from tests.detectors.sounds import to_wav, voice
from ui.components.entrance import ONE_SOUND, sort_files
from ui.render.audio import COLUMNS, ROWS, draw_wave, measure_spectrogram
from ui.tabs.audio import NO_SOUND, AudioSession, _judge_with, _save_json, _start_with

EAR = DetectorSpec(key="ear", title="<b>Ear", load=lambda: lambda samples, rate: 0.9, expects="audio", fake_from=0.8)


@pytest.fixture
def wav(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    sound = Sound(voice(12.0), 12.0, 0.0, 16_000, 1, "pcm_f32le")
    monkeypatch.setattr(judging, "read_sound", lambda path, start: sound)
    (tmp_path / "a.wav").write_bytes(to_wav(voice(1.0)))
    return tmp_path / "a.wav"


def run(paths: list[str], jury: Jury) -> tuple[AudioSession, Any]:
    """The session after a whole run, and the result shown last."""
    session = AudioSession()
    _start_with(jury)(paths, "", [spec.key for spec in jury.specs], session)
    *_, shown = _judge_with(jury)(session)
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
