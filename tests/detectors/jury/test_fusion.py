"""The jury's word and the agreement, against hand-made tables and brute force."""

import json
import math

import numpy as np
import pytest

from detectors.jury import fusion as fuse
from registry import Verdict, judge


def verdict(key, p_fake, *, fake_from=0.7, real_until=0.3):
    label = "failed" if p_fake is None else judge(p_fake, fake_from=fake_from, real_until=real_until)
    return Verdict(key, key.title(), p_fake, label, fake_from, real_until, 1.0)


@pytest.fixture
def tables(tmp_path, monkeypatch):
    pair = {
        "detectors": ["a", "b"],
        "weights": {"a": 2.0, "b": 0.5},
        "shift": -0.25,
        "fake_from": 0.8,
        "real_until": 0.2,
    }
    alone = {"detectors": ["a"], "weights": {"a": 1.0}, "shift": 0.0, "fake_from": 0.6, "real_until": 0.4}
    splits = [
        {"fake": 0, "real_count": 90, "fake_count": 10},
        {"fake": 1, "real_count": 10, "fake_count": 30},
        {"fake": 2, "real_count": 0, "fake_count": 60},
    ]
    odd = [
        {"fake": 0, "real_count": 2, "fake_count": 1},
        {"fake": 1, "real_count": 0, "fake_count": 0},
        {"fake": 2, "real_count": 7, "fake_count": 7},
    ]
    agreement = {"subsets": [{"detectors": ["a", "b"], "splits": splits}, {"detectors": ["a", "c"], "splits": odd}]}
    for name, table in (("JURY", {"subsets": [pair, alone]}), ("AGREEMENT", agreement)):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(table))
        monkeypatch.setattr(fuse, name, path)


@pytest.mark.usefixtures("tables")
class TestWithTables:
    def test_the_jury_is_a_logistic_regression_over_logits(self):
        found = fuse.fuse([verdict("a", 0.9), verdict("b", 0.2)])
        logit = 2.0 * math.log(9) + 0.5 * math.log(0.25) - 0.25
        assert found.p_fake == pytest.approx(1 / (1 + math.exp(-logit)), abs=1e-6)
        assert found.label == "fake"

    def test_a_detector_that_failed_leaves_the_word_to_the_subset_that_did_not(self):
        assert fuse.fuse([verdict("a", 0.5), verdict("b", None)]).p_fake == pytest.approx(0.5)

    def test_a_stranger_does_not_move_the_jury(self):
        both = [verdict("a", 0.9), verdict("b", 0.2)]
        assert fuse.fuse([*both, verdict("stranger", 0.01)]) == fuse.fuse(both)

    def test_a_small_face_is_inconclusive_for_the_jury_too(self):
        assert fuse.fuse([verdict("a", 0.99)], face_pixels=63).label == "inconclusive"

    def test_nobody_with_a_number_means_no_jury_and_no_agreement(self):
        assert fuse.fuse([verdict("a", None)]) is None
        assert fuse.agree([verdict("a", None)]) is None

    @pytest.mark.parametrize(
        ("p_fakes", "fake", "right", "count", "word"),
        [((0.1, 0.2), 0, 0.9, 100, "real"), ((0.9, 0.2), 1, 0.75, 40, "fake"), ((0.9, 0.8), 2, 1.0, 60, "fake")],
    )
    def test_the_agreement_is_the_share_of_the_commoner_class(self, p_fakes, fake, right, count, word):
        found = fuse.agree([verdict("a", p_fakes[0]), verdict("b", p_fakes[1])])
        assert (found.voting, found.fake, found.right, found.count) == (2, fake, right, count)
        assert found.word == word
        assert found.low <= right <= found.high

    def test_a_share_has_four_digits_a_tie_says_real_and_a_split_never_seen_says_nothing(self):
        thirds = fuse.agree([verdict("c", 0.1), verdict("a", 0.1)])
        assert (thirds.right, thirds.count) == (0.6667, 3)
        tie = fuse.agree([verdict("c", 0.9), verdict("a", 0.9)])
        assert (tie.right, tie.count, tie.word) == (0.5, 14, "real")
        assert fuse.agree([verdict("c", 0.1), verdict("a", 0.9)]) == fuse.Agreement(2, 1)

    def test_json_of_nothing_is_nothing(self):
        assert fuse.as_json(None) is None
        assert fuse.as_json(fuse.fuse([verdict("a", 0.5)])) == {"p_fake": 0.5, "label": "inconclusive"}

    def test_a_mix_that_was_never_measured_has_a_split_but_no_reliability(self):
        found = fuse.agree([verdict("a", 0.9), verdict("stranger", 0.9)])
        assert (found.voting, found.fake, found.right, found.count) == (2, 2, None, None)

    def test_the_chance_of_fake_follows_bayes_rule(self):
        found = fuse.chance_of_fake([verdict("a", 0.9), verdict("b", 0.2)], 0.1)
        of_fakes, of_reals = 30.5 / 101, 10.5 / 101
        assert found.p_fake == pytest.approx(0.1 * of_fakes / (0.1 * of_fakes + 0.9 * of_reals), abs=0.02)
        assert found.low < found.p_fake < found.high

    def test_the_chance_of_fake_rises_with_the_base_rate_and_ends_where_it_must(self):
        verdicts = [verdict("a", 0.9), verdict("b", 0.2)]
        chances = [fuse.chance_of_fake(verdicts, rate).p_fake for rate in (0.0, 0.01, 0.5, 0.99, 1.0)]
        assert chances == sorted(chances)
        assert (chances[0], chances[-1]) == (0.0, 1.0)

    def test_the_interval_of_a_chance_is_that_of_its_two_shares(self):
        random = np.random.default_rng(7)
        fakes, reals = random.beta(30.5, 70.5, 200_000) * 0.1, random.beta(10.5, 90.5, 200_000) * 0.9
        low, middle, high = np.percentile(fakes / (fakes + reals), [2.5, 50, 97.5])
        found = fuse.chance_of_fake([verdict("a", 0.9), verdict("b", 0.2)], 0.1)
        assert (found.p_fake, found.low, found.high) == pytest.approx((middle, low, high), abs=0.01)

    def test_the_two_shares_are_drawn_apart_and_the_same_way_every_time(self):
        verdicts = [verdict("a", 0.1), verdict("b", 0.2)]
        assert fuse.chance_of_fake(verdicts, 0.5) == fuse.chance_of_fake(verdicts, 0.5)
        alike = [{"fake": 0, "real_count": 5, "fake_count": 5}, {"fake": 1, "real_count": 5, "fake_count": 5}]
        of_reals, of_fakes = (fuse._draw_share(alike, 0, name) for name in ("real_count", "fake_count"))
        assert abs(np.corrcoef(of_reals, of_fakes)[0, 1]) < 0.1
        assert of_reals.mean() == pytest.approx(0.5, abs=0.01) == of_fakes.mean()
        chance = fuse._weigh_up(of_reals, of_fakes)
        drawn = of_fakes / (of_fakes + of_reals)
        below = [(drawn < end).sum() for end in (chance.low, chance.p_fake, chance.high)]
        assert below == pytest.approx([100, 2000, 3900], abs=5)

    def test_shares_are_kept_to_four_digits_and_p_fake_to_six(self):
        found = fuse.agree([verdict("a", 0.1), verdict("b", 0.2)])
        assert (found.low, found.high) == tuple(round(end, 4) for end in fuse.wilson(90, 100))
        chance = fuse.chance_of_fake([verdict("a", 0.9), verdict("b", 0.2)], 0.3)
        assert (chance.p_fake, chance.low, chance.high) == tuple(
            round(value, 4) for value in (chance.p_fake, chance.low, chance.high)
        )
        p_fake = fuse.fuse([verdict("a", 0.6), verdict("b", 0.35)]).p_fake
        assert p_fake == round(p_fake, 6) != round(p_fake, 5)

    def test_a_split_never_seen_among_reals_is_still_not_certain(self):
        chance = fuse.chance_of_fake([verdict("a", 0.9), verdict("b", 0.9)], 0.5)
        assert 0.9 < chance.low < chance.p_fake < 1.0


