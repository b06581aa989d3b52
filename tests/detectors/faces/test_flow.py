"""Landmarks steadied by the pixels, on a textured face that moves by a known way."""

import cv2
import numpy as np
import pytest

from detectors.faces.flow import BOX_PIXELS, fuse, steady, steady_clip
from detectors.faces.motion import REGIONS

FRAMES, STEP = 12, 0.75  # pixels that the face moves from one picture to the next


@pytest.fixture(scope="module")
def filmed() -> tuple[np.ndarray, np.ndarray]:
    """Pictures of a pattern that moves to the right, and where 68 of its points truly are: (12, 68, 2), in pixels."""
    rng = np.random.default_rng(0)
    wall = cv2.GaussianBlur(rng.integers(0, 256, (BOX_PIXELS, 2 * BOX_PIXELS, 3), dtype=np.uint8), (0, 0), 1.5)
    wall = cv2.normalize(wall, None, 0, 255, cv2.NORM_MINMAX)
    places = rng.uniform(14, 44, (68, 2)).astype(np.float32)
    faces, points = [], []
    for number in range(FRAMES):
        moved = np.array([[1, 0, STEP * number - 30], [0, 1, 0]], np.float32)
        faces.append(cv2.warpAffine(wall, moved, (BOX_PIXELS, BOX_PIXELS)))
        points.append(places + np.array([STEP * number, 0]))
    return np.stack(faces), np.stack(points).astype(np.float32)


def miss(points: np.ndarray, true: np.ndarray) -> float:
    return float(np.linalg.norm(points - true, axis=-1)[3:].mean())


def test_points_that_tremble_come_nearer_to_where_they_are(filmed: tuple[np.ndarray, np.ndarray]) -> None:
    faces, true = filmed
    found = true + np.random.default_rng(1).normal(0, 1, true.shape).astype(np.float32)
    fused, _ = fuse(faces, found)
    assert miss(fused, true) < 0.6 * miss(found, true)


def test_a_region_that_does_not_go_with_the_pixels_stands_out(filmed: tuple[np.ndarray, np.ndarray]) -> None:
    faces, true = filmed
    found = true.copy()
    found[::2, REGIONS["mouth"]] += 2
    _, apart = fuse(faces, found)
    by_region = {name: apart[:, region].mean() for name, region in REGIONS.items()}
    assert max(by_region, key=lambda name: by_region[name]) == "mouth"
    assert by_region["mouth"] > 3 * by_region["nose"]


def test_where_the_face_is_cut_out_does_not_matter_and_what_lies_between_is_drawn(
    filmed: tuple[np.ndarray, np.ndarray],
) -> None:
    faces, true = filmed
    found = true + np.random.default_rng(1).normal(0, 1, true.shape).astype(np.float32)
    times, frames = np.arange(FRAMES * 5, dtype=np.float64) / 25, np.arange(FRAMES) * 5
    everywhere = np.repeat(found, 5, axis=0)
    corners, scales = np.tile(np.array([100, 50], np.float32), (FRAMES, 1)), np.full(FRAMES, 2, np.float32)
    plain, apart = steady(everywhere, times, faces, frames, scales=np.ones(FRAMES, np.float32))
    placed, same = steady(everywhere * 2 + [100, 50], times, faces, frames, scales=scales, corners=corners)
    assert placed == pytest.approx(plain * 2 + [100, 50], abs=0.01) and same == pytest.approx(apart, abs=0.01)
    assert plain[frames] == pytest.approx(fuse(faces, found)[0], abs=1e-3)
    assert apart.shape == (len(times), len(REGIONS)) and apart[7] == pytest.approx(
        apart[[5, 10]].T @ [0.6, 0.4], abs=1e-3
    )


def test_a_clip_of_one_colour_keeps_its_points() -> None:
    clip, points = (
        np.full((20, 90, 90, 3), 128, np.uint8),
        np.random.default_rng(0).random((20, 68, 2)).astype(np.float32),
    )
    still = np.repeat(points[:1], 20, axis=0)
    steadied, apart = steady_clip(clip, still, np.arange(20, dtype=np.float64) / 12.5)
    assert steadied == pytest.approx(still, abs=0.01) and np.isfinite(apart).all()


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_clip_too_short_for_flow_keeps_its_points(count: int) -> None:
    clip, points = np.zeros((count, 90, 90, 3), np.uint8), np.full((count, 68, 2), 0.5, np.float32)
    steadied, apart = steady_clip(clip, points, np.arange(count, dtype=np.float64) / 25)
    assert steadied == pytest.approx(points) and not apart.any()
