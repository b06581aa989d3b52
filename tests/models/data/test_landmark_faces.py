"""The faces for the landmark network: kept, and gathered anew where something else is asked for."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from models.data import landmark_faces
from models.data.face_index import LabelledFace
from models.data.landmark_faces import LandmarkFaces, gather_faces
from models.errors import DataError
from tests.models.portraits import write_portraits


def test_what_was_gathered_from_other_folders_or_by_other_numbers_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which faces are gathered, without the mesh, whose file comes with no clone."""

    def collect(faces: Sequence[LabelledFace]) -> LandmarkFaces:
        names = np.array([face.sample.source for face in faces])
        side = landmark_faces.LOOSE_PIXELS
        images, points = np.zeros((len(faces), side, side, 3), np.uint8), np.zeros((len(faces), 68, 2), np.float32)
        return LandmarkFaces(images, points, names, np.array([face.sample.split for face in faces]))

    monkeypatch.setattr(landmark_faces, "collect_faces", collect)
    here, there = (write_portraits(tmp_path / name, ["train"] * 2 + ["val"], source=name) for name in ("here", "there"))

    def gather(folder: Path, most: int = 3) -> list[str]:
        kept = tmp_path / "runs" / "faces.npz"
        return gather_faces([folder], kept, index=tmp_path / "faces.json", most=most, seed=0).sources.tolist()

    assert gather(here) == ["here"] * (3 + 2)
    monkeypatch.setattr(landmark_faces, "collect_faces", pytest.fail)
    assert gather(here) == ["here"] * (3 + 2), "those that were kept"
    monkeypatch.setattr(landmark_faces, "collect_faces", collect)
    assert gather(there) == ["there"] * (3 + 2)
    assert gather(there, most=2) == ["there"] * (2 + 2)


@pytest.mark.parametrize(
    ("splits", "said"),
    [
        (["train"] * 2, "pictures are needed in split train, to learn from, and in another, .* are in train"),
        (["val", "test"], "pictures are needed in split train, .* those here are in test, val"),
        (["train", "val"], "faces that the mesh sees are needed in split train, .* there are none"),
    ],
)
def test_pictures_without_faces_to_learn_from_and_to_measure_on_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, splits: list[str], said: str
) -> None:
    photos = write_portraits(tmp_path / "photos", splits)
    monkeypatch.setattr(landmark_faces, "label_faces", lambda *_: ([], []))  # as of pictures without any face
    with pytest.raises(DataError, match=said):
        gather_faces([photos], tmp_path / "faces.npz", index=tmp_path / "faces.json", most=3, seed=0)
    assert not (tmp_path / "faces.npz").exists()
