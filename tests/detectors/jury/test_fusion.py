"""The jury's verdict and the agreement, against hand-made tables and brute force."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from detectors.jury import fusion as fuse
from registry import Label, Verdict, judge


def verdict(key: str, p_fake: float | None, *, fake_from: float = 0.7, real_until: float = 0.3) -> Verdict:
    label = "failed" if p_fake is None else judge(p_fake, fake_from=fake_from, real_until=real_until)
    return Verdict(key, key.title(), p_fake, label, fake_from, real_until, 1.0)


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = {
        "detectors": ["a", "b"],
        "weights": {"a": 2.0, "b": 0.5},
        "shift": -0.25,
        "fake_from": 0.8,
        "real_until": 0.2,
    }
    alone = {"detectors": ["a"], "weights": {"a": 1.0}, "shift": 0.0, "fake_from": 0.6, "real_until": 0.4}
    doubted = alone | {"detectors": ["a", "doubter"], "doubt_from": {"doubter": 0.7}}
    path = tmp_path / "jury.json"
    members = {"a": "1", "b": "2", "doubter": "4"}
    path.write_text(json.dumps({"members": members, "subsets": [pair, alone, doubted]}))
    monkeypatch.setattr(fuse, "JURY", path)
    monkeypatch.setattr(fuse, "hash_network", (members | {"c": "3"}).get)


@pytest.mark.usefixtures("tables")
class TestWithTables:
    def test_the_jury_is_a_logistic_regression_over_logits(self) -> None:
        found = fuse.fuse([verdict("a", 0.9), verdict("b", 0.2)])
        logit = 2.0 * math.log(9) + 0.5 * math.log(0.25) - 0.25
        assert found.p_fake == pytest.approx(1 / (1 + math.exp(-logit)), abs=1e-6)
        assert found.label == "fake"

    def test_a_detector_that_failed_leaves_the_verdict_to_the_subset_that_did_not(self) -> None:
        assert fuse.fuse([verdict("a", 0.5), verdict("b", None)]).p_fake == pytest.approx(0.5)

    def test_a_detector_that_is_no_member_does_not_move_the_jury(self) -> None:
        both = [verdict("a", 0.9), verdict("b", 0.2)]
        assert fuse.fuse([*both, verdict("plugin", 0.01)]) == fuse.fuse(both)

    def test_another_network_under_a_members_key_does_not_move_the_jury(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fuse, "hash_network", {"a": "1", "b": "exported here"}.get)
        assert fuse.fuse([verdict("a", 0.9), verdict("b", 0.01)]) == fuse.fuse([verdict("a", 0.9)])

    def test_a_face_in_doubt_is_inconclusive_for_the_jury_too(self) -> None:
        assert fuse.fuse([verdict("a", 0.99)], doubt="The face is turned too far.").label == "inconclusive"

    def test_nobody_with_a_number_means_no_jury_and_no_agreement(self) -> None:
        assert fuse.fuse([verdict("a", None)]) is None
        assert fuse.agree([verdict("a", None)]) is None

    def test_the_agreement_counts_who_gave_a_number_and_who_says_fake(self) -> None:
        assert fuse.agree([verdict("a", 0.9), verdict("b", 0.2), verdict("c", None)]) == fuse.Agreement(2, 1)

    def test_json_of_nothing_is_nothing(self) -> None:
        assert fuse.as_json(None) is None
        assert fuse.as_json(fuse.fuse([verdict("a", 0.5)])) == {
            "p_fake": 0.5,
            "label": "inconclusive",
            "fake_from": 0.6,
            "real_until": 0.4,
            "held_back_by": "",
            "weighed": None,
        }

    @pytest.mark.parametrize(
        ("of_others", "of_doubter", "p_fake", "label", "held_back_by"),
        [
            (0.1, 0.69, 0.1, "real", ""),
            (0.1, 0.7, 0.4, "inconclusive", "doubter"),
            (0.45, 0.9, 0.45, "inconclusive", ""),
            (0.9, 0.9, 0.9, "fake", ""),
        ],
    )
    def test_an_expert_that_doubts_keeps_the_jury_from_real_and_moves_nothing_else(
        self, of_others: float, of_doubter: float, p_fake: float, label: Label, held_back_by: str
    ) -> None:
        found = fuse.fuse([verdict("a", of_others), verdict("doubter", of_doubter)])
        weighed = of_others if held_back_by else None
        assert found == fuse.JuryVerdict(p_fake, label, 0.6, 0.4, held_back_by, weighed)

    def test_what_an_expert_held_back_is_real_at_no_base_rate(self) -> None:
        found = fuse.fuse([verdict("a", 0.1), verdict("doubter", 0.9)])
        moved = [found.at_base_rate(rate) for rate in (0.001, 0.2, 0.5, 0.9)]
        assert {one.label for one in moved} == {"inconclusive"}
        assert [one.held_back_by for one in moved] == ["doubter", "doubter", "doubter", ""]

    @pytest.mark.parametrize("base_rate", [0.001, 0.2, 0.8])
    def test_what_an_expert_holds_back_stays_at_the_threshold_while_the_others_would_call_it_real(
        self, base_rate: float
    ) -> None:
        found = fuse.fuse([verdict("a", 0.01), verdict("doubter", 0.9)]).at_base_rate(base_rate)
        assert (found.label, found.held_back_by) == ("inconclusive", "doubter")
        assert found.p_fake == found.real_until <= 0.4
        assert found.weighed < found.real_until

    def test_the_number_is_that_of_the_others_where_they_no_longer_call_it_real(self) -> None:
        found = fuse.fuse([verdict("a", 0.1), verdict("doubter", 0.9)]).at_base_rate(0.9)
        assert (found.p_fake, found.held_back_by, found.weighed) == (pytest.approx(0.5), "", None)

    def test_what_was_stored_without_the_number_of_the_others_stays_held_back(self) -> None:
        stored = fuse.JuryVerdict(0.4, "inconclusive", 0.6, 0.4, "doubter")
        for base_rate in (0.02, 0.8):
            found = stored.at_base_rate(base_rate)
            assert (found.p_fake, found.held_back_by) == (found.real_until, "doubter")

    def test_a_face_that_cannot_be_judged_is_held_back_by_nobody(self) -> None:
        found = fuse.fuse([verdict("a", 0.1), verdict("doubter", 0.9)], doubt="The face is turned too far.")
        assert found.held_back_by == ""

    def test_p_fake_is_kept_to_six_digits(self) -> None:
        p_fake = fuse.fuse([verdict("a", 0.6), verdict("b", 0.35)]).p_fake
        assert p_fake == round(p_fake, 6) != round(p_fake, 5)


@pytest.mark.parametrize("p_fake", [0.0001, 0.03, 0.5, 0.8, 0.9999])
@pytest.mark.parametrize("base_rate", [0.001, 0.3, 0.5, 0.9])
def test_a_base_rate_moves_p_fake_by_bayes_rule(p_fake: float, base_rate: float) -> None:
    found = fuse.JuryVerdict(p_fake, judge(p_fake, fake_from=0.8, real_until=0.2), 0.8, 0.2).at_base_rate(base_rate)
    of_fakes, of_reals = p_fake * base_rate, (1 - p_fake) * (1 - base_rate)
    assert found.p_fake == pytest.approx(of_fakes / (of_fakes + of_reals), abs=1e-5)


def test_where_there_are_no_fakes_or_only_fakes_nothing_is_left_to_judge() -> None:
    jury = fuse.JuryVerdict(0.999999, "fake", 0.8, 0.2)
    assert jury.at_base_rate(0.0) == fuse.JuryVerdict(0.0, "inconclusive", 0.8, 0.2)
    assert jury.at_base_rate(1.0) == fuse.JuryVerdict(1.0, "fake", 0.8, 0.2)


def test_a_label_never_contradicts_the_number_beside_it_and_never_gets_firmer() -> None:
    for p_fake in np.linspace(0, 1, 41):
        plain = fuse.JuryVerdict(p_fake, judge(p_fake, fake_from=0.8, real_until=0.2), 0.8, 0.2)
        for base_rate in (0.0, 0.001, 0.1, 0.5, 0.9, 0.999, 1.0):
            moved = plain.at_base_rate(base_rate)
            assert moved.label in {plain.label, "inconclusive"}
            if 0 < base_rate < 1:
                assert moved.label == judge(moved.p_fake, fake_from=moved.fake_from, real_until=moved.real_until)
            assert moved.label != "fake" or moved.p_fake >= 0.8
            assert moved.label != "real" or moved.p_fake < 0.2


@pytest.mark.parametrize("base_rate", [0.0001, 0.1, 0.9])
def test_a_number_next_to_its_threshold_stays_beside_it(base_rate: float) -> None:
    found = fuse.JuryVerdict(0.192001, "real", 0.8, 0.192002).at_base_rate(base_rate)
    assert found.label != "real" or found.p_fake < found.real_until


def test_without_tables_there_is_no_jury_and_the_split_is_still_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fuse, "JURY", tmp_path / "none.json")
    assert fuse.fuse([verdict("a", 0.9)]) is None
    assert fuse.agree([verdict("a", 0.9)]).fake == 1


@pytest.mark.parametrize(
    ("p_fake", "logit"),
    [(0.0, -14), (1e-9, -14), (0.2, -math.log(4)), (0.5, 0), (0.9, math.log(9)), (1 - 1e-9, 14), (1.0, 14)],
)
def test_logits_stay_finite(p_fake: float, logit: float) -> None:
    assert fuse.to_logit(p_fake) == pytest.approx(logit)
