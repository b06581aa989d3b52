"""One's own detector beside the built-in ones: the order, the paired difference, the drawing."""

import io
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from detectors.commands.terminal import PlainConsole
from models.commands.application import app
from models.commands.leaderboard import _tabulate
from models.data.datasets import Sample
from models.data.face_index import LabelledFace
from models.evaluation import leaderboard
from models.evaluation.differences import mean_auc
from models.evaluation.evaluate import Answers
from models.evaluation.intervals import estimate
from models.evaluation.leaderboard import draw, measure_leaderboard
from registry import DetectorSpec
from tests.models.manifest import write_manifest
from tests.models.portraits import write_portraits

PLUGIN = """
import pluggy
@pluggy.HookimplMarker("facejury")
def register_detectors(register):
    register(key="mine", title="Mine", load=lambda: (lambda image: float(image.mean()) / 255), looks_for="dark faces")
"""


def spec(key: str) -> DetectorSpec:
    return DetectorSpec(key=key, title=key.upper(), load=lambda: lambda image: 0.5, fake_from=0.6, real_until=0.4)


def faces() -> list[LabelledFace]:
    """Forty faces each of two sets with both classes, and ten of one that is all real."""
    wanted = [("a", 40, (0, 1)), ("b", 40, (0, 1)), ("reals", 10, (0,))]
    return [
        LabelledFace(Sample(Path(f"{source}{place}.png"), labels[place % len(labels)], source, str(place), "test"), BOX)
        for source, count, labels in wanted
        for place in range(count)
    ]


BOX = (0, 0, 90, 90)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """What two detectors said: "sharp" parts the classes wholly on a, "dull" by chance alone."""
    found = faces()
    labels = np.array([face.sample.label for face in found])
    on_a = np.array([face.sample.source == "a" for face in found])
    noise = np.random.default_rng(0).random(len(found))
    said = Answers(found, [], {"dull": noise, "sharp": np.where(on_a, 0.1 + 0.8 * labels, noise)})
    monkeypatch.setattr(leaderboard, "ask", lambda specs, faces: said)
    monkeypatch.setattr(leaderboard, "_time", lambda specs, faces: {"sharp": 3.0})
    return said


def test_the_best_comes_first_and_the_others_are_compared_with_it(answers: Answers) -> None:
    board = measure_leaderboard([spec("dull"), spec("sharp")], answers.faces)
    first, second = board.rows
    assert (first.key, second.key, board.sets) == ("sharp", "dull", ["a", "b"])
    assert first.sets["a"].value == 1
    assert 0.8 < first.sets["a"].low < 0.9, "all of twenty"
    assert first.unseen and first.unseen.value == pytest.approx((1 + first.sets["b"].value) / 2, abs=1e-3)
    assert (first.difference, first.seen, first.trained_on_known) == (None, None, False)
    assert second.unseen and second.difference and second.difference.high < 0
    assert second.difference.value == pytest.approx(second.unseen.value - first.unseen.value, abs=1e-3)
    assert (first.milliseconds, second.milliseconds) == (3.0, None)


def test_the_sets_that_a_detector_was_trained_on_are_kept_apart(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"dull": frozenset({"a"}), "sharp": None}
    monkeypatch.setattr(leaderboard, "_list_trained_on", lambda spec: known[spec.key])
    rows = {row.key: row for row in measure_leaderboard([spec("dull"), spec("sharp")], answers.faces).rows}
    assert (rows["dull"].seen, rows["dull"].unseen) == (rows["dull"].sets["a"], rows["dull"].sets["b"])
    assert rows["sharp"].seen is None


def test_one_that_was_trained_on_all_sets_does_not_lead(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"sharp": frozenset({"a", "b"}), "dull": None}
    monkeypatch.setattr(leaderboard, "_list_trained_on", lambda spec: known[spec.key])
    first, second = measure_leaderboard([spec("sharp"), spec("dull")], answers.faces).rows
    assert (first.key, second.key, second.unseen) == ("dull", "sharp", None)
    assert first.unseen and second.seen and second.seen.value > first.unseen.value


def test_faces_that_one_failed_on_are_counted_and_left_out_of_both_sides_of_a_difference(answers: Answers) -> None:
    answers.p_fake["dull"][:31] = np.nan
    rows = {row.key: row for row in measure_leaderboard([spec("dull"), spec("sharp")], answers.faces).rows}
    assert (rows["dull"].failed, rows["sharp"].failed) == (31, 0)
    both = answers.where([*range(31, len(answers.faces))])
    apart = mean_auc(both, "dull", ["a", "b"]) - mean_auc(both, "sharp", ["a", "b"])
    assert rows["dull"].difference == estimate(apart)


