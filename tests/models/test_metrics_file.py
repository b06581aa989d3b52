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


@pytest.mark.parametrize("broken", ["{", "[]", "{}", "\xff"])
def test_broken_figures_are_refused_with_the_same_way_out(tmp_path: Path, broken: str) -> None:
    shutil.copy(WEIGHTS / "custom-cnn" / CONFIG, tmp_path / CONFIG)
    (tmp_path / METRICS).write_text(broken, encoding="latin-1")
    with pytest.raises(PublishError, match=r"cannot be read; measure it first: facejury models evaluate"):
        read_metrics(tmp_path)
