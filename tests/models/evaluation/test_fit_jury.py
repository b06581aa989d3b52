"""The jury's weights and the agreement, on made answers whose truth is known."""

import json

import numpy as np
import pytest
from numpy.random import default_rng

from detectors.jury import fusion as fuse
from models.data.datasets import Sample
from models.data.face_index import LabelledFace
from models.errors import DataError
from models.evaluation import fit_jury as jury
from models.evaluation.evaluate import Answers
from registry import DetectorSpec, Verdict

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


def test_who_would_count_against_their_own_word_is_not_heard():
    answers = make_answers()
    opposite = dict(answers.p_fake) | {"b": 1 - answers.p_fake["a"] ** 2}
    pair = jury.fit_jury(Answers(answers.faces, [], opposite), SPECS)["subsets"][-1]
    alone = jury.fit_jury(answers, SPECS)["subsets"][0]
    assert pair["weights"] == {"a": alone["weights"]["a"], "b": 0.0}
    assert pair["shift"] == alone["shift"]


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


def test_the_jury_is_measured_by_what_it_says_when_it_serves(tmp_path, monkeypatch):
    answers = make_answers(60)
    answers.p_fake["b"][5], answers.p_fake["a"][5], answers.p_fake["b"][6] = np.nan, np.nan, np.nan
    path = tmp_path / "jury.json"
    path.write_text(json.dumps(jury.fit_jury(make_answers(), SPECS)))
    monkeypatch.setattr(jury, "JURY", path)
    monkeypatch.setattr(fuse, "JURY", path)
    seated, spec = jury.seat(answers, SPECS)
    table = json.loads(path.read_text())["subsets"][-1]
    assert (spec.key, spec.fake_from, spec.real_until) == ("jury", table["fake_from"], table["real_until"])
    assert np.isnan(seated.p_fake["jury"][5])
    for place in (0, 1, 6, 59):
        numbers = {key: float(values[place]) for key, values in answers.p_fake.items() if not np.isnan(values[place])}
        verdicts = [Verdict(key, key, p_fake, "real", 0.7, 0.3, 1.0) for key, p_fake in numbers.items()]
        assert seated.p_fake["jury"][place] == fuse.fuse(verdicts).p_fake


def test_where_not_all_were_asked_no_jury_is_measured():
    alone = Answers(make_answers(4).faces, [], {"a": np.zeros(4)})
    assert jury.seat(alone, SPECS) == (alone, None)


def test_a_jury_is_not_fitted_without_validation_faces_of_both_classes():
    with pytest.raises(DataError, match="validation faces, real and fake"):
        jury.write(SPECS, [], make_answers(4))


def test_nothing_is_fitted_on_evaluation_only_faces():
    answers = make_answers(split="eval")
    for fit in (jury.fit_jury, jury.count_agreement):
        with pytest.raises(DataError, match="evaluation only"):
            fit(answers, SPECS)
