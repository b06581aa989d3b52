"""Fit what the jury says together: its weights on validation faces, and the agreement on half of the test faces."""

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import combinations
from pathlib import Path
from typing import Any, Never

import numpy as np
from numpy.random import default_rng
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from detectors.jury.fusion import (
    AGREEMENT,
    JURY,
    JURY_KEY,
    JURY_TITLE,
    find_subset,
    read_table,
    to_logit,
    weigh,
    wilson,
)
from models.data.augmentation import degrade
from models.data.datasets import refuse_eval_only
from models.data.face_index import LabelledFace
from models.errors import DataError
from models.evaluation.evaluate import Answers, ask, join
from models.training.calibration import fit_thresholds
from registry import DetectorSpec, judge


def write(specs: Sequence[DetectorSpec], held_out: Sequence[LabelledFace], tested: Answers) -> None:
    """Fit and write jury.json and agreement.json, of the built-in detectors. held_out: validation faces.

    Raises DataError when those lack a class.
    """
    if {face.sample.label for face in held_out} != {0, 1}:
        raise DataError("the jury is fitted on validation faces, real and fake, and these folders hold none of a kind")
    clean = ask(specs, held_out)
    degraded = ask(specs, held_out, change=lambda image, index: degrade(image, default_rng([0, index])))
    only_test = [index for index, face in enumerate(tested.faces) if face.sample.split == "test"]
    _write(JURY, fit_jury(join(clean, degraded), specs))
    _write(AGREEMENT, count_agreement(tested.where(only_test), specs))
    read_table.cache_clear()


def _write(path: Path, table: dict[str, Any]) -> None:
    path.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


def seat(answers: Answers, specs: Sequence[DetectorSpec]) -> tuple[Answers, DetectorSpec | None]:
    """The answers with the jury's own beside them, and the jury as if it were a detector, to be measured like one.

    specs: the built-in detectors. The jury is None, and the answers as they were, where not all of them were asked, or
    jury.json was fitted for others.
    """
    keys = [spec.key for spec in specs]
    table = read_table(JURY)
    whole = find_subset(table, keys) if set(keys) <= answers.p_fake.keys() else None
    if whole is None:
        return answers, None
    rows = zip(*(answers.p_fake[key] for key in keys), strict=True)
    p_fake = np.array([_weigh(table, dict(zip(keys, row, strict=True))) for row in rows], dtype=np.float64)
    spec = DetectorSpec(
        key=JURY_KEY,
        title=JURY_TITLE,
        load=_cannot_load,
        fake_from=whole["fake_from"],
        real_until=whole["real_until"],
    )
    return Answers(answers.faces, answers.faceless, {**answers.p_fake, JURY_KEY: p_fake}), spec


def _weigh(table: dict[str, Any], p_fakes: dict[str, float]) -> float:
    """The jury's p_fake from those that gave a number; NaN where nobody did."""
    voted = {key: p_fake for key, p_fake in p_fakes.items() if not np.isnan(p_fake)}
    row = find_subset(table, voted)
    return weigh(row, voted) if row else np.nan


def _cannot_load() -> Never:
    raise TypeError("the jury is no detector: it is computed from what detectors said")


def subsets(specs: Sequence[DetectorSpec]) -> Iterator[tuple[DetectorSpec, ...]]:
    """Every non-empty set of detectors, each in the order of its keys."""
    ordered = sorted(specs, key=lambda spec: spec.key)
    for size in range(1, len(ordered) + 1):
        yield from combinations(ordered, size)


def fit_jury(answers: Answers, specs: Sequence[DetectorSpec]) -> dict[str, Any]:
    """jury.json: a logistic regression over the logits for every subset, classes weighing the same, no weight below 0.

    Raises DataError on evaluation-only faces.
    """
    refuse_eval_only(face.sample for face in answers.faces)
    labels = np.array([face.sample.label for face in answers.faces])
    rows = [_fit_subset(answers, chosen, labels) for chosen in subsets(specs)]
    fitted_on = {"split": "val, as it is and degraded", "real": int((labels == 0).sum()), "fake": int(labels.sum())}
    return {"schema": 1, "fitted_on": fitted_on, "subsets": rows}


