"""Figures that nothing can be drawn from are refused with the way to better ones."""

import json
import shutil
from pathlib import Path

import pytest

from detectors.networks.folder import CONFIG, METRICS, MODEL, WEIGHTS, read_config
from models.errors import PublishError
from models.metrics_file import read_metrics


def test_figures_without_curves_are_refused(tmp_path: Path) -> None:
    shutil.copy(WEIGHTS / "custom-cnn" / CONFIG, tmp_path / CONFIG)
    metrics = {"model": read_config(tmp_path).files[MODEL]}
    (tmp_path / METRICS).write_text(json.dumps(metrics))
    with pytest.raises(PublishError, match=r"holds no curves to draw; measure it first: facejury models evaluate"):
        read_metrics(tmp_path)
    (tmp_path / METRICS).write_text(json.dumps(metrics | {"curves": {}}))
    assert read_metrics(tmp_path) == metrics | {"curves": {}}
