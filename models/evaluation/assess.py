"""One evaluation from pictures to figures: everybody is asked, the jury fitted and seated, everything summed up.

`facejury models evaluate` is its command line.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detectors.jury.fusion import JURY_KEY, JURY_METRICS, hash_jury
from detectors.networks.folder import METRICS, read_config
from models.data.datasets import Sample, select
from models.data.face_index import LabelledFace, label_faces
from models.evaluation import adversarial, evaluate, heatmaps, plots, shortcuts, sweeps
from models.evaluation import fit_jury as jury
from models.evaluation import recompression as redeliver
from models.evaluation.evaluate import Answers
from models.evaluation.leave_one_out import keep_noted
from models.evaluation.sample import measure_sample, read_sample, write_sample
from registry import DetectorSpec

Metrics = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Whom and what to measure. builtins: all of ours, whether asked or not; cache: the file of the faces found.

    save: write what is measured, and fit the jury anew; thorough: also sweeps, attacks, heat maps and shortcuts.
    """

    specs: Sequence[DetectorSpec]
    builtins: Sequence[DetectorSpec]
    splits: Sequence[str] = ("test", "eval")
    cache: Path
    save: bool = False
    thorough: bool = False

    @property
    def seats_jury(self) -> bool:
        """Whether all who sit on the jury are asked."""
        return bool(self.builtins) and set(self.builtins) <= set(self.specs)


def assess(samples: Sequence[Sample], plan: Plan) -> list[Metrics]:
    """The metrics of every detector, and last of the jury where all of it was asked. Raises DataError."""
    faces, faceless = label_faces(select(samples, *plan.splits), plan.cache)
    answers = evaluate.ask(plan.specs, faces, faceless)
    if plan.save and plan.seats_jury:
        held_out, _ = label_faces(select(samples, "val"), plan.cache)
        jury.write(plan.builtins, held_out, answers)
    rounds = _ask_all(plan, faces, answers)
    sample = read_sample()
    found = [_summarise(rounds, spec, sample) for spec in [*plan.specs, *_find_jury(plan, answers)]]
    if plan.thorough:
        extras = _examine(plan.specs, faces)
        found = [metrics | extras.get(metrics["detector"], {}) for metrics in found]
    if plan.save:
        _save(found, plan)
        write_sample(rounds.plain)
    return found


@dataclass(frozen=True)
class _Rounds:
    """All that was asked: the faces as they are, re-delivered, and at every level of the sweeps."""

    plain: Answers
    redelivered: Mapping[str, Answers]
    swept: sweeps.Swept


def _ask_all(plan: Plan, faces: Sequence[LabelledFace], answers: Answers) -> _Rounds:
    redelivered = redeliver.ask_again(plan.specs, faces)
    swept = sweeps.ask_swept(plan.specs, faces) if plan.thorough else {}
    return _Rounds(
        _seat(plan, answers),
        {tier: _seat(plan, again) for tier, again in redelivered.items()},
        {level: _seat(plan, again) for level, again in swept.items()},
    )


def _seat(plan: Plan, answers: Answers) -> Answers:
    return jury.seat(answers, plan.builtins)[0] if plan.seats_jury else answers


def _find_jury(plan: Plan, answers: Answers) -> list[DetectorSpec]:
    found = jury.seat(answers.where([]), plan.builtins)[1] if plan.seats_jury else None
    return [found] if found else []


def _summarise(rounds: _Rounds, spec: DetectorSpec, sample: Collection[str]) -> Metrics:
    metrics = evaluate.summarise(rounds.plain, spec)
    if spec.key == JURY_KEY:
        metrics["model"] = hash_jury()
    return metrics | {
        "sample": measure_sample(rounds.plain, spec.key, sample),
        "robustness": redeliver.summarise(spec.key, rounds.redelivered),
        "sweeps": sweeps.summarise(spec.key, rounds.swept),
    }


def _examine(specs: Sequence[DetectorSpec], faces: Sequence[LabelledFace]) -> dict[str, Metrics]:
    """Detector -> "heatmaps", and for those with a model folder "attacks" and "shortcuts"."""
    pointed = heatmaps.measure_heatmaps(specs, faces)
    return {
        spec.key: {"heatmaps": pointed[spec.key], **_examine_folder(evaluate.find_folder(spec), faces)}
        for spec in specs
    }


def _examine_folder(folder: Path | None, faces: Sequence[LabelledFace]) -> Metrics:
    if folder is None:
        return {}
    config = read_config(folder)
    return {"attacks": adversarial.attack_all(folder, faces), "shortcuts": shortcuts.probe(faces, config)}


def _save(found: Sequence[Metrics], plan: Plan) -> None:
    """metrics.json beside each detector's weights, the jury's beside its own."""
    folders = {spec.key: evaluate.find_folder(spec) for spec in plan.specs}
    for metrics in found:
        if metrics["detector"] == JURY_KEY:
            evaluate.write(metrics, JURY_METRICS)
        elif folder := folders[metrics["detector"]]:
            evaluate.write(metrics | keep_noted(folder / METRICS), folder / METRICS)


def draw(found: Sequence[Metrics], folder: Path) -> None:
    """ROC, reliability and robustness of each, as PNG, in a folder of its key."""
    for metrics in found:
        plots.draw(metrics, folder / metrics["detector"], title=metrics["detector"])
