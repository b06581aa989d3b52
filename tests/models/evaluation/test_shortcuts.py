"""The probes find a shortcut where there is one, and none where there is none. Nothing is fitted on eval-only data."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from detectors.networks.folder import Config
from models.data.datasets import Sample
from models.data.face_index import LabelledFace
from models.errors import DataError
from models.evaluation.shortcuts import ALL, describe_file, describe_pixels, guess, probe

pytestmark = pytest.mark.slow  # classifiers are trained

CONFIG = Config(key="made", title="Made", pixels=32, files={})


def make_faces(
    folder: Path, *, quality: tuple[int, int] = (80, 80), level: tuple[int, int] = (0, 0), count: int = 120
) -> Any:
    """Noise as JPEG; quality and brightness may differ by class. Two pictures a group."""
    faces = []
    for index in range(count):
        label, random = index % 2, np.random.default_rng(index)
        pixels = (random.integers(0, 156, (64, 64, 3)) + level[label] + random.integers(40)).astype(np.uint8)
        path = folder / f"{index}.jpg"
        PIL.Image.fromarray(pixels).save(path, quality=quality[label])
        faces.append(LabelledFace(Sample(path, label, "made", f"v{index // 2}", "test"), (4, 4, 60, 60)))
    return faces


def test_a_jpeg_quality_that_tells_is_found_in_the_files_and_is_not_what_is_fed(tmp_path: Path) -> None:
    found = probe(make_faces(tmp_path, quality=(60, 90)), CONFIG)
    assert set(found) == {"made", ALL}
    assert (found["made"]["real"], found["made"]["fake"]) == (60, 60)
    assert found["made"]["files"]["value"] > 0.99
    assert found["made"]["fed"]["value"] < 0.75


def test_brightness_that_tells_is_found_in_the_pixels_alone(tmp_path: Path) -> None:
    found = probe(make_faces(tmp_path, level=(0, 50)), CONFIG)["made"]
    assert found["pixels"]["value"] > 0.95


def test_a_pose_that_tells_is_found_in_the_geometry_alone(tmp_path: Path) -> None:
    faces = make_faces(tmp_path)
    posed = [
        replace(face, landmarks=tuple((x + 6.0 * face.sample.label, 30.0) for x in (20.0, 40.0, 30.0, 22.0, 38.0)))
        for face in faces
    ]
    found = probe(posed, CONFIG)["made"]
    assert found["geometry"]["value"] > 0.99
    assert found["pixels"]["value"] < 0.7


def test_where_nothing_tells_nothing_is_found(tmp_path: Path) -> None:
    found = probe(make_faces(tmp_path), CONFIG)["made"]
    for kind in ("files", "fed", "geometry", "pixels"):
        assert 0.3 < found[kind]["value"] < 0.7
        assert found[kind]["low"] <= found[kind]["value"] <= found[kind]["high"]


def test_a_source_of_one_class_is_not_probed_alone(tmp_path: Path) -> None:
    faces = make_faces(tmp_path)
    faces = [replace(face, sample=replace(face.sample, source=f"s{face.sample.label}")) for face in faces]
    assert set(probe(faces, CONFIG)) == {ALL}


@pytest.mark.parametrize("groups", [{0: 4, 1: 60}, {0: 1, 1: 60}, {0: 60, 1: 4}])
def test_a_source_of_too_few_videos_of_a_class_is_left_out(tmp_path: Path, groups: dict[int, int]) -> None:
    few = [
        replace(face, sample=replace(face.sample, source="few", group=f"{label}/{place % groups[label]}"))
        for place, face in enumerate(make_faces(tmp_path))
        for label in [face.sample.label]
    ]
    assert probe(few, CONFIG) == {}
    (tmp_path / "others").mkdir()
    assert set(probe([*few, *make_faces(tmp_path / "others")], CONFIG)) == {"made", ALL}


def test_a_video_is_never_judged_by_what_was_learnt_from_itself() -> None:
    random = np.random.default_rng(0)
    place = np.repeat(np.arange(60), 4)
    rows = random.normal(size=(60, 1))[place]  # tells the video, and nothing of its class
    labels = random.integers(2, size=60)[place]
    p_fake = guess(rows, labels, place.astype(str))
    assert np.mean((p_fake >= 0.5) == labels) < 0.7


def test_nothing_is_probed_on_evaluation_only_faces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faces = [replace(face, sample=replace(face.sample, split="eval")) for face in make_faces(tmp_path, count=4)]
    assert probe(faces, CONFIG) == {}
    monkeypatch.setattr(
        "models.evaluation.shortcuts.pick_tested", lambda faces, most: faces
    )  # should they ever slip through
    with pytest.raises(DataError, match="evaluation only"):
        probe(faces, CONFIG)


def test_the_facts_of_a_file_are_those_of_the_container(tmp_path: Path) -> None:
    pixels = np.zeros((30, 50, 3), np.uint8)
    for name in ("a.png", "a.jpg"):
        PIL.Image.fromarray(pixels).save(tmp_path / name)
    png, jpeg = (describe_file(tmp_path / name) for name in ("a.png", "a.jpg"))
    assert png[:2] == jpeg[:2] == [50, 30]
    assert png[3:] == [False, True, 0, 0, 0]
    assert jpeg[3:5] == [True, False] and jpeg[5] > 0
    assert describe_pixels(pixels) == [0.0] * 8