def test_one_that_failed_everywhere_has_a_line_without_figures(answers: Answers, tmp_path: Path) -> None:
    answers.p_fake["dull"][:] = np.nan
    board = measure_leaderboard([spec("dull"), spec("sharp")], answers.faces)
    told = json.loads(json.dumps(board.as_dict(), allow_nan=False))["rows"][1]
    assert told["failed"] == 90
    assert told["unseen"] is told["coverage"] is told["difference"] is told["sets"]["a"] is None
    draw(board, tmp_path / "board.png")
    console = Console(file=io.StringIO(), width=400)
    console.print(*_tabulate(board, width=400))
    assert "DULL (failed on 90 of 90 faces)" in console.file.getvalue()  # type: ignore[attr-defined]


def test_the_documentation_names_every_field_of_the_json(answers: Answers) -> None:
    told = measure_leaderboard([spec("dull")], answers.faces).as_dict()
    text = (Path(__file__).parents[3] / "docs" / "training.md").read_text()
    assert all(f"`{name}`" in text for name in (*told, *told["rows"][0]))


def test_the_drawing_is_a_picture_of_some_size(answers: Answers, tmp_path: Path) -> None:
    draw(measure_leaderboard([spec("dull"), spec("sharp")], answers.faces), tmp_path / "board.png")
    picture = cv2.imread(str(tmp_path / "board.png"))
    assert picture.shape[1] > 1000
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 20


def test_the_table_says_what_was_measured_and_a_dash_where_nothing_was(answers: Answers) -> None:
    console = Console(file=io.StringIO(), width=400)
    console.print(*_tabulate(measure_leaderboard([spec("dull"), spec("sharp")], answers.faces), width=400))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]  # it is the StringIO
    assert lines[0].strip().startswith("90 faces of 2 sets")
    (sharp,) = (line for line in lines if "SHARP" in line)
    cells = [cell.strip() for cell in sharp.split("│")[1:-1]]
    assert cells[7] == "any forgery" and cells[8:] == ["3", "-", "-"]


def test_on_a_narrow_screen_no_figure_is_cut(answers: Answers) -> None:
    console, board = PlainConsole(file=io.StringIO(), width=80), measure_leaderboard([spec("sharp")], answers.faces)
    console.print(*_tabulate(board, width=80))
    shown = console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO
    assert "…" not in shown and "\\n" not in shown and shown.count("SHARP") == 3
    figures = [row.unseen for row in board.rows] + [row.false_positive_rate for row in board.rows]
    assert all(f"[{figure.low:.3f}, {figure.high:.3f}]" in shown for figure in figures if figure)


@pytest.mark.slow
def test_the_command_puts_an_added_plugin_beside_the_jury(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(PLUGIN)
    photos = write_portraits(tmp_path / "photos", ["test"] * 4)
    at = ["leaderboard", "--data", str(photos), "--add", "mine.py"]
    done = CliRunner().invoke(app, [*at, "--json", "--plot", "board.png"])
    assert done.exit_code == 0, done.output
    rows = {row["key"]: row for row in json.loads(done.stdout)["rows"]}
    assert rows.keys() == {"custom-cnn", "efficientnet", "efficientnet-160", "blend", "residual", "jury", "mine"}
    assert rows["mine"]["looks_for"] == "dark faces"
    assert rows["mine"]["megabytes"] is None and rows["efficientnet"]["megabytes"] > 1
    assert rows["mine"]["milliseconds"] > 0
    assert Path("board.png").stat().st_size > 10_000


def test_the_title_of_a_detector_is_no_markup(answers: Answers) -> None:
    board = measure_leaderboard([replace(spec("dull"), title="Net[v2] [/a]"), spec("sharp")], answers.faces)
    console = PlainConsole(file=io.StringIO(), width=300)
    console.print(*_tabulate(board, width=300))
    assert "Net[v2] [/a]" in console.file.getvalue()  # type: ignore[attr-defined]


def test_faces_of_one_class_are_refused_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos" / "real").mkdir(parents=True)
    cv2.imwrite("photos/real/a.png", np.zeros((80, 80, 3), np.uint8))
    done = CliRunner().invoke(app, ["leaderboard", "--data", "photos"])
    assert done.exit_code == 2
    assert "Traceback" not in done.output


def test_the_command_prints_the_table_and_draws_nothing_that_was_not_asked_for(
    answers: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [(f"{label}.png", label, "", "a", label, "test") for label in ("real", "fake")]
    photos = write_manifest(tmp_path / "photos", *rows)
    board = measure_leaderboard([spec("dull"), spec("sharp")], answers.faces)
    monkeypatch.setattr("models.data.face_index.label_faces", lambda samples, cache: (answers.faces, []))
    monkeypatch.setattr(leaderboard, "measure_leaderboard", lambda specs, faces: board)
    monkeypatch.setattr("detectors.commands.terminal.screen._width", 300)
    done = CliRunner().invoke(app, ["leaderboard", "--data", str(photos)])
    assert done.exit_code == 0, done.output
    assert done.stdout.index("SHARP") < done.stdout.index("DULL")
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]
