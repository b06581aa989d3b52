"""A model folder as a researcher has it after training, exporting and measuring: real weights, made-up answers."""

import json
import shutil
import tempfile
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import default_rng

from detectors.networks.folder import METRICS, WEIGHTS, read_config
from models.data.datasets import Sample, Split
from models.data.face_index import LabelledFace
from models.evaluation.draws import Draws
from models.evaluation.evaluate import Answers, summarise
from models.evaluation.metrics import auc, measure_figure
from models.evaluation.pointing import Pointing
from models.evaluation.pointing import _summarise as summarise_points
from models.evaluation.robustness.false_alarms import summarise as summarise_harmless
from models.evaluation.robustness.recompression import AS_IT_IS, compare_answers
from models.evaluation.robustness.recompression import summarise as summarise_robustness
from models.evaluation.robustness.sweeps import SWEEPS
from models.evaluation.robustness.sweeps import summarise as summarise_sweeps
from models.evaluation.sample import measure_sample, name_picture
from registry import DetectorSpec

KEY = "custom-cnn"
SOURCES: list[tuple[str, Split, str, int, int, int]] = [  # source, split, generator, reals, fakes, faces a group
    ("deepfake-faces", "test", "dfdc", 40, 50, 1),
    ("stylegan1-ffhq", "test", "stylegan1", 30, 30, 1),
    ("celeba", "test", "", 20, 0, 1),
    ("faceforensics-c23", "eval", "Deepfakes", 30, 30, 5),
]


def make_answers(seed: int = 0) -> Answers:
    faces = []
    for source, split, generator, reals, fakes, together in SOURCES:
        for place in range(reals + fakes):
            label = int(place >= reals)
            sample = Sample(
                Path(f"{source}/{place}.jpg"),
                label,
                source,
                f"{label}/{place // together}",
                split,
                generator if label else "",
            )
            faces.append(LabelledFace(sample, (0, 0, 90, 90)))
    labels = np.array([face.sample.label for face in faces])
    p_fake = np.clip(default_rng(seed).normal(0.3 + 0.4 * labels, 0.2), 0, 1)
    faceless = [Sample(Path("deepfake-faces/none.jpg"), 1, "deepfake-faces", "none", "test", "dfdc")]
    return Answers(faces, faceless, {KEY: p_fake})


def examine(spec: DetectorSpec) -> dict[str, Any]:
    """What `evaluate --thorough` adds."""
    levels = {(kind, level): make_answers(3) for kind, (_, levels) in SWEEPS.items() for level in levels}
    plain, again = (make_answers(seed).scores(KEY) for seed in (0, 4))
    answers = make_answers()
    reals = answers.where([place for place, face in enumerate(answers.faces) if not face.sample.label])
    points = {f"v#{place}": Pointing(*default_rng(place).random(5)) for place in range(20)}
    return {
        "sample": measure_sample(answers, KEY, {name_picture(face.sample) for face in answers.faces}),
        "sweeps": summarise_sweeps(KEY, {(AS_IT_IS, 0.0): make_answers()} | levels),
        "attacks": {"FGSM 1/255": compare_answers(plain, again), "PGD 2/255": compare_answers(again, plain)},
        "false_alarms": summarise_harmless({"beauty filter": reals}, spec),
        "people": {"female": summarise_harmless({"female": reals}, spec)["female"]},
        "heatmaps": summarise_points(points),
        "twin_heatmaps": summarise_points(dict(list(points.items())[:9])),
        "shortcuts": {
            "deepfake-faces": {"real": 40, "fake": 50}
            | {kind: asdict(measure_figure(auc, Draws.of(plain))) for kind in ("files", "fed", "geometry", "pixels")}
        },
    }


def make_folder(parent: Path) -> Path:
    """A copy of a built-in's folder with a metrics.json of its own."""
    return shutil.copytree(_measured_once(), parent / KEY)


@cache
def _measured_once() -> Path:
    """One for all tests of a process, to be copied: its intervals take seconds."""
    return _measure_into(Path(tempfile.mkdtemp()))


def _measure_into(parent: Path) -> Path:
    folder = shutil.copytree(WEIGHTS / KEY, parent / KEY)
    config = read_config(folder)
    spec = DetectorSpec(
        key=KEY,
        title=config.title,
        load=lambda: lambda image: 0.5,
        fake_from=config.fake_from,
        real_until=config.real_until,
        builtin=True,
    )
    again = {AS_IT_IS: make_answers(), "web": make_answers(1), "hard": make_answers(2)}
    metrics = summarise(make_answers(), spec) | {"robustness": summarise_robustness(spec, again)} | examine(spec)
    (folder / METRICS).write_text(json.dumps(metrics))
    return folder
