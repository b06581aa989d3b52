"""Which groups a file name puts a person in, and that each group's figures are of its own real faces."""

from pathlib import Path

import numpy as np
import pytest

from models.data.datasets import Sample
from models.data.face_index import LabelledFace
from models.evaluation.evaluate import Answers
from models.evaluation.people import name_groups, summarise
from registry import DetectorSpec

SPEC = DetectorSpec(key="mine", title="Mine", load=lambda: lambda image: 0.5, fake_from=0.8, real_until=0.4)


@pytest.mark.parametrize(
    ("name", "groups"),
    [
        ("17_0_0_20170110.jpg.chip.jpg", ["0 to 17 years", "male", "White"]),
        ("18_1_3_20170110.jpg", ["18 to 39 years", "female", "Indian"]),
        ("100_1_4_2017.jpg", ["65 to 116 years", "female", "other"]),
        ("000123.jpg", []),
        ("12_2_0_2017.jpg", []),
    ],
)
def test_a_file_name_says_the_groups(name: str, groups: list[str]) -> None:
    assert name_groups(name) == groups


def test_a_group_is_measured_on_its_real_test_faces_alone() -> None:
    faces = [
        _face("20_0_0_a.jpg", "utkface", 0, "test"),
        _face("20_1_0_b.jpg", "utkface", 0, "test"),
        _face("20_1_0_c.jpg", "utkface", 0, "val"),
        _face("20_1_0_d.jpg", "elsewhere", 0, "test"),
    ]
    found = summarise(Answers(faces, [], {"mine": np.array([0.1, 0.9, 0.9, 0.9])}), SPEC)
    assert list(found) == ["18 to 39 years", "male", "female", "White"]
    assert (found["female"]["real"], found["female"]["reals_called_fake"]["value"]) == (1, 1)
    assert found["male"]["reals_called_fake"]["value"] == 0
    assert found["White"]["reals_called_fake"]["value"] == 0.5


def test_data_that_does_not_say_who_is_shown_gives_no_groups() -> None:
    faces = [_face("20_0_0_a.jpg", "elsewhere", 0, "test")]
    assert summarise(Answers(faces, [], {"mine": np.array([0.1])}), SPEC) == {}


def _face(name: str, source: str, label: int, split: str) -> LabelledFace:
    return LabelledFace(Sample(Path(name), label, source, name, split), (0, 0, 90, 90))  # type: ignore[arg-type]
