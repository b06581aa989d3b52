"""Options and data folders that cannot be meant: one sentence and exit code 2, before any face is looked for."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from detectors.networks.folder import WEIGHTS
from models.commands.application import app
from models.data import face_index
from tests.command import ROOT
from tests.models.clips import write_clips
from tests.models.manifest import write_manifest
from tests.models.portraits import write_portraits

Ask = Callable[..., str]


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Runs a command that must be refused before any face is looked for; what it says."""
    monkeypatch.chdir(tmp_path)

    def look(paths: Any) -> None:
        raise AssertionError(f"faces were looked for in {paths}")

    monkeypatch.setattr(face_index, "_find_all", look)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 2, done.output
        return " ".join(done.output.replace("│", " ").split())

    return run


def write_rows(folder: Path, *rows: tuple[str, str, str]) -> str:
    """A data folder with (path, label, split) in each row; where it is."""
    return str(write_manifest(folder, *((path, label, "", "made", path, split) for path, label, split in rows)))


def write_kinds(folder: Path, kind: str) -> str:
    """A data folder whose fakes are all of one kind; where it is."""
    folder.mkdir()
    lines = ["path,label,kind,split"]
    for split in ("train", "val"):
        for label in ("real", "fake"):
            (folder / f"{split}{label}.png").touch()
            lines.append(f"{split}{label}.png,{label},{kind if label == 'fake' else ''},{split}")
    (folder / "manifest.csv").write_text("\n".join(lines))
    return str(folder)


BOTH = [(f"{label}-{split}.png", label, split) for split in ("train", "val", "test") for label in ("real", "fake")]


def test_a_split_that_is_not_there_is_named_with_those_that_are(refused: Ask, tmp_path: Path) -> None:
    data = write_rows(tmp_path / "set", *BOTH)
    said = refused("evaluate", "--data", data, "--split", "tset")
    assert "no picture is in split 'tset'" in said
    assert "train (2 pictures), val (2 pictures), test (2 pictures)" in said
    assert "no picture is in split 'eval'" in refused("evaluate", "--data", data, "--split", "test", "--split", "eval")


def test_figures_on_what_was_learnt_from_are_not_saved(refused: Ask, tmp_path: Path) -> None:
    data = write_rows(tmp_path / "set", *BOTH)
    said = refused("evaluate", "--data", data, "--split", "train", "--save", "--replace-builtin")
    assert "--save: pictures of split train are those that networks learn from" in said


@pytest.mark.parametrize("command", ["evaluate", "turns", "videos"])
def test_pictures_of_one_class_are_not_measured(refused: Ask, tmp_path: Path, command: str) -> None:
    data = write_rows(tmp_path / "set", *[row for row in BOTH if row[1] == "fake"])
    assert "are fake: real ones are needed beside them" in refused(command, "--data", data)


@pytest.mark.parametrize(("label", "word"), [("real", "no fakes"), ("fake", "no real faces")])
def test_pictures_of_one_class_are_not_trained_on(refused: Ask, tmp_path: Path, label: str, word: str) -> None:
    data = write_rows(tmp_path / "set", *[row for row in BOTH if row[1] == label])
    assert f"these folders hold {word} in split train" in refused("train", "custom-cnn", "--data", data)


def test_a_network_for_generated_faces_is_not_trained_on_swaps(refused: Ask, tmp_path: Path) -> None:
    data = write_kinds(tmp_path / "set", "swap")
    said = refused("train", "residual", "--data", data)
    assert "residual cannot be trained" in said and "that were generated whole" in said


@pytest.mark.parametrize("command", ["train", "export"])
def test_a_run_of_another_architecture_is_not_gone_on_with(refused: Ask, tmp_path: Path, command: str) -> None:
    data = write_rows(tmp_path / "set", *BOTH)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "recipe.json").write_text(json.dumps({"architecture": "efficientnet"}))
    said = refused(command, "custom-cnn", "--data", data, "--run", "run")
    assert "run is a run of efficientnet, not of custom-cnn" in said


def test_a_run_without_a_network_is_not_exported(refused: Ask, tmp_path: Path) -> None:
    data = write_rows(tmp_path / "set", *BOTH)
    said = refused("export", "custom-cnn", "--data", data)
    assert "has no best.keras: train it with `facejury models train custom-cnn`" in said


