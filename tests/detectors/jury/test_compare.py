"""`facejury compare`: from picture files to verdicts, by a table and by the documented JSON."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from typer.testing import Result

from tests.command import FACEJURY, call
from tests.detectors.pictures import encode, montage, portrait

pytestmark = pytest.mark.slow  # commands are started

# A real plugin, found by its entry point: detectors whose answers are known, and some that misbehave.
PLUGIN = """
import pluggy

hookimpl = pluggy.HookimplMarker("facejury")


def fail(image):
    raise RuntimeError("no luck with /home/somebody/secret/file.bin today")


def load_nothing():
    raise OSError("the weights are not here")


ANSWERS = {
    "says-fake": lambda image: 0.9,
    "says-real": lambda image: 0.1,
    "unsure": lambda image: 0.5,
    "raises": fail,
    "not-a-number": lambda image: float("nan"),
    "too-sure": lambda image: 1.5,
    "talks": lambda image: "fake",
    "scribbles": lambda image: float(image.mean() > 0) if image.fill(0) is None and image.max() == 0 else 0.0,
}


@hookimpl
def register_detectors(register):
    for key, answer in ANSWERS.items():
        register(key=key, title=key.title(), load=lambda answer=answer: answer, fake_from=0.7, real_until=0.3)
    register(key="cannot-load", title="Cannot Load", load=load_nothing)
    register(key="sees-all", title="Sees All", load=lambda: lambda image: image.shape[1] / 1000, expects="image")
"""
VERDICT = {"detector", "title", "p_fake", "label", "fake_from", "real_until", "milliseconds", "error", "measured"}
SETTINGS = {"COLUMNS": "200", "FACEJURY_BLOCK": ""}
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an installed plugin and some pictures."""
    room = tmp_path_factory.mktemp("room")
    installed = room / "site" / "jesters-1.0.dist-info"
    installed.mkdir(parents=True)
    (room / "site" / "jesters.py").write_text(PLUGIN)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: jesters\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[facejury]\njesters = jesters\n")
    (room / "portrait.png").write_bytes(encode(portrait()))
    (room / "montage.jpg").write_bytes(encode(montage(), "JPEG", quality=95))
    (room / "small.png").write_bytes(encode(np.ascontiguousarray(portrait()[::2, ::2])))
    (room / "wall.png").write_bytes(encode(np.full((90, 120, 3), 127, np.uint8)))
    (room / "notes.jpg").write_text("no picture")
    return room


