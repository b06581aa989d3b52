"""The fixed sample: a list of names in the repository, and the shipped weights say of it what was measured."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors.jury.fusion import JURY_METRICS, hash_jury
from detectors.networks.folder import METRICS, WEIGHTS
from detectors.networks.metrics import read_metrics
from models.data.datasets import Sample, read_samples
from models.data.face_index import LabelledFace, label_faces
from models.evaluation import evaluate
from models.evaluation.evaluate import Answers
from models.evaluation.fit_jury import add_jury
from models.evaluation.sample import measure_sample, name_picture, read_sample, write_sample
from registry import load_registry

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
EVERY = 5  # one picture in so many is judged again: a network that differs gives each of them another number
DETECTORS = [spec for spec in load_registry(blocked=()).detectors if spec.expects == "face"]


def make_samples(count: int = 500) -> Any:
    names = "real", "fake"
    return [Sample(Path(f"/here/made/{names[i % 2]}/{i}.jpg"), i % 2, "made", f"v{i}", "test") for i in range(count)]


def make_answers(samples: Any, p_fake: Any) -> Any:
    return Answers([LabelledFace(sample, (0, 0, 9, 9)) for sample in samples], [], {"mine": np.array(p_fake)})


def test_the_sample_is_400_pictures_with_the_scores_of_every_detector_and_the_jury() -> None:
    stored = read_sample()
    keys = {spec.key for spec in DETECTORS} | {"jury"}
    assert len(stored) == 400
    assert sum(said.keys() == keys for said in stored.values()) == 396  # four pictures show no face


def test_the_figure_is_that_of_the_sample_and_of_no_other_face() -> None:
    samples = make_samples()
    names = {name_picture(sample) for sample in samples[::3]}
    right = [float(s.label) if name_picture(s) in names else 1.0 - s.label for s in samples]
    found = measure_sample(make_answers(samples, right), "mine", names)
    assert found == {"real": 84, "fake": 83, "auc": 1.0}


def test_a_sample_of_one_class_has_no_figure() -> None:
    samples = [sample for sample in make_samples() if sample.label]
    names = {name_picture(sample) for sample in samples}
    assert measure_sample(make_answers(samples, [0.5] * len(samples)), "mine", names) == {}


def test_scores_are_stored_beside_the_names_only_when_every_picture_was_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"
    samples = make_samples(4)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["path", "other"], *([name_picture(sample), "0.25"] for sample in samples)])
    write_sample(make_answers(samples[:3], [0.1, 0.9, 0.2]), path)
    assert read_sample(path)[name_picture(samples[0])] == {"other": 0.25}
    write_sample(make_answers(samples, [0.1, np.nan, 0.2, 0.8]), path)
    said = read_sample(path)
    assert said[name_picture(samples[0])] == {"other": 0.25, "mine": 0.1}
    assert said[name_picture(samples[1])] == {"other": 0.25}


def test_the_jury_that_was_measured_is_the_one_that_sits() -> None:
    assert read_metrics(JURY_METRICS)["model"] == hash_jury()


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "manifest.csv").is_file(), reason="the research data is not beside the checkout")
def test_the_shipped_weights_score_on_the_sample_what_was_measured(tmp_path: Path) -> None:
    stored = read_sample()
    samples = [sample for sample in read_samples([SHARED]) if name_picture(sample) in stored]
    assert len(samples) == len(stored)
    faces, faceless = label_faces(samples, tmp_path / "faces.json")
    answers, jury = add_jury(evaluate.ask(DETECTORS, faces[::EVERY], faceless))
    assert jury is not None
    for key, p_fake in answers.p_fake.items():
        said = np.array([stored[name_picture(face.sample)][key] for face in faces])
        assert np.abs(p_fake - said[::EVERY]).max() < 0.01, key  # processors round differently
        metrics = read_metrics(JURY_METRICS if key == jury.key else WEIGHTS / key / METRICS)
        found = measure_sample(Answers(faces, faceless, {key: said}), key, stored)
        assert found == metrics["sample"] | {"auc": pytest.approx(metrics["sample"]["auc"], abs=1e-3)}, key
