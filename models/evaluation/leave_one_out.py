"""What is made of a generator that was never met: networks trained without it, and the jury fitted without it.

`facejury models left-out DIR...`, after train and export with the same --without. Experts that learn from no labelled
fake have met none, so they are asked as they are served.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from detectors.jury.fusion import JURY_KEY, JURY_METRICS, weigh
from detectors.networks.folder import METRICS, WEIGHTS, read_config
from detectors.networks.metrics import LEFT_OUT, UNREADABLE, read_metrics
from models.architectures import by_key as architectures
from models.data.datasets import MINE, WITHOUT
from models.data.face_index import LabelledFace
from models.errors import DataError
from models.evaluation.evaluate import Answers, ask, by_generator, write
from models.evaluation.fit_jury import MEMBERS, fit_jury, gather
from models.evaluation.metrics import measure
from registry import DetectorSpec

Figures = dict[str, Any]


def read_without(folders: Sequence[Path]) -> tuple[str, ...]:
    """The generators that networks were trained without. Raises DataError where they are none, or not the same."""
    without = {folder: read_config(folder).without for folder in folders}
    first = without[folders[0]]
    for folder, names in without.items():
        if not names:
            raise DataError(f"{folder.name} was trained with everything; train and export it with --without GENERATOR")
        if sorted(names) != sorted(first):
            raise DataError(
                f"they must lack the same generators: {folders[0].name} lacks {', '.join(first)}; "
                f"{folder.name} lacks {', '.join(names)}"
            )
    return first


def by_key(folders: Sequence[Path]) -> dict[str, Path]:
    """Networks by the built-in detector whose recipe they followed. Raises DataError if it is none, or one twice."""
    found: dict[str, Path] = {}
    for folder in folders:
        key = read_config(folder).key.removeprefix(MINE).split(WITHOUT)[0]
        if not (WEIGHTS / key / METRICS).is_file():
            raise DataError(f"{folder.name} was trained like {key}, which is no built-in detector that was measured")
        if key in found:
            raise DataError(f"{found[key].name} and {folder.name} were both trained like {key}; name one of them")
        found[key] = folder
    return found


def list_unlabelled() -> list[str]:
    """The jury's members that learn from no labelled fake, so that every generator is left out of their training."""
    return [key for key in MEMBERS if architectures.find(key).supervision == "blended"]


def measure_left_out(
    specs: Mapping[str, DetectorSpec], held_out: Sequence[LabelledFace], tested: Sequence[LabelledFace]
) -> dict[str, dict[str, Figures]]:
    """Key, or "jury" -> generator -> figures: its fakes against all real faces of the same split.

    specs: by the key of the detector whose recipe they followed. held_out: validation faces without the generators, to
    fit the jury on; tested: real faces, and the generators' fakes. Experts that learn from no labelled fake are only
    heard in the jury, which there is where another of its members is asked. Raises DataError on evaluation-only faces.
    """
    answers = ask(list(specs.values()), tested)
    trained = {key: spec for key, spec in specs.items() if key not in list_unlabelled()}
    found = {key: _measure(answers, spec.key, spec.fake_from, spec.real_until) for key, spec in trained.items()}
    members = {key: spec for key, spec in specs.items() if key in MEMBERS}
    if not members.keys() & trained.keys():
        return found
    asked = gather(list(members.values()), held_out)
    by_recipe = {key: asked.p_fake[spec.key] for key, spec in members.items()}  # as who is weighed goes by the recipe
    row = fit_jury(replace(asked, p_fake=by_recipe))["subsets"][-1]  # of all of them
    faces = np.stack([answers.p_fake[members[key].key] for key in row["detectors"]], axis=1)
    p_fake = [_weigh(row, dict(zip(row["detectors"], face, strict=True))) for face in faces]
    judged = _measure(Answers(tested, [], {JURY_KEY: np.array(p_fake)}), JURY_KEY, row["fake_from"], row["real_until"])
    return found | {JURY_KEY: {name: {"members": list(members)} | figures for name, figures in judged.items()}}


def _weigh(row: Mapping[str, Any], p_fakes: Mapping[str, float]) -> float:
    return np.nan if np.isnan(list(p_fakes.values())).any() else weigh(row, p_fakes)


def _measure(answers: Answers, asked: str, fake_from: float, real_until: float) -> dict[str, Figures]:
    """Generator -> what one detector's p_fake are worth on its fakes."""
    scores = answers.scores(asked)
    answered = ~np.isnan(scores.p_fake)
    return {
        name: measure(scores.where(answered & chosen), fake_from=fake_from, real_until=real_until)
        for name, chosen in by_generator(answers)
    }


def find_places(keys: Iterable[str]) -> dict[str, Path]:
    """The metrics.json in which what is found is noted. keys: of detectors, or "jury".

    Raises DataError where one cannot be read: before anything is measured, not after it.
    """
    paths = {key: JURY_METRICS if key == JURY_KEY else WEIGHTS / key / METRICS for key in keys}
    for path in paths.values():
        try:
            read_metrics(path).get(LEFT_OUT, {}).items()
        except UNREADABLE as error:
            raise DataError(f"{path} cannot be read, so nothing could be noted there") from error
    return paths


def note(found: Mapping[str, Mapping[str, Figures]], without: Sequence[str]) -> list[Path]:
    """Write them beside the figures of the detectors that met the generators; returns the files."""
    paths = find_places(found)
    for key, path in paths.items():
        metrics = read_metrics(path)
        together = {name: {"together": list(without)} | figures for name, figures in found[key].items()}
        write(metrics | {LEFT_OUT: metrics.get(LEFT_OUT, {}) | together}, path)
    return list(paths.values())


def keep_noted(path: Path) -> Figures:
    """What was noted in a metrics.json that is about to be written anew: it is of the recipe, not of these weights.

    Raises DataError where it cannot be read.
    """
    try:
        metrics = read_metrics(path) if path.is_file() else {}
    except UNREADABLE as error:
        raise DataError(f"{path} cannot be read, and would be written anew: move it away first") from error
    return {LEFT_OUT: metrics[LEFT_OUT]} if LEFT_OUT in metrics else {}
