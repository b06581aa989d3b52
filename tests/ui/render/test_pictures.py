"""Where heat maps lie on the picture, and what of them is outlined."""

import re

import cv2
import numpy as np
import pytest

from detectors.faces.crop import crop_face
from ui.render.pictures import OUTLINE_UNITS, find_hottest, place_crop, trace_outline

COARSE = np.random.default_rng(0).integers(0, 256, (15, 20, 3), dtype=np.uint8)
PICTURE = np.asarray(cv2.resize(COARSE, (400, 300)), dtype=np.uint8)


@pytest.mark.parametrize(
    ("box", "roll"), [((120, 60, 220, 180), 0.0), ((100, 80, 240, 200), 90), ((140, 90, 230, 200), 25)]
)
def test_a_heat_map_lies_where_the_face_was_cut_out_however_it_is_turned(
    box: tuple[int, int, int, int], roll: float
) -> None:
    place = place_crop(box, roll, width=400, height=300)
    side = place.width * 4
    assert side == pytest.approx(place.height * 3, abs=0.01)
    # what CSS does: the square, turned clockwise about its middle
    middle = np.array([place.left * 4 + side / 2, place.top * 3 + side / 2])
    angle = np.radians(place.roll)
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = (
        np.array([[0.5, 0.5], [-0.5, 0.5], [-0.5, -0.5]]) * side @ turned.T + middle - 0.5
    )  # OpenCV counts from the middle of a pixel
    there = np.array([[side, side], [0, side], [0, 0]], dtype=np.float32) - np.float32(0.5)
    matrix = cv2.getAffineTransform(corners.astype(np.float32), there)
    crop = crop_face(PICTURE, box, roll)
    seen = cv2.warpAffine(PICTURE, matrix, crop.shape[1::-1])
    assert np.abs(seen.astype(int) - crop)[4:-4, 4:-4].mean() < 5  # a square two pixels off is about 10 away


def test_the_hottest_tenth_is_outlined_and_all_that_is_as_hot() -> None:
    slope = np.tile(np.linspace(0, 1, 32, dtype=np.float32), (32, 1))
    assert find_hottest(slope).mean() == pytest.approx(0.12, abs=0.02)
    plateau = np.zeros((32, 32), np.float32)
    plateau[8:24, 8:24] = 1
    region = find_hottest(plateau)
    assert region.mean() == pytest.approx(0.25, abs=0.04)
    points = np.array(re.findall(r"(\d+) (\d+)", trace_outline(region)), dtype=int)
    assert points.min(axis=0) == pytest.approx([OUTLINE_UNITS / 4] * 2, abs=4)
    assert points.max(axis=0) == pytest.approx([OUTLINE_UNITS * 3 / 4] * 2, abs=4)
    assert trace_outline(region).count("M") == trace_outline(region).count("Z") == 1
