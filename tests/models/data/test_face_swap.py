"""Another person's face in a photo, warped to its points."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.random import default_rng
from skimage.data import astronaut

from detectors.faces.find import find_faces
from detectors.forgery.blend import Forgery
from models.data import face_swap
from models.data.datasets import Sample
from models.data.face_index import LabelledFace
from models.data.face_swap import swap_face
from models.data.mesh import Points, find_mesh
from models.training import batches
from models.training.batches import make_forged_pair
from registry import Image


@pytest.fixture(scope="module")
def portrait() -> Image:
    return np.ascontiguousarray(astronaut()[:300, 80:380])


@pytest.fixture(scope="module")
def donor(portrait: Image) -> Image:
    """Somebody whose face is mirrored, smaller, and lighter."""
    smaller = cv2.resize(portrait[:, ::-1], (240, 240), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.convertScaleAbs(smaller, alpha=0.8, beta=50), dtype=np.uint8)


def find_points(picture: Image) -> Points:
    face = find_faces(picture)[0]
    points = find_mesh(picture, face.box, face.roll)
    assert points is not None
    return points


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither sharper nor softer, tinted, nor cloned, unless a test says so."""
    for name in ("ALTERED", "TINTED", "CLONED"):
        monkeypatch.setattr(face_swap, name, 0.0)


def test_only_the_region_is_the_donor_s(portrait: Image, donor: Image) -> None:
    mesh, points = find_points(portrait), find_points(donor)
    swaps = [swap_face(portrait, mesh, donor, points, default_rng(seed)) for seed in range(20)]
    for swap in swaps:
        assert swap is not None
        assert (swap.image.shape, swap.image.dtype) == (portrait.shape, np.uint8)
        assert np.array_equal(swap.image[swap.mask == 0], portrait[swap.mask == 0])
        lighter = swap.image[swap.region].mean() - portrait[swap.region].mean()
        assert lighter > 5
    again = swap_face(portrait, mesh, donor, points, default_rng(3))
    assert again is not None
    assert swaps[3] is not None
    assert np.array_equal(again.image, swaps[3].image)


def test_the_donor_s_features_lie_where_the_face_s_own_lay(portrait: Image, donor: Image) -> None:
    mesh, points = find_points(portrait), find_points(donor)
    whole, _ = face_swap._lay_over(mesh[list(face_swap.CORNERS)], points[list(face_swap.CORNERS)])
    corners = mesh[list(face_swap.CORNERS)], points[list(face_swap.CORNERS)]
    seen = find_points(face_swap._warp(donor, portrait.shape, *corners, whole))
    away = np.linalg.norm(seen - mesh, axis=1)[list(face_swap.CORNERS)]
    assert np.median(away) < 0.03 * np.ptp(mesh, axis=0).max()


def test_a_face_that_looks_elsewhere_is_refused(portrait: Image, donor: Image) -> None:
    mesh, points = find_points(portrait), find_points(donor)
    middle, half = points[:, 0].mean(), np.ptp(points[:, 0]) / 2
    profile = points.copy()
    profile[:, 0] = middle + half * np.sign(points[:, 0] - middle) * (np.abs(points[:, 0] - middle) / half) ** 3
    assert swap_face(portrait, mesh, donor, profile, default_rng(0)) is None


def swap_plainly_and_with(
    step: str, portrait: Image, donor: Image, monkeypatch: pytest.MonkeyPatch
) -> tuple[Forgery, Forgery]:
    """The same swap without the step, which comes by chance, and always with it."""
    mesh, points = find_points(portrait), find_points(donor)
    plain = swap_face(portrait, mesh, donor, points, default_rng(0))
    monkeypatch.setattr(face_swap, step, 1.0)
    changed = swap_face(portrait, mesh, donor, points, default_rng(0))
    assert plain is not None
    assert changed is not None
    return plain, changed


def test_a_tint_brings_the_colours_near(portrait: Image, donor: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, tinted = swap_plainly_and_with("TINTED", portrait, donor, monkeypatch)
    aside, near = (abs(swap.image[plain.region].mean() - portrait[plain.region].mean()) for swap in (plain, tinted))
    assert near < aside / 2


def test_cloning_leaves_what_is_far_from_the_region(
    portrait: Image, donor: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, cloned = swap_plainly_and_with("CLONED", portrait, donor, monkeypatch)
    assert np.array_equal(cloned.image[cloned.mask == 0], portrait[cloned.mask == 0])
    assert not np.array_equal(cloned.image, plain.image)


def test_a_forged_pair_shows_the_donor_it_is_given(
    portrait: Image, donor: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ALTERED", "COMPOSED"):
        monkeypatch.setattr(batches, name, 0.0)
    faces = []
    for name, picture in (("one.png", portrait), ("two.png", donor)):
        cv2.imwrite(str(tmp_path / name), picture[..., ::-1])
        found = find_faces(picture)[0]
        sample = Sample(tmp_path / name, 0, "made", name, "train", "")
        faces.append(LabelledFace(sample, found.box, found.landmarks, found.roll))
    honest, forged, region = make_forged_pair(portrait, faces[0], default_rng(0), donor=faces[1])
    assert np.array_equal(honest, portrait)
    inside = region[..., 0] > 0
    assert forged[inside].mean() > honest[inside].mean() + 5
    monkeypatch.setattr(face_swap, "MAX_MISFIT", 0.0)
    _, own, _ = make_forged_pair(portrait, faces[0], default_rng(0), donor=faces[1])
    _, alone, _ = make_forged_pair(portrait, faces[0], default_rng(0))
    assert np.array_equal(own, alone)
