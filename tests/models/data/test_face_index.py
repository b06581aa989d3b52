"""The index of faces: found once, kept, looked at again only when a file changes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import skimage.data

from models.data import face_index
from models.data.datasets import Sample
from models.data.face_index import label_faces


@pytest.fixture
def samples(tmp_path: Path) -> Any:
    portrait, nothing, broken = (tmp_path / name for name in ("portrait.png", "nothing.png", "broken.jpg"))
    PIL.Image.fromarray(skimage.data.astronaut()).save(portrait)
    PIL.Image.fromarray(np.full((80, 80, 3), 128, np.uint8)).save(nothing)
    broken.write_bytes(b"no picture")
    return [Sample(path, 0, "made", path.name, "train") for path in (portrait, nothing, broken)]


def test_faces_are_labelled_and_the_faceless_are_named(samples: Any, tmp_path: Path) -> None:
    faces, faceless = label_faces(samples, tmp_path / "faces.json")
    assert [face.sample.path.name for face in faces] == ["portrait.png"]
    assert len(faces[0].landmarks) == 5
    assert faces[0].crop().shape[0] == faces[0].crop().shape[1]
    assert [sample.path.name for sample in faceless] == ["nothing.png", "broken.jpg"]


def test_what_was_found_is_not_looked_for_again_unless_the_file_changed(
    samples: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "faces.json"
    first = label_faces(samples, cache)
    looked: list[Any] = []

    def find_nothing(paths: Any) -> dict[str, Any]:
        looked.append(paths)
        return {}

    monkeypatch.setattr(face_index, "_find_all", find_nothing)
    assert label_faces(samples, cache) == first
    assert looked == []
    assert len(json.loads(cache.read_text())["faces"]) == 3
    samples[1].path.write_bytes(samples[1].path.read_bytes() + b"more")
    with pytest.raises(KeyError):
        label_faces(samples, cache)
    assert looked == [[samples[1].path]]


def test_what_another_version_of_the_finder_found_is_looked_for_again(
    samples: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "faces.json"
    label_faces(samples[:1], cache)
    kept = json.loads(cache.read_text())
    [name] = kept["faces"]
    kept["faces"][name]["box"] = [1, 2, 3, 4]
    cache.write_text(json.dumps(kept))
    assert label_faces(samples[:1], cache)[0][0].box == (1, 2, 3, 4)
    monkeypatch.setattr(face_index, "_finder", lambda: "another")
    assert label_faces(samples[:1], cache)[0][0].box != (1, 2, 3, 4)
