"""Leaving a generator out: of training, calibration and the jury, under a name of its own, and noted for cards."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from detectors.jury.fusion import JURY_METRICS
from detectors.networks.folder import CONFIG, METRICS, WEIGHTS, read_config
from models.commands.application import app
from models.data.datasets import leave_out, name_without
from models.errors import DataError
from models.evaluation import leave_one_out
from models.evaluation.fit_jury import Material, fit_jury
from models.evaluation.leave_one_out import by_key, keep_noted, note, read_without
from models.metrics_file import read_metrics
from models.publishing.card import render
from tests.models.measured import KEY, make_answers, make_folder
from tests.models.portraits import write_portraits

pytestmark = pytest.mark.slow  # faces are found and networks run for each

FACES = make_answers().faces
SAMPLES = [face.sample for face in FACES]
FIGURE = {"value": 0.6123, "low": 0.5, "high": 0.7}
NAMES = ("auc", "fakes_called_fake", "fakes_called_real")
FIGURES: dict[str, Any] = {"n": 60, "real": 30, "fake": 30} | dict.fromkeys(NAMES, FIGURE)


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where figures are noted: a measured network, and the jury's file beside it."""
    folder = make_folder(tmp_path)
    shutil.copy(JURY_METRICS, tmp_path)
    monkeypatch.setattr(leave_one_out, "WEIGHTS", tmp_path)
    monkeypatch.setattr(leave_one_out, "JURY_METRICS", tmp_path / JURY_METRICS.name)
    return folder


def export_without(folder: Path, *generators: str, key: str = KEY) -> Path:
    """A copy of a built-in's folder, as if it had been trained without these."""
    shutil.copytree(WEIGHTS / KEY, folder)
    config = json.loads((folder / CONFIG).read_text())
    named = name_without(key, "", generators)[0]
    (folder / CONFIG).write_text(json.dumps(config | {"key": f"my-{named}", "without": list(generators)}))
    return folder


def test_a_generators_fakes_are_left_out_and_nothing_else() -> None:
    more = [*SAMPLES, replace(SAMPLES[0], source="stylegan1-ffhq", label=1, generator="sdxl")]
    kept = leave_out(more, ["stylegan1"])
    assert {sample.generator for sample in more} - {sample.generator for sample in kept} == {"stylegan1"}
    assert len(more) - len(kept) == 30
    assert leave_out(SAMPLES, []) == SAMPLES


def test_real_faces_go_with_the_last_fakes_of_their_set() -> None:
    kept = leave_out(SAMPLES, ["stylegan1"])
    assert {sample.source for sample in SAMPLES} - {sample.source for sample in kept} == {"stylegan1-ffhq"}
    assert "celeba" in {sample.source for sample in kept}  # of reals alone, before as well


def test_a_generator_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(DataError, match="no generator 'stylegan' is in these folders; there are Deepfakes, dfdc"):
        leave_out(SAMPLES, ["stylegan"])


def test_a_network_without_a_generator_has_a_key_of_its_own() -> None:
    assert name_without("blend", "Blend", ["stable_diffusion_2_1"])[0] == "blend-without-stable-diffusion-2-1"
    assert name_without("blend", "Blend", []) == ("blend", "Blend")


def test_the_figures_of_what_was_left_out_come_into_the_card(served: Path) -> None:
    note({KEY: {"stylegan1": FIGURES}}, ["stylegan1", "sdxl"])
    card = render(read_config(served), read_metrics(served))
    section = card.split("### Generators left out of training")[1].split("\n#")[0]
    assert "| stylegan1 |" in section
    assert section.count("0.612 [0.500, 0.700]") == len(NAMES)
    elsewhere = render(read_config(served), read_metrics(served) | {"generators": {}})  # measured again, on other data
    assert "| stylegan1 |" in elsewhere


