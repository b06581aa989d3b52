"""Fit jury.json: for each set of the jury's members a logistic regression, all kinds of forgery weighing alike.

Fitted on validation faces as they are and passed on as by a messenger, and on the reals among them forged here: an
expert for blending is heard though most labelled fakes leave no seam. Fake holds for the worst source of reals; real
holds for the worst kind of forgery, and for what was passed on alone, too: what was shared loses its traces first.

The residual expert is not weighed: where every generator was learnt from, it adds nothing. Where a picture looks like
the work of one that none had met, it doubts more than the others, so it holds "real" back: models/EXPERIMENTS.md,
"Kinds that a network never met".
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any, Never

import numpy as np
from numpy.random import default_rng
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from detectors.jury.fusion import (
    JURY,
    JURY_KEY,
    JURY_TITLE,
    find_fitted,
    hash_network,
    known_detectors,
    read_table,
    to_logit,
    to_p,
    weigh,
)
from models.data.augmentation import pass_on
from models.data.datasets import refuse_eval_only
from models.data.face_index import LabelledFace
from models.data.forged_faces import forge_face
from models.errors import DataError
from models.evaluation.evaluate import Answers, ask
from models.training.calibration import Thresholds, round_outwards
from registry import DetectorSpec, Image

WEIGHED = ("blend", "custom-cnn", "efficientnet", "efficientnet-160")
DOUBTERS = ("residual",)
MEMBERS = (*WEIGHED, *DOUBTERS)
MAX_REALS_DOUBTED = 0.2  # by one doubter; chosen by validation faces of networks that had not met the kind
SELF_BLENDED = "self-blended"  # kind of the forgeries made here
UNNAMED = "unnamed"  # kind of a fake whose data does not say
MAX_REALS_CALLED_FAKE = 0.03  # of the reals of each source
MAX_FALSE_OMISSION_RATE = 0.10  # fakes among what is called real, as many fakes as reals coming
MIN_OF_A_CLASS = 200  # a jury fitted on fewer would be worse than the one it replaces
MIN_COUNTED = 50  # faces of a source: below, a quantile says little, and small sources are taken together
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Material:
    """What was said of many faces. p_fake: detector -> (n,), NaN where it failed; kinds: (n,), "" for a real face.

    passed_on: (n,), whether the face was made smaller and recompressed as by a messenger.
    """

    p_fake: Mapping[str, Floats]
    kinds: NDArray[np.str_]
    sources: NDArray[np.str_]
    passed_on: NDArray[np.bool_]

    @property
    def labels(self) -> NDArray[np.int64]:
        """1 = fake."""
        return np.asarray(self.kinds != "", dtype=np.int64)

    def where(self, chosen: NDArray[np.bool_]) -> "Material":
        """Some of the faces."""
        p_fake = {key: values[chosen] for key, values in self.p_fake.items()}
        return Material(p_fake, self.kinds[chosen], self.sources[chosen], self.passed_on[chosen])


def fit(specs: Sequence[DetectorSpec], held_out: Sequence[LabelledFace]) -> dict[str, Any]:
    """jury.json for these detectors, each named with the SHA-256 of its network, asked about validation faces.

    Raises DataError where there are too few of a class, or where they are for evaluation only.
    """
    labels = [face.sample.label for face in held_out]
    if min(labels.count(0), labels.count(1)) < MIN_OF_A_CLASS:
        raise DataError(
            f"the jury is fitted on at least {MIN_OF_A_CLASS} real and as many fake validation faces; "
            f"these folders hold {labels.count(0)} and {labels.count(1)}"
        )
    members = {spec.key: hash_network(spec.key) for spec in specs}
    return {"members": members} | fit_jury(gather(specs, held_out))


def write(table: Mapping[str, Any]) -> None:
    """Replace the built-in jury.json. Each set of members is a line, so that a person can read the page."""
    rows = ",\n    ".join(json.dumps(row) for row in table["subsets"])
    text = json.dumps({**table, "subsets": []}, indent=2).replace('"subsets": []', f'"subsets": [\n    {rows}\n  ]')
    JURY.write_text(text + "\n", encoding="utf-8")
    read_table.cache_clear()


def add_jury(answers: Answers) -> tuple[Answers, DetectorSpec | None]:
    """The answers with the jury's own beside them, and the jury as if it were a detector, to be measured like one.

    The jury is None, and the answers are as they were, where not all of its members were asked.
    """
    whole = find_fitted(answers.p_fake)
    if whole is None or set(whole["detectors"]) != known_detectors():
        return answers, None
    members = whole["detectors"]
    rows = zip(*(answers.p_fake[key] for key in members), strict=True)
    p_fake = np.array([_weigh(dict(zip(members, row, strict=True))) for row in rows], dtype=np.float64)
    spec = DetectorSpec(
        key=JURY_KEY,
        title=JURY_TITLE,
        load=_cannot_load,
        fake_from=whole["fake_from"],
        real_until=whole["real_until"],
    )
    return replace(answers, p_fake={**answers.p_fake, JURY_KEY: p_fake}), spec


def _weigh(p_fakes: Mapping[str, float]) -> float:
    """The jury's p_fake from those that gave a number; NaN where none did."""
    voted = {key: p_fake for key, p_fake in p_fakes.items() if not np.isnan(p_fake)}
    row = find_fitted(voted)
    return weigh(row, voted) if row else np.nan


