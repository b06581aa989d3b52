"""The network that listens, trained for a step at the command line."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from detectors.networks.folder import CARD, METRICS, MODEL, WEIGHTS, read_config, read_network
from detectors.networks.onnx_runtime import open_session
from models.architectures.voice import SAMPLES
from models.commands.application import app
from models.data import speech
from models.data.vocoders import RATE
from tests.models.data.test_speech import save
from tests.models.data.test_vocoders import speak

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["voice", *arguments])
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def write_windows(folder: Path) -> None:
    """Two reals, each before a fake, in every split; the fakes are noise."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    kinds = {"train": "world", "val": "world", "fit": "gnuspeech", "test": "world", "eval": "flite"}
    rows = [
        {"label": place % 2, "source": split, "speaker": f"{split}{place}", "split": split, "codec": "", "length": RATE}
        | {"kind": kind if place % 2 else ""}
        for split, kind in kinds.items()
        for place in range(4)
    ]
    samples = np.zeros((len(rows), SAMPLES), np.int16)
    for place, row in enumerate(rows):
        tone = np.sin(np.arange(RATE) * rng.uniform(0.1, 0.3)) * 5000
        samples[place, :RATE] = rng.normal(0, 3000, RATE) if row["label"] else tone
    np.save(folder / speech.WINDOWS, samples)
    with (folder / speech.INDEX).open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def test_the_windows_of_another_manifest_or_seed_are_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("voice.wav", "other.wav"):
        save(tmp_path / name, speak())

    def train(*rows: str, seed: int = 0) -> str:
        Path("manifest.csv").write_text("\n".join(["path,label,source,speaker,split,kind", *rows]))
        done = CliRunner().invoke(app, ["voice", "train", "--data", ".", "--run", "made", "--seed", str(seed)])
        assert done.exit_code == 2 and "the train split holds no real voices" in done.stderr
        return done.stdout

    assert "of 1 recordings" in train("voice.wav,1,here,,fit,robot")
    assert train("voice.wav,1,here,,fit,robot") == ""
    assert "of 1 recordings" in train("voice.wav,1,here,,fit,robot", seed=1)
    assert "of 2 recordings" in train("voice.wav,1,here,,fit,robot", "other.wav,Fake,there,,eval,robot", seed=1)


def test_windows_become_a_detector_that_was_measured_on_what_was_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("manifest.csv").write_text("path,label,source,speaker,split,kind\nnever-read.wav,real,here,,train,\n")
    write_windows(Path("made"))
    Path("made", speech.MADE_FROM).write_text(speech.say_made_from(Path(), 0))
    monkeypatch.setattr("models.training.voice.roc_auc_score", lambda *_: 0.0)  # the one network there is is kept
    said = run("train", "--data", ".", "--run", "made", "--steps", "20", "--batch", "4", "--every", "20")
    assert "step 20: loss" in said and "AUC 0.0000" in said
    run("export", "--run", "made", "--to", "weights")
    assert "AUC without listening: length" in run("evaluate", "weights", "--run", "made", "--save")
    config, metrics = read_config(Path("weights")), json.loads(Path("weights/metrics.json").read_text())
    assert config.expects == "audio" and metrics["model"] == config.files[MODEL]
    assert metrics["sources"]["sources and synthesiser left out (Flite)"]["fake"] == 2
    assert "it never decides alone" in Path("weights/README.md").read_text()
    p_fake = open_session(read_network(Path("weights"))).run(np.zeros((1, SAMPLES), np.float32))[0]
    assert p_fake.shape == (1, 1) and 0 <= p_fake[0, 0] <= 1


@pytest.mark.parametrize("split", ["train", "test", "eval"])
def test_windows_that_cannot_be_measured_on_are_refused_before_anything_is_written(tmp_path: Path, split: str) -> None:
    write_windows(made := tmp_path / "made")
    index = (made / speech.INDEX).read_text().splitlines()
    (made / speech.INDEX).write_text("\n".join(line.replace(f",{split},", ",val,") for line in index))
    weights = shutil.copytree(WEIGHTS / "voice", tmp_path / "weights")
    before = [(weights / name).read_bytes() for name in (METRICS, CARD)]
    done = CliRunner().invoke(app, ["voice", "evaluate", str(weights), "--run", str(made), "--save"])
    assert done.exit_code == 2 and f"the {split} split must hold real and fake voices" in done.stderr
    assert [(weights / name).read_bytes() for name in (METRICS, CARD)] == before