@pytest.fixture
def run(room: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command in this process with arguments; picture names are taken from the room."""
    monkeypatch.syspath_prepend(room / "site")
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)

    def run_command(*arguments: str, code: int = 0) -> Result:
        done = call("compare", *[room / word if Path(word).suffix else word for word in arguments], columns=200)
        assert done.exit_code == code, done.stderr
        return done

    return run_command


@pytest.fixture(scope="module")
def everybody(room: Path) -> dict[str, Any]:
    """The portrait before every detector there is, judged by the command in a process of its own."""
    paths = os.pathsep.join([str(room / "site"), os.environ.get("PYTHONPATH", "")])
    command, environment = [*FACEJURY, "compare", str(room / "portrait.png"), "--json"], os.environ | SETTINGS
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment | {"PYTHONPATH": paths})
    assert done.returncode == 0, done.stderr
    (comparison,) = json.loads(done.stdout)
    return dict(comparison)


def verdict_of(comparison: dict[str, Any], key: str) -> dict[str, Any]:
    (verdict,) = [found for found in comparison["faces"][0]["verdicts"] if found["detector"] == key]
    return dict(verdict)


def test_the_json_is_the_documented_one(everybody: dict[str, Any], room: Path) -> None:
    assert list(everybody) == [
        "schema",
        "path",
        "sha256",
        "width",
        "height",
        "error",
        "notes",
        "whole_image",
        "faces",
        "provenance",
    ]
    assert everybody["provenance"] is None
    assert everybody["schema"] == 1
    assert everybody["path"] == str(room / "portrait.png")
    assert everybody["sha256"] == hashlib.sha256((room / "portrait.png").read_bytes()).hexdigest()
    assert (everybody["width"], everybody["height"], everybody["error"]) == (512, 512, None)
    (face,) = everybody["faces"]
    assert list(face) == (
        ["number", "box", "score", "roll", "doubt", "enlarged", "verdicts", "jury", "agreement", "stability"]
    )
    assert [type(value) for value in face["box"]] == [int] * 4
    assert 0 < face["score"] <= 1
    for verdict in [*face["verdicts"], *everybody["whole_image"]]:
        assert set(verdict) == VERDICT
        assert (verdict["p_fake"] is None) == (verdict["label"] == "failed") == (verdict["error"] is not None)
        assert verdict["milliseconds"] >= 0


def test_the_built_in_detectors_judge_the_portrait_and_none_fails(everybody: dict[str, Any]) -> None:
    for key in ("custom-cnn", "efficientnet"):
        verdict = verdict_of(everybody, key)
        assert verdict["label"] in {"fake", "real", "inconclusive"}
        assert 0 <= verdict["p_fake"] <= 1


def test_the_label_follows_from_the_number_and_its_thresholds(everybody: dict[str, Any]) -> None:
    labels = {key: verdict_of(everybody, key)["label"] for key in ("says-fake", "says-real", "unsure")}
    assert labels == {"says-fake": "fake", "says-real": "real", "unsure": "inconclusive"}


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("raises", "no luck"),
        ("not-a-number", "nan"),
        ("too-sure", "1.5"),
        ("talks", "p_fake"),
        ("cannot-load", "the weights are not here"),
    ],
)
def test_a_detector_that_misbehaves_has_failed_and_says_why(everybody: dict[str, Any], key: str, reason: str) -> None:
    verdict = verdict_of(everybody, key)
    assert (verdict["label"], verdict["p_fake"]) == ("failed", None)
    assert reason in verdict["error"]
    assert "\n" not in verdict["error"]
    assert "/home/somebody" not in verdict["error"]


def test_a_detector_that_scribbles_on_its_picture_changes_nobody_elses(run: Run) -> None:
    only = ("--only", "scribbles", "--only", "custom-cnn", "--json")
    alone = json.loads(run("portrait.png", "--only", "custom-cnn", "--json").stdout)[0]
    beside = json.loads(run("portrait.png", *only).stdout)[0]
    assert verdict_of(alone, "custom-cnn")["p_fake"] == verdict_of(beside, "custom-cnn")["p_fake"]


def test_verdicts_stand_in_the_registrys_order(everybody: dict[str, Any]) -> None:
    keys = [verdict["detector"] for verdict in everybody["faces"][0]["verdicts"]]
    assert keys[:5] == ["custom-cnn", "efficientnet", "efficientnet-160", "blend", "residual"]
    jesters = ["says-fake", "says-real", "unsure", "raises", "not-a-number", "too-sure", "talks", "scribbles"]
    assert [key for key in keys if key in jesters] == jesters


def test_a_detector_of_whole_images_is_given_the_whole_image(everybody: dict[str, Any]) -> None:
    (verdict,) = everybody["whole_image"]
    assert verdict["detector"] == "sees-all"
    assert verdict["p_fake"] == 0.512
    assert "sees-all" not in [found["detector"] for found in everybody["faces"][0]["verdicts"]]


def test_only_the_detectors_asked_for_are_asked_in_the_registrys_order(run: Run) -> None:
    only = ("--only", "says-real", "--only", "says-fake", "--only", "says-real")
    (montaged, wall) = json.loads(run("montage.jpg", "wall.png", *only, "--json").stdout)
    assert len(montaged["faces"]) == 5
    for face in montaged["faces"]:
        assert [verdict["detector"] for verdict in face["verdicts"]] == ["says-fake", "says-real"]
    assert (wall["faces"], wall["error"]) == ([], None)


def test_a_face_under_64_pixels_is_inconclusive_whatever_the_number(run: Run) -> None:
    (small,) = json.loads(run("small.png", "--only", "says-fake", "--json").stdout)
    left, top, right, bottom = small["faces"][0]["box"]
    assert max(right - left, bottom - top) < 64
    assert verdict_of(small, "says-fake")["label"] == "inconclusive"
    assert verdict_of(small, "says-fake")["p_fake"] == 0.9


def test_an_unknown_detector_leaves_with_2_and_a_hint(run: Run) -> None:
    done = run("portrait.png", "--only", "eficientnet", code=2)
    said = " ".join(done.stderr.split())
    assert "no detector named 'eficientnet' is here" in said
    assert "Did you mean 'efficientnet'?" in said
    assert done.stdout == ""


def test_one_picture_that_can_be_judged_is_enough(run: Run) -> None:
    bad, good = json.loads(run("notes.jpg", "small.png", "--only", "says-real", "--json", code=0).stdout)
    assert (bad["sha256"], bad["width"], bad["faces"]) == ("", 0, [])
    assert bad["error"].startswith("This is not a picture we can read")
    assert good["error"] is None


def test_no_picture_that_can_be_judged_leaves_with_1(run: Run) -> None:
    done = run("notes.jpg", "missing.jpg", "--only", "says-real", "--json", code=1)
    assert [found["error"] for found in json.loads(done.stdout)][1] == "The file cannot be opened."


def test_the_table_shows_verdicts_the_split_and_what_went_wrong(run: Run) -> None:
    only = ("--only", "says-fake", "--only", "says-real", "--only", "unsure", "--only", "raises")
    said = run("portrait.png", "wall.png", "notes.jpg", *only).stdout
    assert "face 1 of 1" in said
    assert "no measured detector gave a verdict, 4 not measured" in " ".join(said.split())
    rows = {line.split("│")[1].strip(): line for line in said.splitlines() if line.count("│") > 5}
    assert rows["Says-Fake (not measured)"].split("│")[2].strip() == "fake"
    assert "0.900" in rows["Says-Fake (not measured)"]
    assert "failed: RuntimeError: no luck" in rows["Raises (not measured)"]
    assert "No face found." in said
    assert "This is not a picture we can read" in said


def test_where_every_detector_failed_the_exit_code_says_so(run: Run) -> None:
    failing = ("--only", "raises", "--only", "not-a-number", "--only", "cannot-load")
    for more in ((), ("--json",)):
        done = run("small.png", "wall.png", *failing, *more, code=1)
        assert "Every detector failed" in done.stderr
    assert "Every detector failed" not in run("small.png", *failing, "--only", "says-real").stderr
    assert "Every detector failed" not in run("wall.png", *failing).stderr  # nobody was asked


def test_who_was_never_measured_is_badged_and_in_no_count(run: Run, everybody: dict[str, Any]) -> None:
    ours = {"custom-cnn", "efficientnet", "efficientnet-160", "blend", "residual"}
    (face,) = everybody["faces"]
    assert {verdict["detector"] for verdict in face["verdicts"] if verdict["measured"]} == ours
    fake = sum(verdict["label"] == "fake" for verdict in face["verdicts"] if verdict["measured"])
    assert face["agreement"] == {"voting": 5, "fake": fake}
    said = run("portrait.png", "--only", "blend", "--only", "says-fake", "--only", "raises").stdout
    assert "of 1 say fake" in said and "2 not measured" in said
    assert "failed," not in said


def test_comparing_imports_neither_keras_nor_tensorflow_nor_the_page(room: Path) -> None:
    code = """
import sys
from detectors.__main__ import app
app(["compare", sys.argv[1], "--json"], standalone_mode=False)
assert not {"keras", "tensorflow", "gradio", "models"} & set(sys.modules)
"""
    command = [sys.executable, "-c", code, str(room / "small.png")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_provenance_is_told_beside_the_verdicts_when_asked_and_changes_none(run: Run, room: Path) -> None:
    exif = PIL.Image.Exif()
    exif[0x0131] = "Darkroom [bold]3[/]"
    (room / "developed.jpg").write_bytes(encode(portrait(), "JPEG", quality=90, exif=exif))
    plain, asked = (
        json.loads(run("developed.jpg", "--only", "says-real", "--json", *more).stdout)[0]
        for more in ((), ("--provenance",))
    )
    assert asked["provenance"]["software"] == "Darkroom [bold]3[/]"
    assert asked["provenance"]["jpeg"]["quality"] == 90
    assert plain["provenance"] is None
    assert plain["faces"][0]["verdicts"][0]["p_fake"] == asked["faces"][0]["verdicts"][0]["p_fake"]
    said = run("developed.jpg", "--only", "says-real", "--provenance").stdout
    assert "Software: Darkroom [bold]3[/]" in said
    assert "Content Credentials: None found" in said


def test_an_option_that_changes_nothing_is_named(run: Run, room: Path) -> None:
    only = ("--only", "says-real")
    said = run("small.png", *only, "--base-rate", "1e-1", "--json").stderr
    assert "--base-rate changes nothing in the JSON" in " ".join(said.split())
    (room / "clip.mp4").write_bytes(b"none")
    said = run("small.png", "clip.mp4", *only, "--stability", "--provenance").stderr
    assert "--stability, --provenance: for pictures alone, not for clip.mp4." in " ".join(said.split())
    assert run("small.png", *only, "--stability").stderr == ""
    assert "--start changes nothing in pictures" in run("small.png", *only, "--start", "1:00").stderr