def test_measuring_again_keeps_what_was_noted(served: Path) -> None:
    assert keep_noted(served / METRICS) == {}
    note({KEY: {"stylegan1": FIGURES}}, ["stylegan1"])
    note({KEY: {"sdxl": FIGURES}}, ["sdxl"])
    kept = keep_noted(served / METRICS)["left_out"]
    assert {name: figures["together"] for name, figures in kept.items()} == {
        "stylegan1": ["stylegan1"],
        "sdxl": ["sdxl"],
    }


def test_a_file_that_cannot_be_read_is_told_before_the_long_work(tmp_path: Path) -> None:
    mine = export_without(tmp_path / "mine", "sdxl")
    (mine / METRICS).write_text('{"left_out": ')
    data = str(write_portraits(tmp_path / "data", ["test"]))
    chosen = ["--add", str(mine), "--only", read_config(mine).key]
    done = CliRunner().invoke(app, ["evaluate", *chosen, "--data", data, "--save"])
    assert done.exit_code == 2
    assert f"{METRICS} cannot be read" in done.output


@pytest.mark.parametrize("broken", ["custom-cnn/metrics.json", JURY_METRICS.name])
def test_figures_that_cannot_be_noted_are_told_before_any_face_is_looked_for(
    served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setattr("models.data.face_index.label_faces", lambda *_: pytest.fail("faces were looked for"))
    folder = export_without(tmp_path / "trained", "made")
    (tmp_path / broken).write_text('["left_out"]')
    data = write_portraits(tmp_path / "set", ["val", "test"])
    done = CliRunner().invoke(app, ["left-out", str(folder), "--data", str(data)])
    assert done.exit_code == 2, done.output
    assert f"{broken} cannot be read, so nothing could be noted there" in " ".join(done.output.split())


def test_networks_that_lack_nothing_or_not_the_same_are_refused(served: Path, tmp_path: Path) -> None:
    one, other = export_without(tmp_path / "one", "sdxl"), export_without(tmp_path / "other", "sdxl", "flux")
    assert read_without([one]) == ("sdxl",)
    with pytest.raises(DataError, match="custom-cnn was trained with everything"):
        read_without([one, served])
    with pytest.raises(DataError, match="one lacks sdxl; other lacks sdxl, flux"):
        read_without([one, other])


def test_a_recipe_is_found_by_its_key_and_each_is_there_once(served: Path, tmp_path: Path) -> None:
    one, other = export_without(tmp_path / "one", "sdxl"), export_without(tmp_path / "other", "sdxl")
    assert by_key([one]) == {KEY: one}
    with pytest.raises(DataError, match="one and other were both trained like custom-cnn"):
        by_key([one, other])
    with pytest.raises(DataError, match="like mine, which is no built-in detector that was measured"):
        by_key([export_without(tmp_path / "new", "sdxl", key="mine")])


def test_the_command_asks_the_network_and_a_jury_that_was_fitted_without(
    served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = write_portraits(tmp_path / "set", ["train", "val", "val", "val", "test", "test"])
    manifest = data / "manifest.csv"
    manifest.write_text(manifest.read_text().replace("fake1.png,fake,made", "fake1.png,fake,other"))
    folder = export_without(tmp_path / "trained", "made")
    before = keep_noted(JURY_METRICS)
    fitted: list[set[str]] = []

    def fit_and_tell(said: Material) -> dict[str, Any]:
        fitted.append(set(said.p_fake))
        return fit_jury(said)

    monkeypatch.setattr(leave_one_out, "fit_jury", fit_and_tell)
    done = CliRunner().invoke(app, ["left-out", str(folder), "--data", str(data)])
    assert done.exit_code == 0, done.output
    assert fitted == [{KEY, "blend"}]  # by their recipes: who is weighed and who doubts goes by these
    for path in (served / METRICS, tmp_path / JURY_METRICS.name):
        assert f"written: {path}" in done.output.splitlines()
        noted = json.loads(path.read_text())["left_out"]["made"]
        assert (noted["real"], noted["fake"], noted["together"]) == (2, 2, ["made"])
        assert 0 <= noted["auc"]["value"] <= 1
    assert noted["members"] == ["blend", KEY]  # blend, which learns from no labelled fake, as it is served
    assert keep_noted(JURY_METRICS) == before