def _cannot_load() -> Never:
    raise TypeError("the jury is no detector: it is computed from what detectors said")


def gather(specs: Sequence[DetectorSpec], held_out: Sequence[LabelledFace]) -> Material:
    """Ask the detectors about validation faces: as they are, passed on, and the reals forged, each both ways.

    Raises DataError on evaluation-only faces.
    """
    refuse_eval_only(face.sample for face in held_out)
    reals = [face for face in held_out if not face.sample.label]

    def spoil(image: Image, index: int) -> Image:
        return pass_on(image, default_rng([0, index]))

    def forge(_: Image, index: int) -> Image:
        return forge_face(reals[index], seed=index).after

    def spoil_forged(image: Image, index: int) -> Image:
        return spoil(forge(image, index), index)

    rounds = [
        as_material(ask(specs, held_out)),
        as_material(ask(specs, held_out, change=spoil), passed_on=True),
        as_material(ask(specs, reals, change=forge), kind=SELF_BLENDED),
        as_material(ask(specs, reals, change=spoil_forged), kind=SELF_BLENDED, passed_on=True),
    ]
    return join(rounds)


def as_material(answers: Answers, *, kind: str | None = None, passed_on: bool = False) -> Material:
    """kind: of all of them, where it is not the samples'."""
    named = [(face.sample.kind or UNNAMED) if face.sample.label else "" for face in answers.faces]
    kinds = named if kind is None else [kind] * len(named)
    delivered = np.full(len(named), passed_on)
    return Material(answers.p_fake, np.array(kinds, dtype=np.str_), answers.column("source"), delivered)


def join(parts: Sequence[Material]) -> Material:
    """One after the other."""
    p_fake = {key: np.concatenate([part.p_fake[key] for part in parts]) for key in parts[0].p_fake}
    columns = (np.concatenate([getattr(part, name) for part in parts]) for name in ("kinds", "sources", "passed_on"))
    return Material(p_fake, *columns)


def fit_jury(material: Material) -> dict[str, Any]:
    """jury.json: what was fitted for every non-empty set of the detectors in the material."""
    names, counts = np.unique(material.kinds, return_counts=True)
    counted = {str(name) or "real": int(count) for name, count in zip(names, counts, strict=True)}
    return {
        "schema": 1,
        "fitted_on": {"split": "val, as it is and passed on", **counted},
        "subsets": [_fit_subset(material, keys) for keys in subsets(material.p_fake)],
    }


def subsets(keys: Collection[str]) -> Iterator[tuple[str, ...]]:
    """Every non-empty set of detectors, each in the order of its keys."""
    for size in range(1, len(keys) + 1):
        yield from combinations(sorted(keys), size)


def _fit_subset(material: Material, keys: Sequence[str]) -> dict[str, Any]:
    answered = ~np.isnan(np.stack([material.p_fake[key] for key in keys])).any(axis=0)
    chosen = material.where(np.asarray(answered, dtype=np.bool_))
    weighed = [key for key in keys if key not in DOUBTERS] or list(keys)
    logits = np.stack([_to_logits(chosen.p_fake[key]) for key in weighed], axis=1)
    weights, shift = fit_logistic(logits, chosen.labels, weigh_kinds(chosen))
    doubt_from = {key: _fit_doubt(chosen.p_fake[key], chosen) for key in keys if key not in weighed}
    doubted = np.full(len(logits), False)
    for key, limit in doubt_from.items():
        doubted |= chosen.p_fake[key] >= limit
    fitted = {
        "detectors": list(keys),
        "weights": {key: round(float(weight), 4) for key, weight in zip(weighed, weights, strict=True)},
        "shift": round(shift, 4),
    } | ({"doubt_from": doubt_from} if doubt_from else {})
    p_fake = np.array([to_p(float(logit)) for logit in logits @ weights + shift])
    return fitted | asdict(fit_thresholds(p_fake, chosen, doubted))