def test_a_network_is_exported_without_what_it_was_trained_without(refused: Ask, tmp_path: Path) -> None:
    made = {"train": "gan", "val": "diffusion", "test": "swap"}
    rows = [(path, label, made[split] * (label == "fake"), "set", path, split) for path, label, split in BOTH]
    rows.append(("more.png", "fake", "other", "set", "more.png", "val"))
    data = str(write_manifest(tmp_path / "set", *rows))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "best.keras").touch()
    (tmp_path / "run" / "recipe.json").write_text(json.dumps({"architecture": "custom-cnn", "without": ["gan"]}))
    export = ("export", "custom-cnn", "--data", data, "--run", "run")
    assert "run was trained --without gan: export it so, too" in refused(*export)
    said = refused(*export, "--without", "gan", "--without", "diffusion")
    assert "run has learnt from diffusion: it cannot be exported --without" in said
    said = refused(*export, "--without", "gan")
    assert "run/best.keras is not a .keras file, or not all of one" in said


def test_a_teacher_must_lack_what_is_left_out(refused: Ask, tmp_path: Path) -> None:
    rows = [(path, label, "gan" * (label == "fake"), "set", path, split) for path, label, split in BOTH]
    rows += [(f"more-{split}.png", "fake", "other", "set", split, split) for split in ("train", "val")]
    data = str(write_manifest(tmp_path / "set", *rows))
    teacher = str(WEIGHTS / "efficientnet")
    said = refused("train", "custom-cnn", "--data", data, "--without", "gan", "--teacher", teacher)
    assert f"--teacher: {teacher} was not trained --without gan, so it would teach of it" in said


def test_the_backend_of_keras_is_named_when_it_is_none(
    refused: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "tensorflwo")
    data = write_rows(tmp_path / "set", *BOTH)
    for command in (["train", "custom-cnn"], ["export", "custom-cnn"], ["evaluate"]):
        said = refused(*command, "--data", data)
        assert "KERAS_BACKEND is 'tensorflwo'; it must be one of tensorflow, jax, torch" in said


