"""What is done to honest pictures is done alike at every run, and only real test faces are counted."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.random import default_rng

from models.data.datasets import Sample, Split
from models.data.face_index import LabelledFace
from models.evaluation.robustness.false_alarms import KINDS, ask_all, enlarge_thumbnail, send_by_chat, summarise
from registry import DetectorSpec, Image

SPEC = DetectorSpec(key="mine", title="Mine", load=lambda: _call_dark_fake, fake_from=0.6, real_until=0.4, builtin=True)


def _call_dark_fake(image: Image) -> float:
    return float(image.mean() < 90)


def test_each_kind_changes_a_face_the_same_way_again() -> None:
    noise = default_rng(1).integers(0, 256, (120, 120, 3), dtype=np.uint8)
    face = np.asarray(cv2.GaussianBlur(noise, (0, 0), 1.5), dtype=np.uint8)
    for change in KINDS.values():
        once, again = change(face, 7), change(face, 7)
        assert np.array_equal(once, again)
        assert once.dtype == np.uint8
        assert once.shape != face.shape or not np.array_equal(once, face)


@pytest.mark.parametrize("side", [40, 64, 300])
def test_a_thumbnail_is_enlarged_and_a_chat_picture_stays_small(side: int) -> None:
    face = np.full((side, side, 3), 90, np.uint8)
    assert enlarge_thumbnail(face, 0).shape == (256, 256, 3)
    assert send_by_chat(face, 0).shape[0] == pytest.approx(side * 0.5625, abs=1)


def test_only_real_test_faces_count_and_each_kind_by_itself(tmp_path: Path) -> None:
    wanted: list[tuple[int, Split]] = [(0, "test"), (0, "test"), (1, "test"), (0, "val")]
    faces = [_write(tmp_path / f"{place}.png", label, split) for place, (label, split) in enumerate(wanted)]
    asked = ask_all([SPEC], faces)
    assert list(asked) == list(KINDS)
    found = summarise(asked, SPEC)
    assert {figures["real"] for figures in found.values()} == {2}
    assert found["night photo"]["reals_called_fake"]["value"] == 1  # the picture becomes dark
    assert found["screenshot"]["reals_called_fake"]["value"] == 0


def test_without_real_test_faces_nothing_is_asked(tmp_path: Path) -> None:
    assert ask_all([SPEC], [_write(tmp_path / "a.png", 1, "test")]) == {}


def _write(path: Path, label: int, split: Split) -> LabelledFace:
    cv2.imwrite(str(path), np.full((100, 100, 3), 120, np.uint8))
    return LabelledFace(Sample(path, label, "made", path.stem, split), (0, 0, 100, 100))
