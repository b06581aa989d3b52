"""The whole way at the command line: a folder of photos becomes a network, and that a detector that judges."""

import json
from pathlib import Path
from typing import Never

import PIL.Image
import PIL.ImageOps
import pytest
from typer.testing import CliRunner

from detectors.conformance import samples
from detectors.networks.folder import WEIGHTS, load_folder, read_config
from models.commands.application import app
from models.training.run import hold
from tests.models.portraits import write_portraits

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Four portraits to learn from and four to calibrate on, each also forged."""
    return write_portraits(tmp_path / "photos", ["train"] * 4 + ["val"] * 4)


def interrupt(*_: object, **__: object) -> Never:
    raise KeyboardInterrupt


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def test_a_folder_of_photos_becomes_a_detector_by_two_commands(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where the faces that were found are kept
    monkeypatch.setattr("models.training.progress.LOG_EVERY", 2)
    at = ("custom-cnn", "--data", str(photos), "--run", "run")
    for path in photos.glob("*0.png"):
        PIL.ImageOps.expand(PIL.Image.open(path), 400).save(path)
    teacher = ("--teacher", str(WEIGHTS / "custom-cnn"), "--source-weight", "portraits=2")
    said = run("train", *at, *teacher, "--batch", "2", "--every", "2", "--steps", "2")
    assert "step 2/2, loss" in said and "faces a second" in said and "0 min left" in said
    assert "trained: run/best.keras" in said
    assert len(list(Path("runs/faces").iterdir())) == 2  # the faces of the two large pictures
    progress = json.loads(Path("run/checkpoint/progress.json").read_text())
    assert [entry["step"] for entry in progress["history"]] == [2]
    assert "run has been trained for 2 steps, so it stays as it is" in run("train", *at, "--steps", "2")
    with hold(Path("run")):
        beside = CliRunner().invoke(app, ["train", *at, "--steps", "4"])
    assert beside.exit_code == 2 and "run is trained by another process already" in " ".join(beside.stderr.split())
    with monkeypatch.context() as stopping:
        stopping.setattr("models.training.train.train", interrupt)
        stopped = CliRunner().invoke(app, ["train", *at, "--batch", "4", "--steps", "9"])
    assert stopped.exit_code == 130
    assert "Going on with run at step 2 of 9." in stopped.stderr and "batch 2, now 4" in stopped.stderr
    assert "teacher custom-cnn" in stopped.stderr and "sources" not in stopped.stderr
    assert "Stopped: the same command goes on from step 2." in stopped.stderr
    other = write_portraits(tmp_path / "others", ["val"] * 4)
    assert "written: run/weights" in run(
        "export", "custom-cnn", "--data", str(other), "--run", "run", "--title", "Mine"
    )
    config = json.loads(Path("run/weights/config.json").read_text())
    sources = sorted(["portraits", *read_config(WEIGHTS / "custom-cnn").trained_on])  # its teacher's, too
    assert (config["key"], config["title"], config["trained_on"]) == ("my-custom-cnn", "Mine", sources)
    p_fake, heatmap = load_folder(Path("run/weights")).examine(samples.portrait())
    assert 0 <= p_fake <= 1 and heatmap.ndim == 2
