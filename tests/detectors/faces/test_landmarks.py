"""The landmark network that is served, on a portrait."""

import numpy as np
import pytest

from detectors.conformance import samples
from detectors.faces.crop import CROP_SIDE
from detectors.faces.find import find_faces
from detectors.faces.landmarks import LEFT_EYE, POINTS, RIGHT_EYE, find_points, measure_eye_distance
from models.data.clips import LEFT_RIGHT


@pytest.fixture(scope="module")
def points() -> np.ndarray:
    """Of the portrait, and of its mirror image."""
    portrait = samples.portrait()
    return find_points(np.stack([portrait, portrait[:, ::-1]]))


def test_the_points_lie_where_the_finder_sees_eyes_nose_and_mouth(points: np.ndarray) -> None:
    (face, *_) = find_faces(samples.photo())
    left, top, right, bottom = face.box
    side = CROP_SIDE * face.pixels
    corner = np.array([(left + right - side) / 2, (top + bottom - side) / 2])
    expected = (np.array(face.landmarks) - corner) / side
    (found, _) = points
    seen = [found[LEFT_EYE].mean(axis=0), found[RIGHT_EYE].mean(axis=0), found[30], found[48], found[54]]
    assert points.shape == (2, POINTS, 2) and points.dtype == np.float32
    off = np.linalg.norm(np.array(seen) - expected, axis=1) / measure_eye_distance(found)
    assert off.max() < 0.2, off


def test_a_mirrored_face_has_mirrored_points(points: np.ndarray) -> None:
    found, mirrored = points
    off = np.linalg.norm([1, 0] + [-1, 1] * mirrored[LEFT_RIGHT] - found, axis=1) / measure_eye_distance(found)
    assert off.mean() < 0.1
