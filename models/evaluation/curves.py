"""What the pictures of a model card are drawn from: the ROC curve and the reliability of each bin of p_fake."""

from typing import Any

import numpy as np

from models.evaluation.draws import Draws, Scores
from models.evaluation.metrics import CALIBRATION_BINS, bin_index

CURVE_POINTS = 100  # at most, of a ROC curve: enough for a picture


def curves(scores: Scores) -> dict[str, Any]:
    """What the pictures are drawn from: {"roc": {"fpr", "tpr"}, "reliability": bins}; empty with one class only.

    roc: ascending from (0, 0) to (1, 1). reliability: {"from", "to", "count", "p_fake": mean, "fake": share} for each
    of the 15 bins that holds a face.
    """
    if len(np.unique(scores.labels)) < 2:
        return {}
    return {"roc": roc(scores), "reliability": reliability(scores)}


def roc(scores: Scores) -> dict[str, list[float]]:
    """The ROC curve at no more than 100 of its corners, evenly along the way."""
    draws = Draws.of(scores, resamples=0)
    reals, fakes = (np.r_[0.0, np.cumsum(draws.by_score(label)[0, ::-1])] for label in (0, 1))
    fpr, tpr = reals / reals[-1], fakes / fakes[-1]
    along = np.searchsorted(fpr + tpr, np.linspace(0, 2, CURVE_POINTS))
    chosen = np.unique(np.r_[0, np.minimum(along, len(fpr) - 1)])[-CURVE_POINTS:]
    return {"fpr": np.round(fpr[chosen], 4).tolist(), "tpr": np.round(tpr[chosen], 4).tolist()}


def reliability(scores: Scores) -> list[dict[str, float]]:
    """What came true of each bin of p_fake: bins as in calibration_error, empty ones left out."""
    place = bin_index(scores.p_fake)
    return [_describe_bin(index, scores.where(place == index)) for index in np.unique(place)]


def _describe_bin(index: int, inside: Scores) -> dict[str, float]:
    return {
        "from": round(float(index / CALIBRATION_BINS), 4),
        "to": round(float((index + 1) / CALIBRATION_BINS), 4),
        "count": len(inside.labels),
        "p_fake": round(float(inside.p_fake.mean()), 4),
        "fake": round(float(inside.labels.mean()), 4),
    }
