"""How a face moves, measured on points that move as they are told."""

import cv2
import numpy as np
import pytest

from detectors.faces.motion import (
    FEATURES,
    NAMES,
    REGIONS,
    as_features,
    lay_level,
    measure_light,
    measure_motion,
    measure_unrest,
    resample,
)

TIMES = np.arange(20, dtype=np.float64) * np.float64(0.08)
LIGHT = np.zeros((20, 2), dtype=np.float32)


@pytest.fixture
def face() -> np.ndarray:
    """A face that does not move: (20, 68, 2), its eyes one apart and level."""
    points = np.random.default_rng(0).uniform(-1, 1, (68, 2)).astype(np.float32)
    for first, x in ((36, -0.5), (42, 0.5)):
        points[first : first + 6] = [(-0.1, 0), (-0.05, -0.04), (0.05, -0.04), (0.1, 0), (0.05, 0.04), (-0.05, 0.04)]
        points[first : first + 6, 0] += x
    points[[62, 66, 48, 54]] = [(0, 0.9), (0, 1.0), (-0.3, 0.95), (0.3, 0.95)]
    return np.repeat(points[None], 20, axis=0)


def measure(points: np.ndarray, name: str) -> np.ndarray:
    return measure_motion(points, LIGHT, TIMES).measures[:, NAMES.index(name)]


def test_neither_size_nor_place_nor_turn_of_a_face_counts(face: np.ndarray) -> None:
    moved = np.stack(
        [
            cv2.transform(frame[None], cv2.getRotationMatrix2D((3, 4), 3 * step, 2 + step / 9))[0]
            for step, frame in enumerate(face)
        ]
    )
    assert lay_level(moved) == pytest.approx(face, abs=1e-4)
    assert measure_unrest(moved) == pytest.approx(np.zeros((20, len(REGIONS))), abs=1e-4)


def test_a_blink_and_an_open_mouth_are_seen_where_they_are(face: np.ndarray) -> None:
    face[7:9, 36:42, 1] = 0
    face[12, 66, 1] += 0.4
    assert (measure(face, "left eye") < 0.1).nonzero()[0].tolist() == [7, 8]
    assert measure(face, "right eye") == pytest.approx(0.4)
    assert measure(face, "mouth height") == pytest.approx([0.1] * 12 + [0.5] + [0.1] * 7, abs=1e-5)


def test_a_region_that_trembles_is_told_from_the_others(face: np.ndarray) -> None:
    face[::2, REGIONS["mouth"]] += 0.05
    unrest = dict(zip(REGIONS, measure_unrest(face).mean(axis=0), strict=True))
    assert max(unrest, key=lambda name: unrest[name]) == "mouth"
    apart = np.ones((20, len(REGIONS)), np.float32)
    features = as_features(measure_motion(face, LIGHT, TIMES), apart)
    assert features.shape == (20, FEATURES) and np.abs(features).max() <= 5


def test_light_has_the_sign_of_the_side_it_comes_from() -> None:
    clip = np.full((2, 80, 80, 3), 60, dtype=np.uint8)
    clip[0, :, 40:] = 160
    clip[1, 40:] = 160
    (side, _), (level, above) = measure_light(clip)
    assert side > 0.5 and above < -0.5 and abs(level) < 0.05


def test_uneven_times_become_even_ones_and_what_lies_between_is_drawn(face: np.ndarray) -> None:
    times = np.array([0, 0.04, *TIMES[1:19]])
    moving = face + times[:, None, None].astype(np.float32)
    points, light, even = resample(moving, LIGHT, times)
    assert np.diff(even) == pytest.approx(0.08) and len(points) == len(light) == 19
    assert points[:, 0] - face[:19, 0] == pytest.approx(np.stack([even, even], axis=1), abs=1e-5)
