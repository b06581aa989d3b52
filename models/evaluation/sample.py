"""Fixed test pictures, named in sample.csv with each detector's p_fake: do shipped weights still say what was measured?

A list of names, so that pictures added to the data never change it. Drawn once: 200 reals and 200 fakes of the test
splits, by the hash of their names.
"""

import csv
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from models.data.datasets import Sample
from models.evaluation.draws import Draws
from models.evaluation.evaluate import Answers
from models.evaluation.metrics import auc

SAMPLE = Path(__file__).with_name("sample.csv")

Stored = dict[str, dict[str, float]]
"""Name of a picture (SOURCE/LABEL/FILE) -> detector -> p_fake; no detectors where no face in it is judged."""


def name_picture(sample: Sample) -> str:
    """The name of a picture in sample.csv: its last two folders and its file name."""
    return "/".join(sample.path.parts[-3:])


def read_sample(path: Path = SAMPLE) -> Stored:
    """The pictures of the sample, and what each detector said of them when it was measured."""
    with path.open(newline="", encoding="utf-8") as file:
        return {row.pop("path"): {key: float(p) for key, p in row.items() if p} for row in csv.DictReader(file)}


def write_sample(answers: Answers, path: Path = SAMPLE) -> None:
    """Store what was said of the pictures beside their names; nothing where one of them was not asked about."""
    stored = read_sample(path)
    places = {name_picture(face.sample): index for index, face in enumerate(answers.faces)}
    left_out = {name_picture(sample) for sample in (*answers.faceless, *answers.small)}
    if not stored.keys() <= places.keys() | left_out:
        return
    detectors = list(dict.fromkeys([*next(iter(stored.values())), *answers.p_fake]))
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["path", *detectors])
        for name, kept in stored.items():
            said: dict[str, float] = {}  # without a face, nothing that was said of one earlier stays
            if (index := places.get(name)) is not None:
                fresh = {key: float(values[index]) for key, values in answers.p_fake.items()}
                said = {key: value for key, value in (kept | fresh).items() if not np.isnan(value)}
            table.writerow([name, *(f"{said[key]:.6f}" if key in said else "" for key in detectors)])


def measure_sample(answers: Answers, detector: str, names: Collection[str]) -> dict[str, Any]:
    """{"real", "fake", "auc"} on the pictures of these names, unrounded; empty where they lack a class."""
    scores = answers.scores(detector)
    chosen = np.array([name_picture(face.sample) in names for face in answers.faces], dtype=bool)
    scores = scores.where(chosen & ~np.isnan(scores.p_fake))
    fakes = int(scores.labels.sum())
    if fakes in (0, len(scores.labels)):
        return {}
    found = auc(Draws.of(scores, resamples=0))
    return {"real": len(scores.labels) - fakes, "fake": fakes, "auc": round(float(found[0]), 6)}
