"""Every figure against scikit-learn's, resample by resample, and the intervals against what they promise."""

from typing import Any

import numpy as np
import pytest
from numpy.random import default_rng
from scipy.stats import binomtest
from sklearn import metrics as sk

from models.evaluation import metrics
from models.evaluation.curves import curves
from models.evaluation.draws import Draws, Scores


def make_scores(n: int = 300, *, videos: int = 60, seed: int = 3) -> Any:
    random = default_rng(seed)
    labels = (random.random(n) < 0.4).astype(np.int64)
    p_fake = np.round(np.clip(0.3 * labels + random.normal(0.4, 0.2, n), 0, 1), 2)  # rounded: ties matter
    groups = np.array([f"v{place}" for place in random.integers(videos, size=n)])
    return Scores(p_fake.astype(np.float64), labels, groups)


def caught_by_sklearn(labels: Any, p_fake: Any, weights: Any, allowed: float) -> float:
    false, caught, _ = sk.roc_curve(labels, p_fake, sample_weight=weights, drop_intermediate=False)
    return caught[false <= allowed + 1e-12].max()


REFERENCES = {
    "auc": lambda y, p, w: sk.roc_auc_score(y, p, sample_weight=w),
    "accuracy": lambda y, p, w: sk.accuracy_score(y, p >= 0.5, sample_weight=w),
    "balanced_accuracy": lambda y, p, w: sk.balanced_accuracy_score(y, p >= 0.5, sample_weight=w),
    "precision": lambda y, p, w: sk.precision_score(y, p >= 0.5, sample_weight=w),
    "recall": lambda y, p, w: sk.recall_score(y, p >= 0.5, sample_weight=w),
    "f1": lambda y, p, w: sk.f1_score(y, p >= 0.5, sample_weight=w),
    "tpr_at_fpr_1": lambda y, p, w: caught_by_sklearn(y, p, w, 0.01),
    "tpr_at_fpr_5": lambda y, p, w: caught_by_sklearn(y, p, w, 0.05),
    "brier": lambda y, p, w: sk.brier_score_loss(y, p, sample_weight=w),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_each_figure_is_scikit_learns_in_every_resample(name: str) -> None:
    draws = Draws.of(make_scores(), resamples=20)
    found = metrics.TWO_CLASS[name](draws)
    expected = [REFERENCES[name](draws.labels, draws.p_fake, weights) for weights in draws.weights]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_the_calibration_error_is_the_weighted_gap_of_the_bins() -> None:
    scores = make_scores()
    bins = np.minimum((scores.p_fake * 15).astype(int), 14)
    gaps = [abs((scores.p_fake - scores.labels)[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)]
    found = metrics.calibration_error(Draws.of(scores, resamples=1))[0]
    assert found == pytest.approx(sum(gaps))


def test_a_perfect_detector_scores_one_and_a_constant_one_half() -> None:
    labels = np.array([0, 0, 1, 1])
    groups = np.array(list("abcd"))
    assert metrics.auc(Draws.of(Scores(labels.astype(float), labels, groups), 1))[0] == 1.0
    assert metrics.auc(Draws.of(Scores(np.full(4, 0.3), labels, groups), 1))[0] == 0.5


def test_the_surest_faces_are_counted_as_by_hand_in_every_resample() -> None:
    random = default_rng(5)
    scores = make_scores()
    scores = Scores(
        np.clip(scores.p_fake + random.uniform(0, 0.001, 300), 0, 1), scores.labels, scores.groups
    )  # no ties
    draws = Draws.of(scores, resamples=20)
    right = (draws.p_fake >= 0.5) == (draws.labels == 1)
    surest = np.argsort(-np.abs(draws.p_fake - 0.5))
    at_70, at_90 = metrics.right_at_coverage(0.7)(draws), metrics.coverage_at_right(0.9)(draws)
    for place, weights in enumerate(draws.weights.astype(int)):
        let_in = np.repeat(surest, weights[surest])
        hits = np.cumsum(right[let_in])
        shares = hits / np.arange(1, len(hits) + 1)
        assert at_70[place] == pytest.approx(
            shares[int(np.ceil(0.7 * len(hits))) - 1], abs=0.02
        )  # copies come together
        assert at_90[place] == pytest.approx(np.max(np.flatnonzero(shares >= 0.9) + 1, initial=0) / len(hits), abs=0.03)


def test_a_detector_that_is_never_that_right_covers_nothing() -> None:
    labels = np.array([1, 1, 0, 0])
    scores = Scores(np.array([0.01, 0.4, 0.3, 0.2]), labels, np.array(list("abcd")))
    assert metrics.coverage_at_right(0.99)(Draws.of(scores, 0))[0] == 0.0
    assert metrics.right_at_coverage(1.0)(Draws.of(scores, 0))[0] == 0.5


def test_the_mean_has_the_interval_of_its_groups() -> None:
    values = np.repeat([0.0, 1.0], 50)
    alone = metrics.mean(values, np.arange(100).astype(str))
    together = metrics.mean(values, np.repeat(["a", "b", "c", "d"], 25))
    assert alone.value == together.value == 0.5
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_an_interval_over_videos_is_wider_than_one_over_their_copied_frames() -> None:
    once = make_scores(80, videos=80)
    copied = Scores(*(np.repeat(values, 10) for values in (once.p_fake, once.labels, once.groups)))
    as_if_independent = Scores(copied.p_fake, copied.labels, np.arange(800).astype(str))
    grouped, naive = (metrics.measure_figure(metrics.auc, Draws.of(scores)) for scores in (copied, as_if_independent))
    assert grouped.high - grouped.low > 2 * (naive.high - naive.low)


def test_about_95_of_100_intervals_hold_the_true_accuracy() -> None:
    truth, held = 0.7, 0
    for seed in range(100):
        right = default_rng(seed).random(200) < truth
        scores = Scores(np.where(right, 1.0, 0.0), np.ones(200, dtype=np.int64), np.arange(200).astype(str))
        estimate = metrics.measure_figure(metrics.accuracy, Draws.of(scores, 400))
        held += estimate.low <= truth <= estimate.high
    assert 88 <= held <= 99


def test_a_share_of_none_or_all_has_the_exact_interval_of_as_many_videos() -> None:
    labels = np.repeat([0, 1], [60, 40])
    scores = Scores(np.where(labels, 0.9, 0.1), labels, np.repeat([f"v{n}" for n in range(20)], 5))  # 12 real, 8 fake
    found = metrics.measure(scores, fake_from=0.8, real_until=0.2)
    for name, groups in {"reals_called_fake": 12, "recall": 8, "right_when_answered": 20, "auc": 8}.items():
        exact = binomtest(round(found[name]["value"]) * groups, groups).proportion_ci(0.95, "exact")
        assert [found[name]["low"], found[name]["high"]] == pytest.approx([exact.low, exact.high], abs=1e-4), name


def test_few_answers_that_are_all_right_are_as_unsure_in_an_even_mix() -> None:
    labels = np.repeat([0, 1], 100)
    p_fake = np.full(200, 0.5)
    p_fake[[0, 100]] = 0.01, 0.99
    found = metrics.measure(Scores(p_fake, labels, np.arange(200).astype(str)), fake_from=0.9, real_until=0.1)
    assert found["right_when_answered"] == {"value": 1.0, "low": 0.1581, "high": 1.0}  # both of two
    assert found["right_when_answered_even"] == {"value": 1.0, "low": 0.025, "high": 1.0}  # one of one in each class
    p_fake[0] = 0.5
    found = metrics.measure(Scores(p_fake, labels, np.arange(200).astype(str)), fake_from=0.9, real_until=0.1)
    assert found["right_when_answered_even"] == {"value": 1.0, "low": 0.025, "high": 1.0}  # no real one is answered


def test_figures_of_one_video_a_class_have_no_interval_of_zero_width() -> None:
    labels = np.repeat([0, 1], 5)
    p_fake = np.array([0.1, 0.9, 0.1, 0.1, 0.1, 0.9, 0.9, 0.1, 0.1, 0.1])
    found = metrics.measure(Scores(p_fake, labels, np.repeat(["v", "w"], 5)), fake_from=0.8, real_until=0.2)
    assert [name for name, one in found.items() if isinstance(one, dict) and one["low"] == one["high"]] == []
    for name in ("recall", "auc"):
        assert found[name]["low"] < 0.01 and found[name]["high"] > 0.9, "hardly anything is known"


@pytest.mark.parametrize(("p_fake", "right"), [([1.0, 1.0], 0.5), ([0.7, 0.3], 1.0), ([0.3, 0.7], 0.0)])
def test_the_order_of_equally_sure_faces_changes_nothing(p_fake: list[float], right: float) -> None:
    """p_fake: of 50 fakes and of 50 reals."""
    for labels in (np.repeat([1, 0], 50), np.repeat([0, 1], 50), np.arange(100) % 2):
        scores = Scores(np.where(labels == 1, *p_fake), labels, np.arange(100).astype(str))
        draws = Draws.of(scores, 0)
        assert metrics.right_at_coverage(0.7)(draws)[0] == right
        assert metrics.coverage_at_right(0.99)(draws)[0] == (right == 1.0)


def test_data_of_one_class_gets_no_auc() -> None:
    scores = make_scores()
    reals = metrics.measure(scores.where(scores.labels == 0), fake_from=0.7, real_until=0.4)
    assert "auc" not in reals
    assert "fakes_called_fake" not in reals
    assert reals["reals_called_fake"]["value"] == pytest.approx(
        (scores.p_fake[scores.labels == 0] >= 0.7).mean(), abs=1e-4
    )


def test_selective_accuracy_of_an_even_mix_is_the_same_whatever_the_mix_was() -> None:
    even = make_scores(200)
    thrice = np.repeat(np.arange(len(even.labels)), np.where(even.labels, 3, 1))
    uneven = Scores(even.p_fake[thrice], even.labels[thrice], np.arange(len(thrice)).astype(str))
    found = [metrics.measure(scores, fake_from=0.7, real_until=0.4) for scores in (even, uneven)]
    values = [one["right_when_answered_even"]["value"] for one in found]
    reals, fakes = (even.p_fake[even.labels == label] for label in (0, 1))
    right = (reals < 0.4).mean() + (fakes >= 0.7).mean()
    assert values == pytest.approx([right / (right + (reals >= 0.7).mean() + (fakes < 0.4).mean())] * 2, abs=1e-4)
    assert found[0]["fakes_called_real"]["value"] == pytest.approx((fakes < 0.4).mean(), abs=1e-4)


def test_a_video_is_judged_by_the_mean_of_its_faces_and_keeps_its_group() -> None:
    scores = Scores(np.array([0.2, 0.4, 0.9, 0.7]), np.array([0, 0, 1, 1]), np.array(["v", "v", "v", "w"]))
    videos = scores.by_video(np.array([0, 0, 1, 2]))
    np.testing.assert_allclose(videos.p_fake, [0.3, 0.9, 0.7])
    np.testing.assert_array_equal(videos.labels, [0, 1, 1])
    np.testing.assert_array_equal(videos.groups, ["v", "v", "w"])


def test_a_perfectly_calibrated_detector_is_not_beyond_chance() -> None:
    random = default_rng(1)
    p_fake = random.random(2000)
    labels = (random.random(2000) < p_fake).astype(np.int64)
    found = metrics.measure(Scores(p_fake, labels, np.arange(2000).astype(str)), fake_from=0.9, real_until=0.1)
    assert found["calibration_error"]["value"] < 2 * found["calibration_error_if_perfect"]
    assert found["calibration_error"]["value"] <= found["calibration_error_by_chance"]


def test_the_interval_of_a_calibration_error_holds_it_and_where_calibration_is_perfect_holds_0() -> None:
    beyond = 0
    for seed in range(20):
        random = default_rng(seed)
        p_fake = random.random(400)
        labels = (random.random(400) < p_fake).astype(np.int64)
        scores = Scores(p_fake, labels, np.arange(400).astype(str))
        error = metrics.measure(scores, fake_from=0.9, real_until=0.1)["calibration_error"]
        assert error["low"] <= error["value"] <= error["high"], seed
        beyond += error["low"] > 0
    assert beyond <= 3


def test_about_95_of_100_intervals_hold_the_true_calibration_error() -> None:
    def draw(n: int, seed: int) -> Scores:
        random = default_rng(seed)
        p_fake = random.random(n)
        labels = (random.random(n) < 0.5 + 0.5 * (p_fake - 0.5)).astype(np.int64)
        return Scores(p_fake, labels, np.arange(n).astype(str))

    truth = metrics.calibration_error(Draws.of(draw(500_000, 1_000), 0))[0]
    found = [metrics.measure_figure(metrics.calibration_error, Draws.of(draw(1_000, seed), 400)) for seed in range(100)]
    assert 88 <= sum(one.low <= truth <= one.high for one in found) <= 99


def test_an_overconfident_detector_is_beyond_chance() -> None:
    random = default_rng(1)
    p_fake = random.random(2000)
    labels = (random.random(2000) < 0.5 + 0.5 * (p_fake - 0.5)).astype(np.int64)
    found = metrics.measure(Scores(p_fake, labels, np.arange(2000).astype(str)), fake_from=0.9, real_until=0.1)
    assert found["calibration_error"]["value"] > found["calibration_error_by_chance"]


def test_the_roc_curve_runs_through_scikit_learns_corners() -> None:
    scores = make_scores(n=2000)
    false, caught, _ = sk.roc_curve(scores.labels, scores.p_fake, drop_intermediate=False)
    corners = set(zip(false.round(4), caught.round(4), strict=True))
    curve = curves(scores)["roc"]
    points = list(zip(curve["fpr"], curve["tpr"], strict=True))
    assert len(points) <= 100
    assert set(points) <= corners
    assert points[0] == (0, 0)
    assert points[-1] == (1, 1)
    area = sk.roc_auc_score(scores.labels, scores.p_fake)
    assert sk.auc(curve["fpr"], curve["tpr"]) == pytest.approx(area, abs=0.003)


def test_the_reliability_bins_hold_every_face_and_give_back_the_calibration_error() -> None:
    scores = make_scores(n=500)
    bins = curves(scores)["reliability"]
    assert sum(one["count"] for one in bins) == 500
    error = sum(one["count"] * abs(one["p_fake"] - one["fake"]) for one in bins) / 500
    assert error == pytest.approx(metrics.calibration_error(Draws.of(scores, 0))[0], abs=1e-3)


def test_no_curve_is_drawn_from_one_class() -> None:
    scores = make_scores()
    assert curves(scores.where(scores.labels == 1)) == {}
