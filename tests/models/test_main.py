"""The whole way at the command line: a folder of photos becomes a network, and that a detector that judges."""

import csv
import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from typer.testing import CliRunner

from detectors import samples
from detectors.artifact import WEIGHTS, load_folder
from detectors.forge import forge
from models.__main__ import app

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Four portraits to learn from and four to calibrate on, each also forged."""
    folder = tmp_path / "photos"
    folder.mkdir()
    rows = []
    for index in range(8):
        portrait = np.ascontiguousarray(samples.photo()[:, index : index + 400])
        for label, pixels in (("real", portrait), ("fake", forge(portrait, seed=index).image)):
            name, split = f"{label}{index}.png", "train" if index < 4 else "val"
            PIL.Image.fromarray(pixels).save(folder / name)
            rows.append((name, label, "made" if label == "fake" else "", "portraits", f"v{index}", split))
    with (folder / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("path", "label", "generator", "source", "group", "split"), *rows])
    return folder


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def test_a_folder_of_photos_becomes_a_detector_by_two_commands(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where the faces that were found are kept
    at = ("custom-cnn", "--data", str(photos), "--run", "run")
    teacher = ("--teacher", str(WEIGHTS / "custom-cnn"), "--oftener", "portraits=2")
    said = run("train", *at, *teacher, "--batch", "2", "--every", "50", "--steps", "50")
    assert "step 50/50, loss" in said and "best validation AUC" in said and "0 min left" in said
    assert "trained: run/best.keras" in said
    progress = json.loads(Path("run/checkpoint/progress.json").read_text())
    assert [entry["step"] for entry in progress["history"]] == [50]
    assert "written: weights" in run("export", *at, "--to", "weights")
    p_fake, heatmap = load_folder(Path("weights")).examine(samples.portrait())
    assert 0 <= p_fake <= 1 and heatmap.ndim == 2
