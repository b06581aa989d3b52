"""What happens to a face on its way through the web, and that the loss is paired."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.random import default_rng

from models.data.datasets import Sample
from models.data.face_index import LabelledFace
from models.evaluation.evaluate import Answers
from models.evaluation.robustness.recompression import AS_IT_IS, ask_again, shrink_and_recompress, summarise
from registry import DetectorSpec

SPEC = DetectorSpec(key="mine", title="Mine", load=lambda: lambda image: 0.5, fake_from=0.8, real_until=0.4)


def answers(p_fake: Any, labels: Any) -> Any:
    faces = [
        LabelledFace(Sample(Path(f"{place}.png"), int(label), "made", f"v{place}", "test"), (0, 0, 9, 9))
        for place, label in enumerate(labels)
    ]
    return Answers(faces, [], {"mine": np.asarray(p_fake)})


@pytest.mark.parametrize(("shape", "expected"), [((300, 200, 3), (80, 53, 3)), ((40, 60, 3), (40, 60, 3))])
def test_a_face_is_made_smaller_and_never_larger(shape: tuple[int, int, int], expected: tuple[int, int, int]) -> None:
    again = shrink_and_recompress(np.full(shape, 90, np.uint8), 80, 40)
    assert again.shape == expected
    assert again.dtype == np.uint8


def test_recompression_keeps_the_colours_and_loses_the_detail() -> None:
    noise = default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    orange = np.full((64, 64, 3), (230, 120, 10), np.uint8)
    assert np.abs(shrink_and_recompress(orange, 80, 40).astype(int) - orange).max() <= 6
    assert shrink_and_recompress(noise, 128, 40).std() < noise.std()


def test_what_is_lost_is_measured_on_the_same_faces() -> None:
    labels = np.arange(400) % 2
    plain = np.where(labels, 0.9, 0.1)
    again = np.where(np.arange(400) < 40, 1 - plain, plain)
    again[399] = np.nan
    found = summarise(SPEC, {AS_IT_IS: answers(plain, labels), "web": answers(again, labels)})
    assert found[AS_IT_IS]["lost"] == {"value": 0, "low": 0, "high": 0}
    assert (found["web"]["real"], found["web"]["fake"]) == (200, 199)
    assert found["web"]["lost"]["value"] == pytest.approx(0.1, abs=0.002)
    assert found["web"]["lost"]["low"] > 0.05


def test_each_tier_says_how_often_it_is_answered_and_right() -> None:
    labels = np.arange(400) % 2
    plain = np.where(labels, 0.9, 0.1)
    again = np.where(np.arange(400) < 100, 0.6, np.where(np.arange(400) < 140, 1 - plain, plain))
    found = summarise(SPEC, {AS_IT_IS: answers(plain, labels), "hard": answers(again, labels)})
    assert found[AS_IT_IS]["coverage"]["value"] == 1
    assert found["hard"]["coverage"]["value"] == pytest.approx(0.75, abs=0.001)
    assert found["hard"]["right_when_answered"]["value"] == pytest.approx(260 / 300, abs=0.001)
    assert found["hard"]["reals_called_fake"]["value"] == pytest.approx(0.1, abs=0.001)


def test_where_there_is_no_test_face_nothing_is_asked_and_nothing_summed_up() -> None:
    face = LabelledFace(Sample(Path("never read.png"), 0, "made", "v", "val"), (0, 0, 9, 9))
    assert ask_again([SPEC], [face]) == {}
    assert summarise(SPEC, {}) == {}
