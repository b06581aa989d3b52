"""Degraded faces: each step is worse than the one before, and what is lost is measured on the same faces."""

from pathlib import Path

import numpy as np
import pytest
import skimage.data

from models.data.datasets import Sample
from models.data.face_index import LabelledFace
from models.evaluation.evaluate import Answers
from models.evaluation.robustness.recompression import AS_IT_IS
from models.evaluation.robustness.sweeps import SWEEPS, ask_swept, summarise

FACE = np.ascontiguousarray(skimage.data.astronaut()[60:200, 160:300])


@pytest.mark.parametrize("kind", SWEEPS)
def test_each_level_is_farther_from_the_face_than_the_one_before(kind: str) -> None:
    degrade, levels = SWEEPS[kind]
    again = [degrade(FACE, level, 0) for level in levels]
    assert all(image.dtype == np.uint8 and image.ndim == 3 for image in again)
    if kind == "size":
        assert [image.shape[0] for image in again] == [round(140 * level) for level in levels]
    else:
        distances = [np.abs(image.astype(int) - FACE).mean() for image in again]
        assert distances == sorted(set(distances))


def test_noise_is_the_same_for_a_face_every_time_and_another_for_the_next() -> None:
    degrade, _ = SWEEPS["noise"]
    assert np.array_equal(degrade(FACE, 8, 3), degrade(FACE, 8, 3))
    assert not np.array_equal(degrade(FACE, 8, 3), degrade(FACE, 8, 4))


def test_the_summary_has_a_row_for_every_level_paired_with_the_face_as_it_is() -> None:
    labels = np.arange(100) % 2
    faces = [
        LabelledFace(Sample(Path(f"{place}.png"), int(label), "made", f"v{place}", "test"), (0, 0, 9, 9))
        for place, label in enumerate(labels)
    ]
    right = Answers(faces, [], {"mine": np.where(labels, 0.9, 0.1)})
    wrong = Answers(faces, [], {"mine": np.where(labels, 0.1, 0.9)})
    swept = {(kind, level): right for kind, (_, levels) in SWEEPS.items() for level in levels}
    found = summarise("mine", swept | {(AS_IT_IS, 0.0): right, ("jpeg", 20): wrong})
    assert list(found) == [AS_IT_IS, *SWEEPS]
    assert [row["level"] for row in found["jpeg"]] == list(SWEEPS["jpeg"][1])
    assert [row["lost"]["value"] for row in found["jpeg"]] == [0, 0, 0, 0, 1]
    assert found["jpeg"][-1]["auc"]["value"] == 0


def test_nothing_was_swept_where_there_is_no_test_face() -> None:
    face = LabelledFace(Sample(Path("never read.png"), 0, "made", "v", "val"), (0, 0, 9, 9))
    assert ask_swept([], [face]) == {}
    assert summarise("mine", {}) == {}
