"""Fit jury.json: each voice on the kinds of forgery it is made for, then one calibration, all kinds weighing alike.

Fitted on validation faces as they are and degraded, and on the reals among them forged here. It is read by
detectors/jury/noisy_or.py.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.random import default_rng
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from detectors.jury.fusion import to_logit
from detectors.jury.noisy_or import SCHEMA, SENTENCE, Decision, Fusion, Voice, to_p
from models.data.augmentation import degrade
from models.data.blending import forge_face
from models.data.datasets import refuse_eval_only
from models.data.face_index import LabelledFace
from models.evaluation.evaluate import Answers, ask
from registry import DetectorSpec, Image

SELF_BLENDED = "self-blended"  # kind of the forgeries made here
UNNAMED = "unnamed"  # kind of a fake whose data does not say
LABELLED_KINDS = ("swap", "reenactment", "generated", UNNAMED)
MAX_REALS_CALLED_FAKE = 0.03  # of the reals of each source
MAX_FAKES_CALLED_REAL = 0.10  # of the fakes of each kind
MIN_COUNTED = 50  # faces of a source: below, a quantile says little, and small sources are taken together
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class VoicePlan:
    """A voice to be fitted: of which detectors, on which kinds of fakes."""

    name: str
    detectors: tuple[str, ...]
    kinds: tuple[str, ...]


VOICES = (VoicePlan("labelled", ("blend", "custom-cnn", "efficientnet"), LABELLED_KINDS),)  # see EXPERIMENTS.md
NOISY_OR = (  # better while no labelled network has learnt self-blended forgeries itself
    VoicePlan("labelled", ("custom-cnn", "efficientnet"), LABELLED_KINDS),
    VoicePlan("blended", ("blend",), (SELF_BLENDED,)),
)


@dataclass(frozen=True)
class Material:
    """What was said of many faces. p_fake: detector -> (n,), NaN where it failed; kinds: (n,), "" for a real face."""

    p_fake: Mapping[str, Floats]
    kinds: NDArray[np.str_]
    sources: NDArray[np.str_]

    @property
    def labels(self) -> NDArray[np.int64]:
        """1 = fake."""
        return np.asarray(self.kinds != "", dtype=np.int64)

    def where(self, chosen: NDArray[np.bool_]) -> "Material":
        """Some of the faces."""
        p_fake = {key: values[chosen] for key, values in self.p_fake.items()}
        return Material(p_fake, self.kinds[chosen], self.sources[chosen])

    def of_kinds(self, kinds: Iterable[str]) -> "Material":
        """All reals, and the fakes of these kinds."""
        return self.where(np.isin(self.kinds, ["", *kinds]))


def gather(specs: Sequence[DetectorSpec], held_out: Sequence[LabelledFace]) -> Material:
    """Ask the detectors about validation faces: as they are, degraded, and the reals forged, each both ways.

    Raises DataError on evaluation-only faces.
    """
    refuse_eval_only(face.sample for face in held_out)
    reals = [face for face in held_out if not face.sample.label]

    def spoil(image: Image, index: int) -> Image:
        return degrade(image, default_rng([0, index]))

    def forge(_: Image, index: int) -> Image:
        return forge_face(reals[index], seed=index).after

    def spoil_forged(image: Image, index: int) -> Image:
        return spoil(forge(image, index), index)

    rounds = [
        as_material(ask(specs, held_out)),
        as_material(ask(specs, held_out, change=spoil)),
        as_material(ask(specs, reals, change=forge), kind=SELF_BLENDED),
        as_material(ask(specs, reals, change=spoil_forged), kind=SELF_BLENDED),
    ]
    return join(rounds)


def as_material(answers: Answers, *, kind: str | None = None) -> Material:
    """kind: of all of them, where it is not the samples'."""
    named = [(face.sample.kind or UNNAMED) if face.sample.label else "" for face in answers.faces]
    kinds = named if kind is None else [kind] * len(named)
    return Material(answers.p_fake, np.array(kinds, dtype=np.str_), answers.column("source"))


def join(parts: Sequence[Material]) -> Material:
    """One after the other."""
    p_fake = {key: np.concatenate([part.p_fake[key] for part in parts]) for key in parts[0].p_fake}
    kinds, sources = (np.concatenate([getattr(part, name) for part in parts]) for name in ("kinds", "sources"))
    return Material(p_fake, kinds, sources)


def fit_fusion(material: Material, plans: Sequence[VoicePlan] = VOICES) -> Fusion:
    """Voices whose detectors or whose kinds are missing in the material are left out. ValueError when none is left."""
    voices = [voice for plan in plans if (voice := _fit_voice(material.of_kinds(plan.kinds), plan))]
    if not voices:
        raise ValueError("no voice of the jury has both reals and fakes to be fitted on")
    return Fusion(tuple(voices), tuple(_fit_decision(material, subset) for subset in _subsets(voices)))


