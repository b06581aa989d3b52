"""The faces for the landmark network: kept, and gathered anew where something else is asked for."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from models.data import landmark_faces
from models.data.face_index import LabelledFace
from models.data.landmark_faces import LandmarkFaces, gather_faces
from tests.models.portraits import write_portraits


def test_what_was_gathered_from_other_folders_or_by_other_numbers_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which faces are gathered, without the mesh, whose file comes with no clone."""

    def collect(faces: Sequence[LabelledFace]) -> LandmarkFaces:
        names = np.array([face.sample.source for face in faces])
        side = landmark_faces.LOOSE_PIXELS
        images, points = np.zeros((len(faces), side, side, 3), np.uint8), np.zeros((len(faces), 68, 2), np.float32)
        return LandmarkFaces(images, points, names, names)

    monkeypatch.setattr(landmark_faces, "collect_faces", collect)
    here, there = (write_portraits(tmp_path / name, ["train"] * 2, source=name) for name in ("here", "there"))

    def gather(folder: Path, most: int = 3) -> list[str]:
        kept = tmp_path / "runs" / "faces.npz"
        return gather_faces([folder], kept, index=tmp_path / "faces.json", most=most, seed=0).sources.tolist()

    assert gather(here) == ["here"] * 3
    monkeypatch.setattr(landmark_faces, "collect_faces", pytest.fail)
    assert gather(here) == ["here"] * 3, "those that were kept"
    monkeypatch.setattr(landmark_faces, "collect_faces", collect)
    assert gather(there) == ["there"] * 3
    assert gather(there, most=2) == ["there"] * 2
