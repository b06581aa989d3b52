"""Precisions are compared on the same faces, and the served one with itself."""

import numpy as np
import pytest

from benchmarks import precision
from detectors.networks.folder import WEIGHTS, read_config


def test_a_network_in_integers_is_held_against_itself_as_it_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "CALIBRATED_ON", 3)
    monkeypatch.setattr(precision, "TIMED", 1)
    monkeypatch.setattr(precision, "open_bfloat16", lambda network, pixels: None)
    crops = np.random.default_rng(0).integers(0, 256, (9, 128, 128, 3), dtype=np.uint8)
    served, small = precision.measure(read_config(WEIGHTS / "residual"), list(crops), np.arange(9) % 2)
    assert (served["precision"], served["labels_changed"], served["faces"]) == ("float32, as served", 0.0, 6)
    assert small["precision"] == "int8" and small["milliseconds"] > 0