def write(fusion: Fusion, material: Material, path: Path) -> None:
    """Write jury.json."""
    names, counts = np.unique(material.kinds, return_counts=True)
    table = {
        "schema": SCHEMA,
        "how": SENTENCE,
        "fitted_on": {
            "split": "val, as it is and degraded",
            **{str(name) or "real": int(count) for name, count in zip(names, counts, strict=True)},
        },
        "voices": [asdict(voice) for voice in fusion.voices],
        "decisions": [asdict(decision) for decision in fusion.decisions],
    }
    path.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


def fuse_all(fusion: Fusion, p_fake: Mapping[str, Floats]) -> Floats:
    """The jury's p_fake of many faces: (n,), NaN where nobody was heard."""
    rows = zip(*p_fake.values(), strict=True)
    fused = (fusion.fuse(dict(zip(p_fake, row, strict=True))) for row in rows)
    return np.array([np.nan if verdict is None else verdict.p_fake for verdict in fused], dtype=np.float64)


def weigh_kinds(material: Material) -> Floats:
    """Weights of the faces: both classes alike in all, and among the fakes every kind alike in all."""
    kinds = np.unique(material.kinds)
    counts = {kind: int((material.kinds == kind).sum()) for kind in kinds}
    shares = {kind: 1.0 if kind == "" else 1 / max(1, len(kinds) - 1) for kind in kinds}
    return np.array([shares[kind] / counts[kind] for kind in material.kinds]) * len(material.kinds) / 2


def _fit_voice(material: Material, plan: VoicePlan) -> Voice | None:
    keys = [key for key in plan.detectors if key in material.p_fake]
    if not keys or len(set(material.labels.tolist())) < 2:
        return None
    logits = np.stack([_to_logits(material.p_fake[key]) for key in keys], axis=1)
    answered = np.asarray(~np.isnan(logits).any(axis=1), dtype=np.bool_)
    chosen = material.where(answered)
    weights, shift = fit_logistic(logits[answered], chosen.labels, weigh_kinds(chosen))
    return Voice(plan.name, plan.kinds, _name(keys, weights), round(shift, 4))


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


def _fit_decision(material: Material, voices: Sequence[Voice]) -> Decision:
    names = tuple(voice.name for voice in voices)
    plain = Decision(names, 1.0, 0.0, 0.5, 0.5)
    said = fuse_all(Fusion(tuple(voices), (plain,)), material.p_fake)
    answered = ~np.isnan(said)
    chosen, logits = material.where(np.asarray(answered, dtype=np.bool_)), _to_logits(said[answered])
    weights, shift = fit_logistic(logits[:, None], chosen.labels, weigh_kinds(chosen))
    scale = round(float(weights[0]), 4)
    p_fake = np.array([to_p(scale * logit + shift) for logit in logits])
    fake_from, real_until = fit_thresholds(p_fake, chosen)
    return Decision(names, scale, round(shift, 4), fake_from, real_until)


def fit_thresholds(p_fake: Floats, material: Material) -> tuple[float, float]:
    """fake_from by the worst source of reals, real_until by the worst kind of fakes that the data labels.

    At most 3 % of the reals of any source reach the first, at most 10 % of the fakes of any kind stay below the second.
    """
    reals = [np.quantile(part, 1 - MAX_REALS_CALLED_FAKE, method="higher") for part in _by_source(p_fake, material)]
    kinds = [kind for kind in np.unique(material.kinds) if kind not in ("", SELF_BLENDED)] or [SELF_BLENDED]
    fakes = [np.quantile(p_fake[material.kinds == kind], MAX_FAKES_CALLED_REAL, method="lower") for kind in kinds]
    fake_from = float(np.clip(np.ceil(float(max(reals)) * 1000 + 1e-6) / 1000, 0.5, 1.0))
    return fake_from, float(np.floor(min(0.5, *map(float, fakes)) * 1000) / 1000)


def _by_source(p_fake: Floats, material: Material) -> Iterator[Floats]:
    """The reals of each source; those of the small sources together, where they are enough."""
    small = []
    for source in np.unique(material.sources[material.kinds == ""]):
        part = p_fake[(material.kinds == "") & (material.sources == source)]
        if len(part) >= MIN_COUNTED:
            yield part
        else:
            small.append(part)
    if small:
        yield np.concatenate(small)


def _subsets(voices: Sequence[Voice]) -> Iterator[tuple[Voice, ...]]:
    """Every non-empty set of voices, the whole first."""
    for size in range(len(voices), 0, -1):
        yield from combinations(voices, size)


def _to_logits(p_fake: Floats) -> Floats:
    return np.array([np.nan if np.isnan(value) else to_logit(float(value)) for value in p_fake])


def _name(keys: Sequence[str], weights: Floats) -> dict[str, float]:
    return {key: round(float(weight), 4) for key, weight in zip(keys, weights, strict=True)}
