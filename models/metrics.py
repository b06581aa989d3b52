"""How well p_fake tells real from fake, each figure with a 95 % interval and its count.

Intervals are a percentile bootstrap over groups (source videos), not over pictures: frames of one video err together.
Figures are scikit-learn's wherever it has them.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.random import default_rng
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    brier_score_loss,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
    roc_curve,
)

RESAMPLES = 500
CALIBRATION_BINS = 15  # of equal width, as in Guo et al. 2017
DECISION = 0.5  # on calibrated p_fake; "inconclusive" is not used for these figures
Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """0.913 [0.902, 0.924]"""
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class Scores:
    """What one detector said of many faces. p_fake: (n,) in [0, 1]; labels: (n,), 1 = fake; groups: (n,) of names."""

    p_fake: Floats
    labels: Labels
    groups: NDArray[np.str_]

    def where(self, chosen: NDArray[np.bool_]) -> "Scores":
        """The scores of the chosen faces."""
        return Scores(self.p_fake[chosen], self.labels[chosen], self.groups[chosen])

    def by_group(self) -> "Scores":
        """One score a group, the mean of its faces': how a video is judged. A group of both classes becomes two."""
        names, place = np.unique(np.char.add(self.groups, np.where(self.labels, "/1", "/0")), return_inverse=True)
        mean = np.bincount(place, self.p_fake) / np.bincount(place)
        labels = (np.bincount(place, self.labels) > 0).astype(np.int64)
        return Scores(mean, labels, names)


Figure = Callable[[Floats, Labels, Floats], float]
"""(p_fake, labels, weights) -> a figure."""


def _at_decision(score: Callable[..., float], **options: Any) -> Figure:
    def figure(p_fake: Floats, labels: Labels, weights: Floats) -> float:
        return float(score(labels, p_fake >= DECISION, sample_weight=weights, **options))

    return figure


def _auc(p_fake: Floats, labels: Labels, weights: Floats) -> float:
    return float(roc_auc_score(labels, p_fake, sample_weight=weights))


def _brier(p_fake: Floats, labels: Labels, weights: Floats) -> float:
    return float(brier_score_loss(labels, p_fake, sample_weight=weights))


def _caught_at(allowed: float) -> Figure:
    """The share of fakes caught where at most `allowed` of the reals are called fake."""

    def figure(p_fake: Floats, labels: Labels, weights: Floats) -> float:
        false, caught, _ = roc_curve(labels, p_fake, sample_weight=weights)
        return float(caught[false <= allowed].max())

    return figure


def calibration_error(p_fake: Floats, labels: Labels, weights: Floats) -> float:
    """Expected calibration error, 15 bins of equal width (Guo et al. 2017, https://arxiv.org/abs/1706.04599)."""
    bins = np.minimum((p_fake * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    gaps = np.bincount(bins, weights * (p_fake - labels), minlength=CALIBRATION_BINS)
    return float(np.abs(gaps).sum() / weights.sum())


TWO_CLASS: dict[str, Figure] = {
    "auc": _auc,
    "accuracy": _at_decision(accuracy_score),
    "balanced_accuracy": _at_decision(balanced_accuracy_score),
    "precision": _at_decision(precision_score, zero_division=0.0),
    "recall": _at_decision(recall_score),
    "f1": _at_decision(f1_score, zero_division=0.0),
    "tpr_at_fpr_1": _caught_at(0.01),
    "tpr_at_fpr_5": _caught_at(0.05),
    "calibration_error": calibration_error,
    "brier": _brier,
}
ONE_CLASS: dict[str, Figure] = {"accuracy": _at_decision(accuracy_score), "brier": _brier}


def measure(scores: Scores, *, fake_from: float, real_until: float) -> dict[str, Any]:
    """Every figure that these scores allow: {"n", "real", "fake", name: {"value", "low", "high"}}."""
    fakes = int(scores.labels.sum())
    result: dict[str, Any] = {"n": len(scores.labels), "real": len(scores.labels) - fakes, "fake": fakes}
    both = 0 < fakes < len(scores.labels)
    figures = (TWO_CLASS if both else ONE_CLASS) | _shipped(fake_from, real_until, scores.labels)
    result |= {name: asdict(estimate(figure, scores)) for name, figure in figures.items()}
    if both:
        result["calibration_error_if_perfect"] = expected_calibration_error(scores.p_fake)
    return result


def _shipped(fake_from: float, real_until: float, labels: Labels) -> dict[str, Figure]:
    """At the shipped pair of thresholds: how often it answers, how often that is right, and each class called fake."""

    def coverage(p_fake: Floats, labels: Labels, weights: Floats) -> float:
        answered = (p_fake >= fake_from) | (p_fake < real_until)
        return float(weights[answered].sum() / weights.sum())

    def right(p_fake: Floats, labels: Labels, weights: Floats) -> float:
        answered = (p_fake >= fake_from) | (p_fake < real_until)
        hits = (p_fake >= fake_from) == (labels == 1)
        return float(weights[answered & hits].sum() / max(weights[answered].sum(), 1e-12))

    def called_fake(label: int) -> Figure:
        def figure(p_fake: Floats, labels: Labels, weights: Floats) -> float:
            chosen = labels == label
            return float(weights[chosen & (p_fake >= fake_from)].sum() / max(weights[chosen].sum(), 1e-12))

        return figure

    figures: dict[str, Figure] = {"coverage": coverage, "right_when_answered": right}
    if (labels == 0).any():
        figures["reals_called_fake"] = called_fake(0)
    if (labels == 1).any():
        figures["fakes_called_fake"] = called_fake(1)
    return figures


def estimate(figure: Figure, scores: Scores) -> Estimate:
    """A figure with its interval: 500 resamples of the groups, the same ones every time."""
    random = default_rng(0)
    names, place = np.unique(scores.groups, return_inverse=True)
    value = figure(scores.p_fake, scores.labels, np.ones(len(place)))
    values = []
    for _ in range(RESAMPLES):
        counts = np.bincount(random.integers(len(names), size=len(names)), minlength=len(names))
        weights = counts[place].astype(np.float64)
        if figure not in ONE_CLASS.values() and not _has_both(scores.labels, weights):
            continue
        values.append(figure(scores.p_fake, scores.labels, weights))
    low, high = np.percentile(values, [2.5, 97.5]) if values else (value, value)
    return Estimate(round(value, 4), round(float(low), 4), round(float(high), 4))


def _has_both(labels: Labels, weights: Floats) -> bool:
    """Whether a resample still holds both classes, or there never was more than one."""
    present = np.unique(labels[weights > 0])
    return len(present) == len(np.unique(labels))


def expected_calibration_error(p_fake: Floats) -> float:
    """What a perfectly calibrated detector with these p_fake scores by chance alone: the mean of 200 draws."""
    random = default_rng(0)
    ones = np.ones(len(p_fake))
    draws = [
        calibration_error(p_fake, (random.random(len(p_fake)) < p_fake).astype(np.int64), ones) for _ in range(200)
    ]
    return round(float(np.mean(draws)), 4)