def _fit_doubt(p_fake: Floats, material: Material) -> float:
    """From where an expert doubts, to three digits: at most MAX_REALS_DOUBTED of the reals lie there."""
    return float(np.ceil(1000 * np.quantile(p_fake[material.kinds == ""], 1 - MAX_REALS_DOUBTED)) / 1000)


def weigh_kinds(material: Material) -> Floats:
    """Weights of the faces: both classes alike in all, and among the fakes every kind alike in all."""
    kinds = np.unique(material.kinds)
    counts = {kind: int((material.kinds == kind).sum()) for kind in kinds}
    shares = {kind: 1.0 if kind == "" else 1 / max(1, len(kinds) - 1) for kind in kinds}
    return np.array([shares[kind] / counts[kind] for kind in material.kinds]) * len(material.kinds) / 2


def fit_logistic(logits: Floats, labels: NDArray[np.int64], faces: Floats) -> tuple[Floats, float]:
    """Weights of the columns, none below 0, and a shift. faces: how much each row counts."""
    heard = list(range(logits.shape[1]))
    while True:
        fitted = LogisticRegression(C=np.inf).fit(logits[:, heard], labels, sample_weight=faces)
        if len(heard) == 1 or fitted.coef_.min() >= 0:
            break
        heard.pop(int(fitted.coef_[0].argmin()))
    weights = np.zeros(logits.shape[1])
    weights[heard] = np.maximum(fitted.coef_[0], 0)
    return weights, float(fitted.intercept_[0])


def fit_thresholds(p_fake: Floats, material: Material, doubted: NDArray[np.bool_]) -> Thresholds:
    """fake_from by the worst source of reals, real_until by the worst labelled kind of forgery.

    At most 3 % of the reals of any source reach the first. Below the second, at most one face in ten is fake where as
    many fakes of any one kind as reals come: as they are, and passed on. doubted: (n,), faces never called real.
    """
    reals = [np.quantile(part, 1 - MAX_REALS_CALLED_FAKE, method="higher") for part in _by_source(p_fake, material)]
    kinds = set(material.kinds) - {"", SELF_BLENDED} or {SELF_BLENDED}
    untils = [
        _find_real_until(p_fake[chosen], material.labels[chosen], doubted[chosen])
        for kind in kinds
        for delivered in (False, True)
        if (chosen := np.isin(material.kinds, ["", kind]) & (material.passed_on == delivered)).any()
    ]
    return round_outwards(float(max(reals)), min(untils))


def _find_real_until(p_fake: Floats, labels: NDArray[np.int64], doubted: NDArray[np.bool_]) -> float:
    """The highest p_fake below which at most a tenth is fake, both classes weighing alike; 0 where there is none."""
    weights = np.where(labels == 1, 1 / max(1, labels.sum()), 1 / max(1, (1 - labels).sum()))
    order = np.argsort(np.where(doubted, np.inf, p_fake), kind="stable")[: (~doubted).sum()]
    fake = np.cumsum((weights * labels)[order])
    holds = fake <= MAX_FALSE_OMISSION_RATE * np.cumsum(weights[order])
    return float(p_fake[order][holds].max(initial=0.0))


def _by_source(p_fake: Floats, material: Material) -> Iterator[Floats]:
    """The reals of each source; those of the small sources together, or where even these are few with all others."""
    reals = material.kinds == ""
    names, counts = np.unique(material.sources[reals], return_counts=True)
    for name in names[counts >= MIN_COUNTED]:
        yield p_fake[reals & (material.sources == name)]
    small = reals & np.isin(material.sources, names[counts < MIN_COUNTED])
    if small.any():
        yield p_fake[small if small.sum() >= MIN_COUNTED else reals]


def _to_logits(p_fake: Floats) -> Floats:
    return np.array([np.nan if np.isnan(value) else to_logit(float(value)) for value in p_fake])
