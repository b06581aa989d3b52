"""Lips against sound: how far apart they are, where they have nothing in common, and in a video's result."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from detectors.video.lips import LipSync, measure_lip_sync
from tests.command import call
from tests.detectors.sounds import voice
from tests.detectors.videos import write_talk

FRAMES = np.arange(62) / 12.5
SYLLABLES = np.random.default_rng(3).integers(0, 2, 81).astype(float)  # a tenth of a second each


def speak(seconds: float = 8.0) -> NDArray[np.float32]:
    return np.asarray(voice(seconds) * _loud(np.arange(round(seconds * 16_000)) / 16_000), dtype=np.float32)


def _loud(at: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.interp(at, np.arange(len(SYLLABLES)) / 10, SYLLABLES)


def measure(lips: NDArray[np.float64], samples: NDArray[np.float32], start: float = 0.0) -> LipSync:
    found = measure_lip_sync(FRAMES + start + 1, lips, samples, start=start)
    assert found
    return found


@pytest.mark.parametrize("late", [-0.3, 0.0, 0.12, 0.4])
def test_it_is_found_how_late_a_sound_is_wherever_hearing_began(late: float) -> None:
    found = measure(_loud(FRAMES + 1 + late), speak(), start=90.0)
    assert found.is_related and abs(found.offset - 1000 * late) <= 20
    assert found.low <= found.offset <= found.high and found.correlation > 0.7
    assert f"{found.offset} ms after the lips" in found.said


def test_lips_that_move_by_themselves_have_no_relation_to_the_sound() -> None:
    found = measure(np.random.default_rng(0).normal(size=len(FRAMES)), speak())
    assert not found.is_related and "no relation found" in found.said
    steady = measure(_loud(FRAMES + 1), voice(8.0))  # whose loudness knows nothing of these syllables
    assert not steady.is_related


@pytest.mark.parametrize(
    ("times", "lips", "samples"),
    [
        (FRAMES, _loud(FRAMES), np.zeros(128_000, np.float32)),
        (FRAMES, np.ones(len(FRAMES)), speak()),
        (FRAMES[:20], _loud(FRAMES[:20]), speak()),
        (FRAMES, _loud(FRAMES), speak(3.0)),
        (FRAMES[:28], _loud(FRAMES[:28]), speak(2.5)),
        (FRAMES, _loud(FRAMES), np.zeros(0, np.float32)),
    ],
    ids=["silence", "a still mouth", "a short clip", "a sound that ends before", "nothing to compare with", "no sound"],
)
def test_where_nothing_can_be_measured_nothing_is_said(
    times: NDArray[np.float64], lips: NDArray[np.float64], samples: NDArray[np.float32]
) -> None:
    assert measure_lip_sync(times, lips, samples, start=0.0) is None


def test_a_talking_face_in_a_video_is_compared_with_its_sound(tmp_path: Path) -> None:
    path = write_talk(tmp_path / "talk.mp4", speak(6.0), openings=_loud(np.arange(75) / 12.5 + 0.2))
    done = call("compare", path, "--only", "custom-cnn", "--only", "temporal", "--only", "voice", "--json")
    (video,) = json.loads(done.stdout)
    lips = video["persons"][0]["lips"]
    assert lips["related"] and abs(lips["offset"] - 200) <= 40
    assert video["sound"]["verdicts"][0]["detector"] == "voice" and video["sound"]["windows"]
