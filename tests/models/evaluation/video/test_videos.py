"""By video: three aggregations side by side on made frames whose truth is known."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.random import default_rng
from typer.testing import CliRunner

from models.commands import evaluation
from models.commands.application import app
from models.data.datasets import Sample
from models.data.face_index import LabelledFace
from models.errors import DataError
from models.evaluation.evaluate import Answers
from models.evaluation.video import videos
from registry import DetectorSpec
from tests.models.portraits import write_portraits

SPEC = DetectorSpec(key="a", title="A", load=lambda: None, fake_from=0.7, real_until=0.3)


def make_answers(p_fakes: Any, *, box: Any = (0, 0, 90, 90), source: Any = "films") -> Any:
    """p_fakes: of each video's frames; every second video is fake."""
    faces = [
        LabelledFace(Sample(Path(f"/{source}/{v}-{f}"), v % 2, source, f"v{v}", "eval"), box)
        for v, frames in enumerate(p_fakes)
        for f, _ in enumerate(frames)
    ]
    return Answers(faces, [], {"a": np.concatenate(p_fakes)})


def by_aggregation(answers: Any) -> Any:
    return {entry["rule"]: entry for entry in videos.compare_aggregations(answers, [SPEC])}


def test_each_aggregation_says_what_its_name_says() -> None:
    values = np.array([0.9, 0.1, 0.2, 0.3, 0.2, 0.2, 0.2, 0.1, 0.2, 1.0])
    assert videos.say_mean(values, SPEC) == (pytest.approx(0.34), "inconclusive")
    assert videos.say_trimmed_mean(values, SPEC) == (pytest.approx(0.2875), "real")
    assert videos.say_median(values, SPEC) == (0.2, "real")


def test_outliers_spoil_the_mean_and_not_the_median() -> None:
    random = default_rng(0)
    films = [np.clip(0.1 + 0.7 * (v % 2) + random.normal(0, 0.05, 10), 0, 1) for v in range(40)]
    for film in films[::4]:
        film[:3] = 1.0  # three bad frames in every second real video
    found = by_aggregation(make_answers(films))
    assert found["mean"]["n"] == 40 and (found["mean"]["real"], found["mean"]["fake"]) == (20, 20)
    assert found["median, as used"]["auc"]["value"] == 1.0
    assert found["median, as used"]["coverage"]["value"] > found["mean"]["coverage"]["value"]
    assert found["mean"]["auc"]["low"] <= found["mean"]["auc"]["value"] <= found["mean"]["auc"]["high"]


def test_too_few_frames_count_as_no_verdict() -> None:
    few = [np.full(3, 0.05 + 0.9 * (v % 2)) for v in range(10)]
    found = by_aggregation(make_answers(few))
    assert found["median, as used"]["coverage"]["value"] == 0.0
    assert found["mean"]["coverage"]["value"] == 1.0
    assert found["median, as used"]["auc"]["value"] == 1.0


def test_small_faces_and_missing_numbers_are_left_out_as_in_a_video() -> None:
    films = [np.full(6, 0.05 + 0.9 * (v % 2)) for v in range(6)]
    films[0][0] = np.nan
    assert by_aggregation(make_answers(films))["mean"]["n"] == 6
    assert by_aggregation(make_answers(films, box=(0, 0, 63, 63)))["mean"]["n"] == 0


def test_single_pictures_are_no_videos() -> None:
    with pytest.raises(DataError, match=r"^no video of several frames is among these faces$"):
        by_aggregation(make_answers([np.array([0.5])] * 8, source="photos"))


def test_the_table_is_written_between_the_marks(tmp_path: Path) -> None:
    page = tmp_path / "video.md"
    page.write_text("# Video\n\n<!-- measured: begin -->\nold\n<!-- measured: end -->\n\nmore\n")
    videos.write(
        page, videos.compare_aggregations(make_answers([np.full(6, 0.05 + 0.9 * (v % 2)) for v in range(6)]), [SPEC])
    )
    text = page.read_text()
    assert "old" not in text and text.startswith("# Video") and text.endswith("more\n")
    assert text.count("| films | 3 + 3 | A |") == 3


def test_the_lines_of_detectors_that_were_not_measured_now_stay_in_their_order(tmp_path: Path) -> None:
    page = tmp_path / "video.md"
    page.write_text("<!-- measured: begin -->\n<!-- measured: end -->\n")
    entries = [
        entry | {"title": title, "source": source}
        for source in ("films", "more")
        for title in ("A", "B", "Gone", "The jury")
        for entry in videos.compare_aggregations(make_answers([np.full(6, 0.9), np.full(6, 0.8)]), [SPEC])
    ]
    videos.write(page, entries)
    whole = page.read_text().splitlines()
    again = [entry | {"real": 7} for entry in entries if entry["title"] == "B"]
    videos.write(page, again, titles=["A", "B", "The jury"])
    wanted = [line.replace("| 1 + 1 | B |", "| 7 + 1 | B |") for line in whole if "| Gone |" not in line]
    assert page.read_text().splitlines() == wanted


@pytest.fixture
def frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two videos of five frames each, one of them forged, as a manifest; the command is run beside it."""
    write_portraits(tmp_path, ["eval"] * 5, source="films", group="{label}")
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(evaluation, "ROOT", tmp_path)
    return tmp_path


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["videos", "--data", ".", "--only", "custom-cnn", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.slow
def test_the_command_measures_the_videos_of_a_folder(frames: Path) -> None:
    found = json.loads(run("--json"))
    assert [(entry["source"], entry["detector"], entry["n"]) for entry in found] == [("films", "custom-cnn", 2)] * 3


@pytest.mark.slow
def test_the_command_writes_its_table_into_the_document(frames: Path) -> None:
    page = Path("docs/video.md")
    others = f"| films | 1 + 1 | The jury | mean {'| - ' * len(videos.FIGURES)}|"
    page.write_text(f"Before.\n<!-- {videos.MARK}: begin -->\n{others}\n<!-- {videos.MARK}: end -->\nAfter.\n")
    table = run("--save")
    assert "| films | 1 + 1 |" in table
    assert f"{table.strip()}\n{others}" in page.read_text() and page.read_text().startswith("Before.")


@pytest.mark.slow
def test_faces_of_no_video_are_refused_and_the_document_keeps_its_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_portraits(tmp_path, ["eval"] * 2, source="photos")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(evaluation, "ROOT", tmp_path)
    page = tmp_path / "docs" / "video.md"
    page.parent.mkdir()
    page.write_text(measured := f"<!-- {videos.MARK}: begin -->\nmeasured\n<!-- {videos.MARK}: end -->\n")
    for options in ([], ["--save"]):
        done = CliRunner().invoke(app, ["videos", "--data", ".", "--only", "custom-cnn", *options])
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.endswith("\nno video of several frames is among these faces\n")
    assert page.read_text() == measured