def _fit_subset(answers: Answers, chosen: Sequence[DetectorSpec], labels: NDArray[np.int64]) -> dict[str, Any]:
    logits = np.stack([np.vectorize(to_logit)(answers.p_fake[spec.key]) for spec in chosen], axis=1)
    voted = ~np.isnan(logits).any(axis=1)
    weights, shift = _weigh_logits(logits[voted], labels[voted])
    p_fake = 1 / (1 + np.exp(-(logits[voted] @ weights + shift)))
    thresholds = fit_thresholds(p_fake, labels[voted])
    keys = [spec.key for spec in chosen]
    return {
        "detectors": keys,
        "weights": {key: round(float(weight), 4) for key, weight in zip(keys, weights, strict=True)},
        "shift": round(shift, 4),
        "fake_from": thresholds.fake_from,
        "real_until": thresholds.real_until,
    }


def _weigh_logits(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> tuple[NDArray[np.float64], float]:
    """Weights, none below 0, and a shift: who would count against their own word beside better ones is not heard."""
    heard = list(range(logits.shape[1]))
    while True:
        fitted = LogisticRegression(C=1.0, class_weight="balanced").fit(logits[:, heard], labels)
        if len(heard) == 1 or fitted.coef_.min() >= 0:
            break
        heard.pop(int(fitted.coef_[0].argmin()))
    weights = np.zeros(logits.shape[1])
    weights[heard] = fitted.coef_[0]
    return weights, float(fitted.intercept_[0])


def count_agreement(answers: Answers, specs: Sequence[DetectorSpec]) -> dict[str, Any]:
    """agreement.json: how each split of each subset turned out, counted on one half and checked on the other.

    Raises DataError on evaluation-only faces.
    """
    refuse_eval_only(face.sample for face in answers.faces)
    first = np.array([_in_first_half(face.sample.group) for face in answers.faces])
    rows = []
    for chosen in subsets(specs):
        counted, checked = (_count(answers, chosen, half) for half in (first, ~first))
        rows.append({"detectors": [spec.key for spec in chosen], "splits": counted, "check": _check(counted, checked)})
    return {"schema": 1, "counted_on": "one half of the test split, by source video", "subsets": rows}


def _in_first_half(group: str) -> bool:
    return sha256(group.encode()).digest()[0] % 2 == 0


def _count(answers: Answers, chosen: Sequence[DetectorSpec], half: NDArray[np.bool_]) -> list[dict[str, int]]:
    labels = np.array([face.sample.label for face in answers.faces])
    says_fake = np.zeros(len(labels), dtype=int)
    voted = half.copy()
    for spec in chosen:
        p_fake = answers.p_fake[spec.key]
        voted &= ~np.isnan(p_fake)
        says_fake += np.array([_says_fake(value, spec) for value in p_fake])
    return [
        {
            "fake": fake,
            "real_count": int((voted & (says_fake == fake) & (labels == 0)).sum()),
            "fake_count": int((voted & (says_fake == fake) & (labels == 1)).sum()),
        }
        for fake in range(len(chosen) + 1)
    ]


def _says_fake(p_fake: float, spec: DetectorSpec) -> bool:
    if np.isnan(p_fake):
        return False
    return judge(float(p_fake), fake_from=spec.fake_from, real_until=spec.real_until) == "fake"


def _check(counted: Sequence[dict[str, int]], checked: Sequence[dict[str, int]]) -> list[dict[str, Any]]:
    """For each split: how often its word was right on the half it was counted on, and on the other, with intervals."""
    return [_check_split(mine, other) for mine, other in zip(counted, checked, strict=True)]


def _check_split(mine: dict[str, int], other: dict[str, int]) -> dict[str, Any]:
    word = "fake" if mine["fake_count"] > mine["real_count"] else "real"
    result: dict[str, Any] = {"fake": mine["fake"], "word": word}
    for name, counts in (("counted", mine), ("checked", other)):
        total = counts["real_count"] + counts["fake_count"]
        if total:
            low, high = wilson(counts[f"{word}_count"], total)
            result[name] = {
                "right": round(counts[f"{word}_count"] / total, 4),
                "low": round(low, 4),
                "high": round(high, 4),
                "count": total,
            }
    return result
