"""How far the AUCs of two detectors lie apart on the same faces, for every two of the built-in ones and the jury.

`facejury models evaluate --save --replace-builtin` writes it beside the weights; the page's comparison shows it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.jury.fusion import JURY_KEY, hash_jury
from detectors.networks.folder import DIFFERENCES, MODEL, WEIGHTS, read_config
from models.evaluation.draws import Draws
from models.evaluation.evaluate import Answers, list_two_class
from models.evaluation.intervals import estimate
from models.evaluation.metrics import auc

Differences = dict[str, Any]


def mean_auc(answers: Answers, key: str, sets: Sequence[str]) -> NDArray[np.float64]:
    """The mean of the sets' AUCs in each draw: (r,). Pooled faces would be told apart by their source."""
    scores, sources = answers.scores(key), answers.column("source")
    known = ~np.isnan(scores.p_fake)
    found = [auc(Draws.of(scores.where(known & (sources == name)))) for name in sets]
    return np.asarray(np.mean(found, axis=0))


def count_groups(answers: Answers, key: str, sets: Sequence[str]) -> int:
    """The groups of the class that has the fewest, in any of the sets: so many does the mean of their AUCs count."""
    scores, sources = answers.scores(key), answers.column("source")
    known = ~np.isnan(scores.p_fake)
    chosen = [known & (sources == name) & (scores.labels == label) for name in sets for label in (0, 1)]
    return min(len(np.unique(scores.groups[those])) for those in chosen)


def measure_differences(answers: Answers, trained_on: Mapping[str, frozenset[str]]) -> Differences:
    """Of every two of these detectors, the first's AUC less the second's, paired: on the faces that both gave a number.

    trained_on: detector -> the sets it was trained on. mean: over all sets; unseen: over those that neither was
    trained on, None where there are none.
    """
    pairs = [
        _measure_pair(answers, pair, trained_on[pair[0]] | trained_on[pair[1]]) for pair in combinations(trained_on, 2)
    ]
    return {"schema": 1, "pairs": pairs}


def keep_common(answers: Answers, pair: tuple[str, str]) -> Answers:
    """The faces that both gave a number. The draws are the same for both: they depend on the faces alone."""
    known = ~np.isnan([answers.p_fake[key] for key in pair]).any(axis=0)
    return answers.where(np.flatnonzero(known).tolist())


def _measure_pair(answers: Answers, pair: tuple[str, str], seen: frozenset[str]) -> dict[str, Any]:
    both = keep_common(answers, pair)
    sets = list_two_class(both)
    apart = {name: mean_auc(both, pair[0], [name]) - mean_auc(both, pair[1], [name]) for name in sets}
    unseen = [name for name in sets if name not in seen]

    def average(names: Sequence[str]) -> dict[str, float] | None:
        return asdict(estimate(np.mean([apart[name] for name in names], axis=0))) if names else None

    return {
        "first": pair[0],
        "second": pair[1],
        "faces": int(np.isin(both.column("source"), sets).sum()),
        "mean": average(sets),
        "unseen_sets": unseen,
        "unseen": average(unseen),
        "sets": {name: asdict(estimate(apart[name])) for name in sets},
    }


def write_differences(answers: Answers, path: Path = DIFFERENCES) -> None:
    """Measure the built-in detectors and the jury, and store it with the SHA-256 of what was measured."""
    configs = {key: read_config(WEIGHTS / key) for key in answers.p_fake if (WEIGHTS / key).is_dir()}
    trained_on = {key: frozenset(config.trained_on) for key, config in configs.items()}
    trained_on[JURY_KEY] = frozenset().union(*trained_on.values())
    models = {key: config.files[MODEL] for key, config in configs.items()} | {JURY_KEY: hash_jury()}
    found = measure_differences(answers, trained_on) | {"models": models}
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
