"""The measured difference of two detectors: paired, on the same faces, and of the weights that are shipped."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from detectors.jury.fusion import JURY_KEY, JURY_METRICS, hash_jury
from detectors.networks.folder import DIFFERENCES, METRICS, MODEL, WEIGHTS, read_config
from detectors.networks.metrics import read_metrics
from models.data.datasets import Sample
from models.data.face_index import LabelledFace
from models.evaluation.differences import measure_differences
from models.evaluation.evaluate import Answers
from registry import load_registry

SHIPPED = json.loads(DIFFERENCES.read_text())
KEYS = [spec.key for spec in load_registry() if spec.builtin and spec.expects == "face"]


def test_what_both_find_hard_makes_no_difference_uncertain() -> None:
    """Two detectors whose numbers rise and fall together, one of them blurred a little."""
    samples = [Sample(Path(f"{n}.png"), n % 2, "ab"[n // 2 % 2], str(n // 4), "test") for n in range(400)]
    random = np.random.default_rng(0)
    hard = np.array([sample.label for sample in samples]) + random.normal(0, 1.5, 400)
    answers = Answers(
        [LabelledFace(sample, (0, 0, 90, 90)) for sample in samples],
        [],
        {
            "sharp": hard,
            "blurred": hard + random.normal(0, 0.3, 400),
            "failing": np.where(np.arange(400) < 8, np.nan, hard),
        },
    )
    found = measure_differences(answers, dict.fromkeys(answers.p_fake, frozenset({"a"})))
    (first, second, _) = found["pairs"]
    assert (first["first"], first["second"], first["faces"], first["unseen_sets"]) == ("sharp", "blurred", 400, ["b"])
    assert first["unseen"] == first["sets"]["b"]
    assert first["mean"]["value"] == pytest.approx(np.mean([one["value"] for one in first["sets"].values()]), abs=1e-4)
    assert first["mean"]["high"] - first["mean"]["low"] < 0.05  # of one alone the interval is about .1 wide
    assert (second["faces"], second["mean"]) == (392, {"value": 0.0, "low": 0.0, "high": 0.0})


def test_the_shipped_differences_are_of_the_shipped_weights_and_agree_with_their_figures() -> None:
    hashes = {key: read_config(WEIGHTS / key).files[MODEL] for key in KEYS}
    assert SHIPPED["models"] == hashes | {JURY_KEY: hash_jury()}
    metrics = {key: read_metrics(WEIGHTS / key / METRICS) for key in KEYS} | {JURY_KEY: read_metrics(JURY_METRICS)}
    pairs = {frozenset((pair["first"], pair["second"])): pair for pair in SHIPPED["pairs"]}
    assert pairs.keys() == {frozenset(pair) for pair in combinations(metrics, 2)}
    for pair in pairs.values():
        first, second = (metrics[pair[side]]["sources"] for side in ("first", "second"))
        assert pair["sets"].keys() == {name for name, found in first.items() if "auc" in found}
        for name, figure in pair["sets"].items():
            assert figure["value"] == pytest.approx(
                first[name]["auc"]["value"] - second[name]["auc"]["value"], abs=2e-4
            )
            assert figure["low"] <= figure["value"] <= figure["high"]
