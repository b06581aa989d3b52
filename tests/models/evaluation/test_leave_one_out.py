"""Leaving a generator out: of training and calibration, under a name of its own, and noted where the card finds it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from detectors.networks.folder import CONFIG, METRICS, read_config
from models.commands.application import app
from models.data.datasets import leave_out, name_without
from models.errors import DataError
from models.evaluation.leave_one_out import keep_noted, note
from models.metrics_file import read_metrics
from models.publishing.card import render
from tests.models.measured import make_answers, make_folder

pytestmark = pytest.mark.slow  # faces are found and networks run for each

FACES = make_answers().faces
SAMPLES = [face.sample for face in FACES]


@pytest.fixture
def folders(tmp_path: Path) -> Any:
    """A measured network, and the same as if trained without one generator."""
    ours, theirs = (make_folder(tmp_path / name) for name in ("with", "without"))
    config = json.loads((theirs / CONFIG).read_text())
    (theirs / CONFIG).write_text(json.dumps(config | {"without": ["stylegan1"]}))
    metrics = json.loads((theirs / METRICS).read_text())
    metrics["generators"]["stylegan1"]["auc"] = {"value": 0.6123, "low": 0.5, "high": 0.7}
    (theirs / METRICS).write_text(json.dumps(metrics))
    return ours, theirs


def test_a_generators_fakes_are_left_out_and_nothing_else() -> None:
    kept = leave_out(SAMPLES, ["stylegan1"])
    assert {sample.generator for sample in SAMPLES} - {sample.generator for sample in kept} == {"stylegan1"}
    assert len(SAMPLES) - len(kept) == 30
    assert leave_out(SAMPLES, []) == SAMPLES


def test_a_generator_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(DataError, match="no generator 'stylegan' is in these folders; there are Deepfakes, dfdc"):
        leave_out(SAMPLES, ["stylegan"])


def test_a_network_without_a_generator_has_a_key_of_its_own() -> None:
    assert name_without("blend", "Blend", ["stable_diffusion_2_1"])[0] == "blend-without-stable-diffusion-2-1"
    assert name_without("blend", "Blend", []) == ("blend", "Blend")


def test_the_figures_of_what_was_left_out_come_into_the_card(folders: Any) -> None:
    ours, theirs = folders
    assert note(ours, theirs) == ("stylegan1",)
    card = render(read_config(ours), read_metrics(ours))
    section = card.split("### A generator left out of training")[1].split("\n#")[0]
    assert "| stylegan1 |" in section
    assert "0.612 [0.500, 0.700]" in section
    elsewhere = render(read_config(ours), read_metrics(ours) | {"generators": {}})  # measured again, on other data
    assert "| stylegan1 |" in elsewhere


def test_measuring_again_keeps_what_was_noted(folders: Any) -> None:
    ours, theirs = folders
    note(ours, theirs)
    assert keep_noted(ours / METRICS) == {"left_out": json.loads((ours / METRICS).read_text())["left_out"]}
    assert keep_noted(theirs / METRICS) == {}


def test_a_network_that_was_trained_with_everything_has_nothing_to_note(folders: Any) -> None:
    ours, _ = folders
    with pytest.raises(DataError, match="was trained with everything"):
        note(ours, ours)


def test_the_command_notes_it_beside_the_weights_of_the_detector(folders: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = folders
    monkeypatch.setattr("detectors.networks.folder.WEIGHTS", ours.parent)
    done = CliRunner().invoke(app, ["left-out", ours.name, str(theirs)])
    assert done.exit_code == 0 and "noted: stylegan1, in metrics.json of custom-cnn" in " ".join(done.output.split())
    assert "stylegan1" in json.loads((ours / METRICS).read_text())["left_out"]


@pytest.mark.parametrize("lacking", [[0], [1], [0, 1]], ids=["with it", "without it", "both"])
def test_a_generator_that_was_not_measured_on_both_sides_is_named(folders: Any, lacking: list[int]) -> None:
    ours, theirs = folders
    for folder in (folders[place] for place in lacking):
        metrics = json.loads((folder / METRICS).read_text())
        del metrics["generators"]["stylegan1"]
        (folder / METRICS).write_text(json.dumps(metrics))
    before = (ours / METRICS).read_text()
    with pytest.raises(DataError, match="neither may be missing among what was measured: stylegan1"):
        note(ours, theirs)
    assert (ours / METRICS).read_text() == before
