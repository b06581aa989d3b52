"""AUC and equal error rate of a voice detector, by what was held out, each with its interval and chance beside it.

Intervals are a bootstrap over speakers (recordings where the speaker is unknown), not over windows. Chance is what the
same windows give when the scores are dealt out anew: the middle 95 % of 200 deals.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.random import default_rng
from numpy.typing import NDArray

from models.data.speech import EVAL_VOCODER, FIT_VOCODER, KNOWN_VOCODERS, SpeechWindows
from models.evaluation.draws import Draws, Floats, Scores
from models.evaluation.intervals import say_figure
from models.evaluation.metrics import Figure, auc, measure_figure, shipped

DEALS = 200
Rows = Mapping[str, dict[str, Any]]
"""Name of a set -> which windows: split, and kinds of the fakes (empty: all)."""
SETS: Rows = {
    "same sources, vocoders that it learnt": {"split": "test", "kinds": KNOWN_VOCODERS},
    "same sources, synthesisers that it learnt": {"split": "test", "kinds": ("espeak-ng", "sam")},
    "same sources, vocoder left out (linear prediction)": {"split": "test", "kinds": (EVAL_VOCODER,)},
    "sources left out, vocoders that it learnt": {"split": "eval", "kinds": KNOWN_VOCODERS},
    "sources and vocoder left out (linear prediction)": {"split": "eval", "kinds": (EVAL_VOCODER,)},
    "sources and synthesiser left out (Flite)": {"split": "eval", "kinds": ("flite",)},
    "sources and synthesiser left out (Deep Voice 3, neural)": {"split": "eval", "kinds": ("deep-voice-3",)},
    "all that was left out of training and thresholds": {"split": "eval", "kinds": ()},
    "fitted on: source not learnt, vocoders that it learnt": {"split": "fit", "kinds": KNOWN_VOCODERS},
    "fitted on: source and vocoder not learnt (random phase)": {"split": "fit", "kinds": (FIT_VOCODER,)},
    "fitted on: source and synthesiser not learnt (Gnuspeech)": {"split": "fit", "kinds": ("gnuspeech",)},
}


def equal_error_rate(draws: Draws) -> Floats:
    """Where as many reals are called fake as fakes real: (r,), NaN where a draw lacks a class."""
    reals, fakes = draws.by_score(0), draws.by_score(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        missed = np.cumsum(fakes, axis=1) / fakes.sum(axis=1, keepdims=True)
        called = 1 - np.cumsum(reals, axis=1) / reals.sum(axis=1, keepdims=True)
    start = np.zeros((len(reals), 1))
    missed, called = np.hstack([start, missed]), np.hstack([start + 1, called])
    place = np.argmin(np.abs(missed - called), axis=1)[:, None]
    rate = (np.take_along_axis(missed, place, 1) + np.take_along_axis(called, place, 1))[:, 0] / 2
    empty = (fakes.sum(axis=1) == 0) | (reals.sum(axis=1) == 0)
    return np.where(empty, np.nan, rate)


def measure_sets(
    windows: SpeechWindows, p_fake: NDArray[np.float64], *, fake_from: float, real_until: float
) -> dict[str, dict[str, Any]]:
    """Name of a set -> counts, AUC, EER, their chance, and how often it answers and is right. Sets without fakes: none.

    p_fake: (n,) of all windows.
    """
    labels, kinds, splits = (windows.column(name) for name in ("label", "kind", "split"))
    speakers = np.array([f"{one.source}/{one.speaker}" for one in windows.index])  # two sources may share a name
    scores = Scores(p_fake, labels, speakers)
    found = {}
    for name, wanted in SETS.items():
        fake = (labels == 1) & (np.isin(kinds, wanted["kinds"]) if wanted["kinds"] else True)
        chosen = (splits == wanted["split"]) & (fake | (labels == 0))
        if {0, 1} <= set(labels[chosen]):
            of_learnt_sources = wanted["split"] == "test"
            found[name] = {"in_training": of_learnt_sources} | _measure(scores.where(chosen), fake_from, real_until)
    return found


def _measure(scores: Scores, fake_from: float, real_until: float) -> dict[str, Any]:
    draws = Draws.of(scores)
    figures = {"auc": auc, "eer": equal_error_rate} | {
        name: figure for name, figure in shipped(fake_from, real_until).items() if name != "fakes_called_fake"
    }
    counts = {"real": int((scores.labels == 0).sum()), "fake": int((scores.labels == 1).sum())}
    return {
        **counts,
        "speakers": len(set(scores.groups)),
        **{name: _estimate(figure, draws) for name, figure in figures.items()},
        **_deal(scores),
    }


def _estimate(figure: Figure, draws: Draws) -> dict[str, float] | None:
    """None where there is nothing to take a share of, as among no answers."""
    found = measure_figure(figure, draws)
    return None if np.isnan(found.value) else asdict(found)


def say_share(figure: Mapping[str, float] | None) -> str:
    """A figure with its interval, or "none"."""
    return say_figure(figure) if figure else "none"


def _deal(scores: Scores) -> dict[str, list[float]]:
    """The middle 95 % of AUC and EER when p_fake says nothing."""
    rng, p_fake = default_rng(0), np.sort(scores.p_fake)
    deals = [Draws.once(p_fake, rng.permutation(scores.labels)) for _ in range(DEALS)]
    middle = {
        name: np.percentile([figure(one)[0] for one in deals], [2.5, 97.5])
        for name, figure in (("auc", auc), ("eer", equal_error_rate))
    }
    return {f"{name}_by_chance": [round(float(edge), 4) for edge in edges] for name, edges in middle.items()}
