"""Heat maps against the truth: one that knows it scores one, one that knows nothing scores by chance."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import skimage.data

from detectors.faces.find import find_faces
from models.data.datasets import Sample, Split
from models.data.face_index import LabelledFace
from models.data.forged_faces import ForgedFace, forge_face
from models.evaluation import pointing
from models.evaluation.pointing import measure_heatmaps, measure_on_twins, point
from registry import DetectorSpec, Image


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Six real portraits of the test split, a fake one and one of another split."""
    folder = tmp_path_factory.mktemp("faces")
    portrait = skimage.data.astronaut()
    found = find_faces(portrait)[0]
    faces = []
    for index, label in enumerate([0, 0, 0, 0, 0, 0, 1, 0]):
        split: Split = "val" if index == 7 else "test"
        path = folder / f"{index}.png"
        PIL.Image.fromarray(np.clip(portrait.astype(int) + index, 0, 255).astype(np.uint8)).save(path)
        faces.append(LabelledFace(Sample(path, label, "made", f"v{index}", split), found.box, found.landmarks))
    return faces


def spec(key: str, examine: Callable[..., Any]) -> DetectorSpec:
    return DetectorSpec(key=key, title=key, load=lambda: examine)


def test_what_was_forged_lies_inside_the_region(faces: Any) -> None:
    for seed in range(4):
        blended = forge_face(faces[0], seed=seed)
        changed = np.abs(blended.after.astype(int) - blended.before).sum(axis=2)
        assert blended.region.shape == changed.shape
        assert 0 < blended.region.mean() < 1
        assert changed[blended.region].mean() > 3 * changed[~blended.region].mean()


def test_the_truth_itself_points_and_overlaps_wholly() -> None:
    region = np.zeros((40, 40), dtype=bool)
    region[10:20, 5:25] = True
    found = point(region.astype(np.float32), region, rose=True)
    assert (found.hit, found.overlap, found.rose) == (1.0, 1.0, 1.0)
    assert found.hit_by_chance == region.mean()


def test_the_opposite_of_the_truth_misses() -> None:
    region = np.zeros((40, 40), dtype=bool)
    region[10:20, 5:25] = True
    found = point(1 - region.astype(np.float32), region, rose=False)
    assert (found.hit, found.overlap) == (0.0, 0.0)


def test_random_heat_maps_score_by_chance() -> None:
    random = np.random.default_rng(0)
    region = np.zeros((48, 48), dtype=bool)
    region[:24] = True
    points = [point(random.random((48, 48), dtype=np.float32), region, rose=False) for _ in range(200)]
    assert np.mean([one.hit for one in points]) == pytest.approx(0.5, abs=0.12)
    assert np.mean([one.overlap for one in points]) == pytest.approx(points[0].overlap_by_chance, abs=0.02)


def test_real_test_faces_alone_are_forged_and_every_detector_is_asked(faces: Any) -> None:
    def spread(image: Image) -> Any:
        """Something that rises where neighbours differ, and points at the middle."""
        middle = np.zeros((5, 5), np.float32)
        middle[2, 2] = 1
        return float(np.abs(np.diff(image.astype(float), axis=0)).mean() / 255), middle

    flat = spec("flat", lambda image: (0.5, np.full((4, 4), 0.5, np.float32)))
    found = measure_heatmaps([spec("spread", spread), flat, spec("silent", lambda image: 0.5)], faces)
    assert found["spread"]["n"] == found["flat"]["n"] == 6
    assert found["flat"]["hit"]["value"] == pytest.approx(found["flat"]["hit_by_chance"]["value"])
    assert found["flat"]["rose"]["value"] == 0
    assert found["silent"] == {}


def test_a_face_without_landmarks_cannot_be_forged_and_is_left_out() -> None:
    bare = LabelledFace(Sample(Path("x.png"), 0, "made", "v", "test"), (0, 0, 9, 9))
    assert measure_heatmaps([spec("silent", lambda image: 0.5)], [bare]) == {"silent": {}}


@pytest.mark.parametrize("forged", [False, True])
def test_a_forgery_that_left_nothing_or_everything_untouched_says_nothing_of_a_map(
    faces: Any, forged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    face = np.zeros((40, 40, 3), np.uint8)
    made = ForgedFace(face, face, np.full((40, 40), forged))
    monkeypatch.setattr(pointing, "forge_face", lambda face, seed: made)
    drawing = spec("drawing", lambda image: (0.5, np.eye(8, dtype=np.float32)))
    assert measure_heatmaps([drawing], faces[:1]) == {"drawing": {}}


def test_a_fake_whose_photo_is_there_is_compared_with_it(tmp_path: Path) -> None:
    pictures = {"real": np.full((64, 64, 3), 90, np.uint8), "fake": np.full((64, 64, 3), 90, np.uint8)}
    pictures["fake"][20:30, 20:30] = 200
    twins = []
    for label, (name, pixels) in enumerate(pictures.items()):
        (tmp_path / name).mkdir()
        PIL.Image.fromarray(pixels).save(tmp_path / name / "a.png")
        twins.append(LabelledFace(Sample(tmp_path / name / "a.png", label, "made", "v", "test"), (4, 4, 60, 60)))

    def look(image: Image) -> Any:
        bright = np.asarray(image.max(axis=2) > 150, np.float32)
        return float(bright.mean()), bright

    found = measure_on_twins([spec("bright", look)], twins)["bright"]
    assert (found["n"], found["rose"]["value"]) == (1, 1)
    assert found["hit"]["value"] == 1 > found["hit_by_chance"]["value"] > 0
    assert measure_on_twins([spec("bright", look)], twins[1:]) == {"bright": {}}
