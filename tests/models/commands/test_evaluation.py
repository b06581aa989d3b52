"""What the measuring commands make of what was measured, which stands elsewhere: print it, or write it down."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from benchmarks import speed, speed_table
from detectors.commands.terminal import screen
from detectors.networks.folder import CONFIG, METRICS, WEIGHTS
from models.commands.application import app
from models.commands.evaluation import _table
from models.data import face_index
from models.evaluation import fit_jury
from tests.command import FACEJURY, UNPRIVILEGED
from tests.models.manifest import write_manifest
from tests.models.portraits import write_portraits

FIGURES = {"machine": "one of glass"}
FITTED = {"blend": {"weights": {"blend": 1.0}}}


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """`speed` without its minutes; what it saves and what it writes."""
    written: list[Any] = []
    monkeypatch.setattr(speed, "measure", lambda keys, **_: FIGURES | {"keys": keys})
    monkeypatch.setattr(speed, "save", lambda figures: written.append(("saved", figures)))
    monkeypatch.setattr(speed, "read_saved", lambda *_: [FIGURES])
    monkeypatch.setattr(speed_table, "write", lambda figures: written.append(("written", figures)))
    monkeypatch.setattr(speed_table, "tables", lambda figures: [f"the {name}" for name in figures])
    return written


RAISES = """
import pluggy
@pluggy.HookimplMarker("facejury")
def register_detectors(register):
    register(key="raises", title="Raises", load=lambda: (lambda image: 1 / 0))
"""


def call(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_speed_prints_tables_or_json_and_writes_only_where_that_is_asked_for(measured: list[Any]) -> None:
    found = FIGURES | {"keys": ["blend"]}
    assert call("speed", "--only", "blend").splitlines() == ["the machine", "the keys"]
    assert json.loads(call("speed", "--only", "blend", "--json")) == found
    assert measured == []
    call("speed", "--only", "blend", "--save")
    assert measured == [("saved", found), ("written", [FIGURES])]


def test_speed_that_cannot_be_saved_is_told_before_it_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed, "measure", lambda *_, **__: pytest.fail("it was measured"))
    monkeypatch.setattr(speed, "SAVED", tmp_path / "speed")
    monkeypatch.setattr(speed_table, "DOCUMENT", tmp_path / "page.md")
    (tmp_path / "page.md").write_text("no marks")
    for said in ("the page has no place for this table", "amx.json cannot be read: move it away first"):
        done = CliRunner().invoke(app, ["speed", "--only", "blend", "--save"])
        assert (done.exit_code, said in " ".join(done.stderr.split())) == (2, True), done.output
        (tmp_path / "speed" / "amx.json").write_text("{")


def test_a_fitted_jury_replaces_the_built_in_one_only_where_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [("a.png", "real", "", "mine", "a", "val"), ("b.png", "fake", "", "theirs", "b", "val")]
    data = str(write_manifest(tmp_path / "set", *rows))
    written: list[Any] = []

    def find_none(samples: Sequence[Any], _cache: Path) -> tuple[list[Any], list[Any]]:
        return [], []

    monkeypatch.setattr(face_index, "label_faces", find_none)
    monkeypatch.setattr(fit_jury, "fit", lambda specs, faces: FITTED)
    monkeypatch.setattr(fit_jury, "write", written.append)
    assert json.loads(call("fit-jury", "--data", data)) == FITTED
    assert written == []
    done = CliRunner().invoke(app, ["fit-jury", "--data", data, "--replace-builtin"])
    assert written == [FITTED]
    assert "The built-in jury is replaced by one fitted on mine, theirs." in " ".join(done.stderr.split())


def test_the_name_of_a_data_set_is_no_markup() -> None:
    figures = {"n": 2, "real": 1, "fake": 1, "split": "test"}
    sources = {"faces[v2]": figures, "set [/a]": figures, "[red]set": figures}
    with screen.capture() as capture:
        screen.print(_table({"detector": "mine", "overall": figures, "sources": sources, "videos": {"[b]": figures}}))
    said = capture.get()
    assert [name for name in ("faces[v2]", "set [/a]", "[red]set", "[b], by") if name not in said] == []


@pytest.mark.slow
def test_a_detector_that_fails_on_every_face_keeps_no_other_from_being_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("raises.py").write_text(RAISES)
    photos = write_portraits(tmp_path / "photos", ["test"] * 4)
    asked = ["evaluate", "--data", str(photos), "--only", "raises", "--only", "custom-cnn", "--add", "raises.py"]
    done = CliRunner().invoke(app, [*asked, "--json"])
    assert done.exit_code == 0, done.output
    found = {one["detector"]: one for one in json.loads(done.stdout)}
    assert found["raises"]["failed"] == 8 and "auc" in found["custom-cnn"]["overall"]
    assert "raises failed on 8 faces" in done.stderr
    done = CliRunner().invoke(app, [*asked, "--save"])
    assert done.exit_code == 2 and "raises has none" in done.stderr


def test_a_model_folder_that_cannot_be_written_to_is_told_before_anything_is_measured(tmp_path: Path) -> None:
    mine = shutil.copytree(WEIGHTS / "custom-cnn", tmp_path / "mine", ignore=shutil.ignore_patterns(METRICS))
    config = json.loads((mine / CONFIG).read_text()) | {"key": "mine"}
    (mine / CONFIG).write_text(json.dumps(config))
    photos = write_portraits(tmp_path / "photos", ["test"])
    mine.chmod(0o555)
    asked = ["models", "evaluate", "--data", str(photos), "--only", "mine", "--add", str(mine), "--save"]
    done = subprocess.run([*UNPRIVILEGED, *FACEJURY, *asked], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        2,
        f"nothing can be written to {mine}: Permission denied",
    )
    assert "finding faces" not in done.stderr
