"""A model folder as a researcher has it after training, exporting and measuring: real weights, made-up answers."""

import json
import shutil
from pathlib import Path

import numpy as np
from numpy.random import default_rng

from detectors.artifact import METRICS, WEIGHTS, read_config
from models.data import Sample
from models.evaluate import Answers, summarise
from models.face_index import LabelledFace
from models.redeliver import AS_IT_IS
from models.redeliver import summarise as summarise_robustness
from registry import DetectorSpec

KEY = "custom-cnn"
SOURCES = [  # source, split, generator, reals, fakes, faces a group
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


def make_folder(parent: Path) -> Path:
    """A copy of a built-in's folder with a metrics.json of its own."""
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
    metrics = summarise(make_answers(), spec) | {"robustness": summarise_robustness(KEY, again)}
    (folder / METRICS).write_text(json.dumps(metrics))
    return folder
