"""One evaluation from pictures to figures: every detector is asked, the jury added, everything summed up.

`facejury models evaluate` is its command line.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from detectors.jury.fusion import JURY_KEY, JURY_METRICS, hash_jury
from detectors.networks.folder import METRICS, read_config
from models.data.datasets import Sample, select
from models.data.face_index import NONE_JUDGED, LabelledFace, label_faces, part_small
from models.errors import DataError
from models.evaluation import evaluate, people, plots, pointing, shortcuts
from models.evaluation.differences import write_differences
from models.evaluation.evaluate import Answers
from models.evaluation.fit_jury import add_jury
from models.evaluation.leave_one_out import keep_noted
from models.evaluation.robustness import adversarial, false_alarms, recompression, sweeps
from models.evaluation.sample import measure_sample, read_sample, write_sample
from registry import DetectorSpec

Metrics = dict[str, Any]
NOTHING_TO_SAVE = (
    "--save writes beside what was added with --add, and none of that is among the chosen detectors; "
    "--replace-builtin writes over the figures of the built-in detectors"
)

LEARNT_FROM = (
    "--save: pictures of split train are those that networks learn from, so figures on them are not kept: "
    "save those of test and eval"
)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Which detectors to measure, and how. cache: the file of the faces found.

    save: write what is measured beside each network that was added, and with replace_builtin beside ours. thorough:
    also sweeps, attacks, heat maps and shortcuts.
    """

    specs: Sequence[DetectorSpec]
    splits: Sequence[str] = ("test", "eval")
    cache: Path
    save: bool = False
    replace_builtin: bool = False
    thorough: bool = False


def assess(samples: Sequence[Sample], plan: Plan) -> list[Metrics]:
    """The metrics of every detector, and last of the jury where all its members were asked. Raises DataError."""
    places = find_places(plan)
    if plan.thorough:
        adversarial.check_gradients(folder for spec in plan.specs if (folder := evaluate.find_folder(spec)))
    noted = {key: keep_noted(path) for key, path in places.items()}  # read first: a broken one is told before the work
    found_faces, faceless = label_faces(select(samples, *plan.splits), plan.cache)
    faces, small = part_small(found_faces)
    if not faces:
        raise DataError(NONE_JUDGED.format(count=len(faceless) + len(small)))
    answers = replace(evaluate.ask(plan.specs, faces, faceless), small=small)
    rounds = _ask_all(plan, faces, answers)
    sample, jury = read_sample(), add_jury(answers.where([]))[1]
    found = [_summarise(rounds, spec, sample) for spec in [*plan.specs, *([jury] if jury else [])]]
    if plan.thorough:
        extras = _examine(plan.specs, faces)
        found = [metrics | extras.get(metrics["detector"], {}) for metrics in found]
    if plan.save:
        _save(found, places, noted)
    if plan.save and plan.replace_builtin:
        write_sample(rounds.plain)
        if JURY_KEY in rounds.plain.p_fake:  # all of its members were asked
            write_differences(rounds.plain)
    return found


def find_places(plan: Plan) -> dict[str, Path]:
    """The metrics.json to write for each detector; none without save. Raises DataError where there is none to write."""
    if plan.replace_builtin and not plan.save:
        raise DataError("--replace-builtin writes nothing without --save")
    if not plan.save:
        return {}
    if "train" in plan.splits:
        raise DataError(LEARNT_FROM)
    if plan.replace_builtin:
        folders = {spec.key: folder for spec in plan.specs if (folder := evaluate.find_folder(spec))}
        return {key: folder / METRICS for key, folder in folders.items()} | {JURY_KEY: JURY_METRICS}
    added = {spec.key: evaluate.find_folder(spec) for spec in plan.specs if not spec.builtin}
    if not added:
        raise DataError(NOTHING_TO_SAVE)
    if without := ", ".join(key for key, folder in added.items() if not folder):
        raise DataError(f"--save writes into the model folder that was added, and {without} has none: leave it out")
    return {key: folder / METRICS for key, folder in added.items() if folder}


@dataclass(frozen=True)
class _Rounds:
    """All that was asked: the faces as they are, recompressed, at every level of the sweeps, and harmlessly changed."""

    plain: Answers
    recompressed: Mapping[str, Answers]
    swept: sweeps.Swept
    harmless: Mapping[str, Answers]


def _ask_all(plan: Plan, faces: Sequence[LabelledFace], answers: Answers) -> _Rounds:
    recompressed = recompression.ask_again(plan.specs, faces)
    swept = sweeps.ask_swept(plan.specs, faces) if plan.thorough else {}
    harmless = false_alarms.ask_all(plan.specs, faces)
    return _Rounds(
        add_jury(answers)[0],
        {tier: add_jury(again)[0] for tier, again in recompressed.items()},
        {level: add_jury(again)[0] for level, again in swept.items()},
        {kind: add_jury(again)[0] for kind, again in harmless.items()},
    )


def _summarise(rounds: _Rounds, spec: DetectorSpec, sample: Collection[str]) -> Metrics:
    metrics = evaluate.summarise(rounds.plain, spec)
    if spec.key == JURY_KEY:
        metrics["model"] = hash_jury()
    return metrics | {
        "false_alarms": false_alarms.summarise(rounds.harmless, spec),
        "people": people.summarise(rounds.plain, spec),
        "sample": measure_sample(rounds.plain, spec.key, sample),
        "robustness": recompression.summarise(spec, rounds.recompressed),
        "sweeps": sweeps.summarise(spec.key, rounds.swept),
    }


def _examine(specs: Sequence[DetectorSpec], faces: Sequence[LabelledFace]) -> dict[str, Metrics]:
    """Detector -> "heatmaps" and "twin_heatmaps", and for those with a model folder "attacks" and "shortcuts"."""
    pointed, on_twins = pointing.measure_heatmaps(specs, faces), pointing.measure_on_twins(specs, faces)
    return {
        spec.key: {"heatmaps": pointed[spec.key], "twin_heatmaps": on_twins[spec.key]}
        | _examine_folder(evaluate.find_folder(spec), faces)
        for spec in specs
    }


def _examine_folder(folder: Path | None, faces: Sequence[LabelledFace]) -> Metrics:
    if folder is None:
        return {}
    config = read_config(folder)
    return {"attacks": adversarial.attack_all(folder, faces), "shortcuts": shortcuts.probe(faces, config)}


def _save(found: Sequence[Metrics], places: Mapping[str, Path], noted: Mapping[str, Metrics]) -> None:
    """metrics.json beside each detector's weights, the jury's beside its own."""
    for metrics in found:
        if path := places.get(key := metrics["detector"]):
            evaluate.write(metrics | noted[key], path)


def draw(found: Sequence[Metrics], folder: Path) -> None:
    """ROC, reliability and robustness of each, as PNG, in a folder of its key."""
    for metrics in found:
        plots.draw(metrics, folder / metrics["detector"], title=metrics["detector"])
