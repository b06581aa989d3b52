"""How well p_fake tells real from fake, each figure with a 95 % interval and its count.

Intervals are a percentile bootstrap over groups (source videos). A figure that is the same in every resample, as 0, 1,
or any of one group alone, has the exact binomial interval of as many groups, for its resamples say nothing of how sure
it is. The calibration error, which resampling raises, has the basic bootstrap's. Tests compare every figure with
scikit-learn's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import default_rng
from numpy.typing import NDArray

from models.evaluation.draws import Draws, Floats, Scores
from models.evaluation.intervals import Estimate, estimate, keep_known

CALIBRATION_BINS = 15  # of equal width, as in Guo et al. 2017
DECISION = 0.5  # on calibrated p_fake; "inconclusive" is not used for these figures
Figure = Callable[[Draws], Floats]
"""The figure in each draw: (r,), NaN where a draw lacks a class."""


@dataclass(frozen=True)
class Proportion:
    """Of the faces that are `among` these, the share that are `meant`. Both: Draws -> (n,)."""

    meant: Callable[[Draws], NDArray[np.bool_]]
    among: Callable[[Draws], NDArray[np.bool_]]

    def __call__(self, draws: Draws) -> Floats:
        """The figure."""
        among = self.among(draws)
        return _ratio(draws.total(among & self.meant(draws)), draws.total(among))


@dataclass(frozen=True)
class Counted:
    """A figure made of several proportions, with the faces that each of them counts. among: Draws -> (n,)."""

    figure: Figure
    among: tuple[Callable[[Draws], NDArray[np.bool_]], ...]

    def __call__(self, draws: Draws) -> Floats:
        """The figure."""
        return self.figure(draws)


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0))


def auc(draws: Draws) -> Floats:
    """Area under the ROC curve: the chance that a fake scores above a real, ties counting half."""
    reals, fakes = draws.by_score(0), draws.by_score(1)
    below = np.cumsum(reals, axis=1) - reals / 2
    return _ratio((fakes * below).sum(axis=1), fakes.sum(axis=1) * reals.sum(axis=1))


def _all(draws: Draws) -> NDArray[np.bool_]:
    return np.ones(len(draws.labels), dtype=np.bool_)


def _reals(draws: Draws) -> NDArray[np.bool_]:
    return np.asarray(draws.labels == 0)


def _fakes(draws: Draws) -> NDArray[np.bool_]:
    return np.asarray(draws.labels == 1)


def _called(draws: Draws) -> NDArray[np.bool_]:
    return np.asarray(draws.p_fake >= DECISION)


accuracy = Proportion(lambda draws: _called(draws) == _fakes(draws), _all)
"""The share judged right at 0.5."""
recall = Proportion(_called, _fakes)
"""The share of fakes called fake at 0.5."""
specificity = Proportion(lambda draws: ~_called(draws), _reals)
"""The share of reals called real at 0.5."""
precision = Proportion(_fakes, _called)
"""The share of fakes among those called fake at 0.5."""


def balanced_accuracy(draws: Draws) -> Floats:
    """The mean of recall and specificity: what guessing scores 0.5 at, whatever the mix."""
    return (recall(draws) + specificity(draws)) / 2


def f1(draws: Draws) -> Floats:
    """The harmonic mean of precision and recall at 0.5."""
    called, fake = _called(draws), _fakes(draws)
    return _ratio(2 * draws.total(called & fake), draws.total(called) + draws.total(fake))


def brier(draws: Draws) -> Floats:
    """The mean squared distance of p_fake from the truth (Brier 1950)."""
    return _ratio(draws.total((draws.p_fake - draws.labels) ** 2), draws.weights.sum(axis=1))


def bin_index(p_fake: Floats) -> NDArray[np.int64]:
    """The calibration bin of each p_fake: (n,), from 0."""
    return np.minimum((p_fake * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)


def calibration_error(draws: Draws) -> Floats:
    """Expected calibration error, 15 bins of equal width (Guo et al. 2017, https://arxiv.org/abs/1706.04599)."""
    gaps = (bin_index(draws.p_fake)[:, None] == np.arange(CALIBRATION_BINS)) * (draws.p_fake - draws.labels)[:, None]
    return _ratio(np.abs(draws.weights @ gaps).sum(axis=1), draws.weights.sum(axis=1))


def caught_at(allowed: float) -> Figure:
    """The share of fakes caught by the lowest threshold that calls at most `allowed` of the reals fake."""

    def figure(draws: Draws) -> Floats:
        reals, fakes = (np.cumsum(draws.by_score(label)[:, ::-1], axis=1) for label in (0, 1))
        within = reals <= allowed * reals[:, -1:]
        return _ratio(np.where(within, fakes, 0.0).max(axis=1), fakes[:, -1])

    return figure


def _by_sureness(draws: Draws) -> tuple[Floats, Floats]:
    """Share of the faces, and of them the share judged right at 0.5, as the less and less sure are let in: (r, u).

    Those that are equally sure, u levels in all, are let in together: their order says nothing.
    """
    sureness = np.abs(draws.p_fake - DECISION).round(9)  # 0.3 and 0.7 lie equally far, but for rounding
    order = np.argsort(-sureness, kind="stable")
    starts = np.flatnonzero(np.diff(-sureness[order], prepend=-np.inf))
    right = ((draws.p_fake >= DECISION) == (draws.labels == 1))[order]
    weights = draws.weights[:, order]
    judged, hits = (
        np.cumsum(np.add.reduceat(counted, starts, axis=1), axis=1) for counted in (weights, weights * right)
    )
    shares = np.divide(hits, judged, out=np.zeros_like(hits), where=judged > 0)
    return judged / judged[:, -1:], shares


def right_at_coverage(share: float) -> Figure:
    """The share judged right among the surest of the faces, whose p_fake is farthest from 0.5: at least this share."""

    def figure(draws: Draws) -> Floats:
        covered, right = _by_sureness(draws)
        last = np.minimum((covered < share - 1e-9).sum(axis=1), covered.shape[1] - 1)
        return np.asarray(right[np.arange(len(right)), last])

    return figure


def coverage_at_right(wanted: float) -> Figure:
    """The largest share of the faces, the surest first, of which this share is judged right; 0 where there is none."""

    def figure(draws: Draws) -> Floats:
        covered, right = _by_sureness(draws)
        return np.asarray(np.where(right >= wanted, covered, 0.0).max(axis=1))

    return figure


ONE_CLASS: dict[str, Figure] = {"accuracy": accuracy, "brier": brier}
TWO_CLASS: dict[str, Figure] = {
    "auc": auc,
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "precision": precision,
    "recall": recall,
    "f1": f1,
    "tpr_at_fpr_1": caught_at(0.01),
    "tpr_at_fpr_5": caught_at(0.05),
    "calibration_error": calibration_error,
    "brier": brier,
    "right_at_70_coverage": right_at_coverage(0.7),
    "coverage_at_99_right": coverage_at_right(0.99),
}


def measure(scores: Scores, *, fake_from: float, real_until: float) -> dict[str, Any]:
    """Every figure that these scores allow: {"n", "real", "fake", name: {"value", "low", "high"}}."""
    fakes = int(scores.labels.sum())
    reals = len(scores.labels) - fakes
    if not fakes + reals:
        return {"n": 0, "real": 0, "fake": 0}
    figures = (TWO_CLASS if fakes and reals else ONE_CLASS) | shipped(fake_from, real_until)
    draws = Draws.of(scores)
    result: dict[str, Any] = {"n": fakes + reals, "real": reals, "fake": fakes}
    result |= keep_known({name: measure_figure(figure, draws) for name, figure in figures.items()})
    if fakes and reals:
        result |= (perfect := perfect_calibration_errors(scores.p_fake))
        if (error := result["calibration_error"])["value"] <= perfect["calibration_error_by_chance"]:
            error["low"] = 0.0  # chance alone gives as much, so perfect calibration is not ruled out
    return result


def mean(values: Floats, groups: NDArray[np.str_]) -> Estimate:
    """The mean of numbers from 0 to 1 with its interval over groups. values: (n,) of at least one, groups: (n,)."""
    draws = Draws.of(Scores(values, np.zeros(len(values), dtype=np.int64), groups))
    return estimate(draws.weights @ draws.p_fake / draws.weights.sum(axis=1), groups=len(np.unique(groups)))


def shipped(fake_from: float, real_until: float) -> dict[str, Figure]:
    """At the shipped pair of thresholds: how often it answers and is right then, and what each class is called.

    right_when_answered_even: if as many fakes came as reals, whatever the mix that was measured on.
    """

    def called_fake(draws: Draws) -> NDArray[np.bool_]:
        return np.asarray(draws.p_fake >= fake_from)

    def called_real(draws: Draws) -> NDArray[np.bool_]:
        return np.asarray((draws.p_fake < real_until) & ~called_fake(draws))

    def answered(draws: Draws) -> NDArray[np.bool_]:
        return called_fake(draws) | called_real(draws)

    caught, missed = Proportion(called_fake, _fakes), Proportion(called_real, _fakes)
    accused, cleared = Proportion(called_fake, _reals), Proportion(called_real, _reals)

    def right_when_even(draws: Draws) -> Floats:
        right = caught(draws) + cleared(draws)
        return _ratio(right, right + missed(draws) + accused(draws))

    return {
        "coverage": Proportion(answered, _all),
        "right_when_answered": Proportion(lambda draws: called_fake(draws) == _fakes(draws), answered),
        "right_when_answered_even": Counted(
            right_when_even,
            among=(lambda draws: answered(draws) & _reals(draws), lambda draws: answered(draws) & _fakes(draws)),
        ),
        "reals_called_fake": accused,
        "fakes_called_fake": caught,
        "fakes_called_real": missed,
    }


def measure_figure(figure: Figure, draws: Draws) -> Estimate:
    """One figure. Where it is no share of faces, the class of fewer groups says how many it counts."""
    if isinstance(figure, Counted):
        counted = figure.among
    else:
        counted = (figure.among,) if isinstance(figure, Proportion) else (_reals, _fakes)
    counts = [draws.count_groups(those(draws)) for those in counted]
    groups = min((count for count in counts if count), default=0)  # a class of which none was answered counts for none
    return estimate(figure(draws), groups=groups, biased=figure is calibration_error)


def perfect_calibration_errors(p_fake: Floats) -> dict[str, float]:
    """What a perfectly calibrated detector with these p_fake scores by chance alone, of 200 draws.

    The mean, and what 5 in 100 exceed: a calibration error above that is no chance.
    """
    random = default_rng(0)
    truths = [(random.random(len(p_fake)) < p_fake).astype(np.int64) for _ in range(200)]
    errors = [float(calibration_error(Draws.once(p_fake, truth))[0]) for truth in truths]
    return {
        "calibration_error_if_perfect": round(float(np.mean(errors)), 4),
        "calibration_error_by_chance": round(float(np.quantile(errors, 0.95)), 4),
    }