@pytest.mark.parametrize(
    "option",
    [
        ("--steps", "0"),
        ("--steps", "-5"),
        ("--batch", "1"),
        ("--batch", "3"),
        ("--source-weight", "set"),
        ("--source-weight", "nobody=2"),
        ("--every", "0"),
        ("--rate", "0"),
        ("--rate", "nan"),
        ("--seed", "-1"),
        ("--forged", "2"),
        ("--teacher", "nowhere"),
        ("--start", "nowhere.keras"),
        ("--start", "set/manifest.csv"),
        ("--run", "set/manifest.csv"),
        ("--data", "nowhere"),
        ("--data", "set/manifest.csv"),
    ],
)
def test_training_is_not_begun_with_what_cannot_be_meant(refused: Ask, tmp_path: Path, option: tuple[str, str]) -> None:
    data = write_rows(tmp_path / "set", *BOTH)
    said = refused("train", "custom-cnn", "--data", data, *option)
    assert option[0].lstrip("-") in said or option[1] in said
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("option", [("--forged", "0.5"), ("--forged", "0"), ("--teacher", "set")])
def test_a_network_that_learns_from_no_labelled_fake_takes_no_option_about_them(
    refused: Ask, tmp_path: Path, option: tuple[str, str]
) -> None:
    data = write_rows(tmp_path / "set", *BOTH)
    assert f"{option[0]}: blend learns from forgeries" in refused("train", "blend", "--data", data, *option)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("turns", "--data", "set", "--most", "0"),
        ("evaluate", "--data", "set", "--plots", "set/manifest.csv"),
        ("report", "--readme", "nowhere.md"),
        ("card", "nothing"),
        ("card", "custom-cnn", "--from", "nowhere"),
        ("publish", "custom-cnn", "--repo", "user", "--dry-run"),
        ("publish-space", "--repo", "user", "--dry-run"),
        ("evaluate", "--data", "set", "--only", "blend", "--replace-builtin"),
        ("left-out", "nowhere", "--data", "set"),
        ("evaluate", "--data", "set", "--only", "nothing"),
        ("speed", "--only", "nothing"),
        ("evaluate", "--data", "set", "--add", "nowhere"),
    ],
)
def test_what_is_not_there_is_refused_by_every_command(
    refused: Ask, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    write_rows(tmp_path / "set", *BOTH)
    assert "Traceback" not in refused(*arguments)


def test_a_source_weight_that_cannot_be_meant_is_told_before_tensorflow_is_loaded() -> None:
    code = (
        "import sys, facejury\n"
        "sys.argv = ['facejury', 'models', 'train', 'custom-cnn', '--data', '.', '--source-weight', 'set']\n"
        "try: facejury.main()\n"
        "finally: print('tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "False\n")
    assert done.stderr == "--source-weight: SOURCE=TIMES was expected, got 'set'\n"


def test_a_built_in_detector_is_replaced_under_its_own_key_and_title(refused: Ask, tmp_path: Path) -> None:
    data = write_rows(tmp_path / "set", *BOTH)
    for named in (("--key", "mine"), ("--title", "Mine")):
        said = refused("export", "custom-cnn", "--data", data, "--to", "there", "--replace-builtin", *named)
        assert "leave out --key and --title" in said


def test_the_folder_of_another_detector_is_not_written_over(refused: Ask, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    told = json.loads((WEIGHTS / "custom-cnn" / "config.json").read_text()) | {"key": "theirs"}
    (theirs / "config.json").write_text(json.dumps(told))
    run, clips = tmp_path / "run", write_clips(tmp_path, "ab")
    run.mkdir()
    for name in ("best.keras", "windows.csv"):
        (run / name).touch()
    np.save(run / "windows.npy", np.zeros(0))
    data = write_rows(tmp_path / "set", *BOTH)
    for command in (
        ("export", "custom-cnn", "--data", data, "--run", str(run)),
        ("export", "custom-cnn", "--data", data, "--run", str(run), "--replace-builtin"),
        ("landmarks", "--data", data),
        ("temporal", "--clips", str(clips)),
        ("voice", "export", "--run", str(run)),
    ):
        said = refused(*command, "--to", "theirs")
        assert "theirs is the model folder of theirs, which " in said, command
    assert sorted(path.name for path in theirs.iterdir()) == ["config.json"]


def test_where_nothing_can_be_written_is_told_before_the_work(refused: Ask, tmp_path: Path) -> None:
    data, clips, run = write_rows(tmp_path / "set", *BOTH), str(write_clips(tmp_path, "ab")), tmp_path / "run"
    run.mkdir()
    for name in ("best.keras", "windows.csv"):
        (run / name).touch()
    np.save(run / "windows.npy", np.zeros(0))
    for command in (("landmarks", "--data", data), ("temporal", "--clips", clips), ("voice", "export", "--run", "run")):
        said = refused(*command, "--to", "set/manifest.csv/made")
        assert "nothing can be written to set/manifest.csv/made: Not a directory" in said, command


@pytest.mark.parametrize("command", [("train", "custom-cnn"), ("voice", "train")])
def test_a_network_without_the_checkpoint_of_its_training_is_not_replaced(
    refused: Ask, tmp_path: Path, command: tuple[str, ...]
) -> None:
    data = write_rows(tmp_path / "set", *BOTH)
    (tmp_path / "mixed").mkdir()
    (tmp_path / "mixed" / "best.keras").write_text("averaged")
    said = refused(*command, "--data", data, "--run", "mixed")
    assert "mixed has a best.keras" in said and ("--start mixed/best.keras" in said or command[0] == "voice")
    assert (tmp_path / "mixed" / "best.keras").read_text() == "averaged"


def test_a_folder_named_twice_is_read_once(tmp_path: Path) -> None:
    from models.data.datasets import read_fittable, read_samples

    folder = Path(write_rows(tmp_path / "set", *BOTH))
    assert len(read_samples([folder, folder])) == 6
    assert len(read_fittable([folder, folder / "../set"])) == 4


def test_a_picture_that_is_said_to_be_real_and_fake_is_refused(refused: Ask, tmp_path: Path) -> None:
    data = write_rows(tmp_path / "set", *BOTH, ("real-train.png", "fake", "train"))
    assert "real-train.png is labelled both real and fake" in refused("train", "custom-cnn", "--data", data)


@pytest.mark.slow
def test_broken_pictures_are_counted_and_named_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = write_portraits(tmp_path / "set", ["test"] * 2, faceless=1)
    for label in ("real", "fake"):
        (folder / f"{label}1.png").write_bytes(b"no picture")
    done = CliRunner().invoke(app, ["evaluate", "--data", str(folder), "--only", "custom-cnn"])
    assert done.exit_code == 0, done.output
    said = " ".join(done.stderr.split())
    assert "Pictures that could not be read, left out: 2: real1.png (This is not a picture" in said
    assert "fake1.png (" in said
    assert said.endswith("Pictures without a face that can be used, left out: 1: nobody0.png")
