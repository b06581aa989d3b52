"""The fixed sample: the same on every machine, and the shipped weights score on it what was measured."""

from pathlib import Path
from random import Random

import numpy as np
import pytest

from detectors.artifact import METRICS, WEIGHTS
from detectors.fuse import JURY_METRICS, hash_jury
from models import evaluate, jury
from models.data import Sample, read_samples
from models.evaluate import Answers
from models.face_index import LabelledFace, label_faces
from models.report import read_json
from models.sample import choose_sample, measure_sample
from registry import load_registry

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
DETECTORS = load_registry(blocked=()).detectors


def make_samples(folder="here", count=500):
    return [Sample(Path(f"/{folder}/{i}.jpg"), i % 2, "made", f"v{i}", "test") for i in range(count)]


def test_the_sample_is_200_of_each_class_whatever_the_order_and_the_folder():
    shuffled = make_samples("there")
    Random(0).shuffle(shuffled)
    chosen = [[sample.path.name for sample in choose_sample(samples)] for samples in (make_samples(), shuffled)]
    assert chosen[0] == chosen[1]
    assert len(set(chosen[0])) == 400
    assert sum(sample.label for sample in choose_sample(shuffled)) == 200


def test_only_the_test_split_is_sampled():
    samples = [Sample(Path(f"/{i}.jpg"), i % 2, "made", f"v{i}", "val") for i in range(10)]
    assert choose_sample(samples) == []


def test_the_figure_is_that_of_the_sample_and_of_no_other_face():
    samples = make_samples()
    chosen = {sample.path for sample in choose_sample(samples)}
    faces = [LabelledFace(sample, (0, 0, 9, 9)) for sample in samples]
    right = np.array([float(s.label) if s.path in chosen else 1.0 - s.label for s in samples])
    found = measure_sample(Answers(faces, [], {"mine": right}), "mine", samples)
    assert found == {"real": 200, "fake": 200, "auc": 1.0}


def test_a_sample_of_one_class_has_no_figure():
    samples = [sample for sample in make_samples() if sample.label]
    faces = [LabelledFace(sample, (0, 0, 9, 9)) for sample in samples]
    assert measure_sample(Answers(faces, [], {"mine": np.full(len(faces), 0.5)}), "mine", samples) == {}


def test_the_jury_that_was_measured_is_the_one_that_sits():
    assert read_json(JURY_METRICS)["model"] == hash_jury()


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "manifest.csv").is_file(), reason="the research data is not beside the checkout")
def test_the_shipped_weights_score_on_the_sample_what_was_measured(tmp_path):
    samples = choose_sample(read_samples([SHARED]))
    faces, faceless = label_faces(samples, tmp_path / "faces.json")
    answers, seated = jury.seat(evaluate.ask(DETECTORS, faces, faceless), DETECTORS)
    assert seated is not None
    stored = {spec.key: read_json(WEIGHTS / spec.key / METRICS) for spec in DETECTORS}
    for key, metrics in (stored | {seated.key: read_json(JURY_METRICS)}).items():
        found = measure_sample(answers, key, samples)
        assert found == metrics["sample"] | {"auc": pytest.approx(metrics["sample"]["auc"], abs=1e-3)}, key