def test_without_tables_there_is_no_jury_and_the_split_is_still_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(fuse, "JURY", tmp_path / "none.json")
    monkeypatch.setattr(fuse, "AGREEMENT", tmp_path / "none.json")
    assert fuse.fuse([verdict("a", 0.9)]) is None
    assert fuse.agree([verdict("a", 0.9)]).fake == 1
    assert fuse.chance_of_fake([verdict("a", 0.9)], 0.5) is None


@pytest.mark.parametrize(("successes", "count"), [(0, 1), (1, 1), (0, 40), (8, 10), (17, 40), (40, 40)])
def test_the_wilson_interval_is_where_the_score_test_would_just_reject(successes, count):
    low, high = fuse.wilson(successes, count)
    share = successes / count
    ends = sorted(np.roots([count + 1.959964**2, -(2 * successes + 1.959964**2), count * share**2]).real)
    assert (low, high) == pytest.approx(ends, abs=1e-7)
    assert 0 <= low <= share <= high <= 1


def test_rounding_pushes_no_interval_out_of_0_to_1():
    assert all(fuse.wilson(0, count)[0] >= 0 and fuse.wilson(count, count)[1] <= 1 for count in range(1, 2000))


def test_the_wilson_interval_holds_the_truth_about_95_times_in_100():
    random = np.random.default_rng(0)
    for truth in (0.5, 0.9, 0.99):
        hits = random.binomial(200, truth, size=2000)
        held = np.mean([low <= truth <= high for low, high in (fuse.wilson(int(h), 200) for h in hits)])
        assert 0.92 <= held <= 0.98


@pytest.mark.parametrize(
    ("p_fake", "logit"),
    [(0.0, -14), (1e-9, -14), (0.2, -math.log(4)), (0.5, 0), (0.9, math.log(9)), (1 - 1e-9, 14), (1.0, 14)],
)
def test_logits_stay_finite(p_fake, logit):
    assert fuse.to_logit(p_fake) == pytest.approx(logit)
