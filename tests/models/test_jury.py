"""The jury's weights and the agreement, on made answers whose truth is known."""

import numpy as np
import pytest
from numpy.random import default_rng

from models import jury
from models.data import Sample
from models.errors import DataError
from models.evaluate import Answers
from models.face_index import LabelledFace
from registry import DetectorSpec

SPECS = [DetectorSpec(key=key, title=key, load=lambda: None, fake_from=0.7, real_until=0.3) for key in ("b", "a")]


def make_answers(n=600, *, split="val"):
    """Detector a is good, b is noise."""
    random = default_rng(0)
    labels = random.integers(2, size=n)
    faces = [LabelledFace(Sample(f"/{i}", int(y), "made", f"v{i}", split), (0, 0, 9, 9)) for i, y in enumerate(labels)]
    good = 1 / (1 + np.exp(-(3.0 * (labels - 0.5) + random.normal(0, 1, n))))
    return Answers(faces, [], {"a": good, "b": random.random(n)})


def test_every_subset_is_fitted_in_the_order_of_its_keys():
    table = jury.fit_jury(make_answers(), SPECS)
    assert [row["detectors"] for row in table["subsets"]] == [["a"], ["b"], ["a", "b"]]


def test_a_noisy_member_gets_next_to_no_weight():
    pair = jury.fit_jury(make_answers(), SPECS)["subsets"][-1]
    assert pair["weights"]["a"] > 0.5
    assert abs(pair["weights"]["b"]) < 0.2


def test_few_reals_reach_the_jurys_fake_threshold():
    answers = make_answers()
    alone = jury.fit_jury(answers, SPECS)["subsets"][0]
    logit = np.log(answers.p_fake["a"] / (1 - answers.p_fake["a"])) * alone["weights"]["a"] + alone["shift"]
    reals = np.array([face.sample.label == 0 for face in answers.faces])
    assert ((1 / (1 + np.exp(-logit)))[reals] >= alone["fake_from"]).mean() <= 0.02


def test_the_agreement_counts_every_face_of_its_half_once():
    answers = make_answers(split="test")
    rows = jury.count_agreement(answers, SPECS)["subsets"]
    halves = [jury._in_first_half(face.sample.group) for face in answers.faces]
    for row in rows:
        assert sum(split["real_count"] + split["fake_count"] for split in row["splits"]) == sum(halves)
        checked = [split["checked"]["count"] for split in row["check"] if "checked" in split]
        assert sum(checked) == len(halves) - sum(halves)


def test_the_reliability_of_a_split_holds_on_the_other_half():
    rows = jury.count_agreement(make_answers(3000, split="test"), SPECS)["subsets"]
    for split in rows[0]["check"]:
        assert split["checked"]["right"] == pytest.approx(split["counted"]["right"], abs=0.06)


def test_nothing_is_fitted_on_evaluation_only_faces():
    answers = make_answers(split="eval")
    for fit in (jury.fit_jury, jury.count_agreement):
        with pytest.raises(DataError, match="evaluation only"):
            fit(answers, SPECS)
