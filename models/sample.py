"""A small fixed part of the test pictures, and the AUC on it: do shipped weights still say what was measured?

Chosen by the hash of each picture's name, so that it is the same part on every machine.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import numpy as np

from models.data import Sample, select
from models.evaluate import Answers
from models.metrics import Draws, auc

FAKES_AND_REALS = 200, 200


def choose_sample(samples: Sequence[Sample]) -> list[Sample]:
    """200 reals and 200 fakes of the test split, or all where there are fewer."""
    tested = sorted(select(samples, "test"), key=_place)
    reals, fakes = ([sample for sample in tested if sample.label == label] for label in (0, 1))
    return [*reals[: FAKES_AND_REALS[0]], *fakes[: FAKES_AND_REALS[1]]]


def _place(sample: Sample) -> str:
    return sha256(f"{sample.source}/{sample.label}/{sample.path.name}".encode()).hexdigest()


def measure_sample(answers: Answers, detector: str, samples: Sequence[Sample]) -> dict[str, Any]:
    """{"real", "fake", "auc"}: the figure unrounded; empty where the sample lacks a class. Faceless ones stay out."""
    chosen = {sample.path for sample in choose_sample(samples)}
    scores = answers.scores(detector)
    kept = np.array([face.sample.path in chosen for face in answers.faces], dtype=bool) & ~np.isnan(scores.p_fake)
    scores = scores.where(kept)
    fakes = int(scores.labels.sum())
    if fakes in (0, len(scores.labels)):
        return {}
    found = auc(Draws.of(scores, resamples=0))
    return {"real": len(scores.labels) - fakes, "fake": fakes, "auc": round(float(found[0]), 6)}
