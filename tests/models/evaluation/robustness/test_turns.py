"""Turned pictures: turned without loss by quarters, wholly in view by degrees, and compared face by face."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from typer.testing import CliRunner

from detectors.commands.terminal import screen
from detectors.jury.judge import Jury
from models.commands.application import app
from models.data.datasets import Sample
from models.data.face_index import LabelledFace
from models.evaluation.draws import Scores
from models.evaluation.fit_jury import MEMBERS
from models.evaluation.robustness import turns
from models.evaluation.robustness.turns import ANGLES, Turned, _compare, _judge, measure_turns, say_turned, turn_picture
from registry import DetectorSpec
from tests.models.portraits import write_portraits


@pytest.mark.parametrize("angle", [90.0, 180.0, -90.0])
def test_a_quarter_turn_back_gives_the_same_pixels(angle: float) -> None:
    picture = skimage.data.astronaut()[:200, :300]
    turned = turn_picture(picture, angle)
    assert not np.array_equal(turned, picture)
    assert np.array_equal(turn_picture(turned, -angle), picture)


@pytest.mark.parametrize("angle", [15.0, -30.0])
def test_nothing_of_a_turned_picture_is_cut_off(angle: float) -> None:
    picture = np.zeros((200, 300, 3), dtype=np.uint8)
    for corner in (np.s_[:20, :20], np.s_[:20, -20:], np.s_[-20:, :20], np.s_[-20:, -20:]):
        picture[corner] = 255
    turned = turn_picture(picture, angle)
    assert turned.shape[0] > 200 and turned.shape[1] > 300
    back = turn_picture(turned, -angle)
    top, left = (back.shape[0] - 200) // 2, (back.shape[1] - 300) // 2
    middle = back[top : top + 200, left : left + 300].astype(int)
    assert np.abs(middle - picture).mean() < 8


def scores(p_fake: list[float], labels: list[int], groups: list[str] | None = None) -> Scores:
    """Each face of a video of its own, but for groups."""
    return Scores(np.array(p_fake), np.array(labels), np.array(groups or list(map(str, range(len(labels))))))


def test_the_figures_are_of_the_faces_that_were_found_both_ways() -> None:
    labels = [0, 0, 0, 1, 1, 1]
    plain = scores([0.1, 0.2, 0.3, 0.7, 0.8, np.nan], labels)
    found = _compare(15.0, plain, scores([0.1, 0.2, np.nan, 0.15, 0.8, 0.9], labels))
    assert (found.count, found.lost) == (4, pytest.approx(0.2))
    assert (found.before, found.auc) == (1.0, 0.75)
    assert found.low <= found.auc - found.before <= found.high
    assert found.flipped == pytest.approx(0.25)
    assert len(set(ANGLES)) == 7


@pytest.mark.parametrize("turned", [[np.nan] * 4, [0.1, 0.2, np.nan, np.nan]])
def test_an_angle_that_loses_all_faces_or_a_class_has_no_auc_and_the_others_are_still_told(turned: list[float]) -> None:
    found = _compare(30.0, scores([0.1, 0.3, 0.7, 0.8], [0, 0, 1, 1]), scores(turned, [0, 0, 1, 1]))
    assert (found.auc, found.before, found.low, found.high) == (None, None, None, None)
    count = int((~np.isnan(turned)).sum())
    assert (found.count, found.lost) == (count, 1 - count / 4)
    changes = ("0.050", "0.0%") if count else ("-", "-")
    assert say_turned(found) == ("30", str(count), f"{1 - count / 4:.1%}", "-", "-", "-", *changes)
    json.dumps(asdict(found), allow_nan=False)


def test_frames_of_one_video_make_the_interval_no_narrower(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(copies: int) -> Turned:
        rows = [Sample(Path(f"{n}.png"), n % 2, "set", str(n), "test") for n in range(20) for _ in range(copies)]
        random, said = np.random.default_rng(0), []
        for _ in range(20):
            said += [{angle: float(random.random()) for angle in (0.0, *ANGLES)}] * copies
        monkeypatch.setattr(LabelledFace, "read", lambda face: None)
        monkeypatch.setattr(turns, "_judge_turned", lambda jury, picture: said.pop(0))
        return measure_turns([], [LabelledFace(row, (0, 0, 90, 90)) for row in rows])[0]

    once, often = measure(1), measure(10)
    assert (often.count, often.auc) == (200, once.auc)
    assert (often.low, often.high) == (once.low, once.high)


def test_the_command_prints_a_row_for_each_angle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The measuring itself stands above; here only what the command makes of it."""
    monkeypatch.chdir(tmp_path)
    found = [Turned(90.0, 4, 0.25, 0.75, 1.0, -0.5, 0.125, 0.0625, 0.5)]
    asked = []

    def measured(_specs: object, faces: list[object]) -> list[Turned]:
        asked.append(len(faces))
        return found

    monkeypatch.setattr(turns, "measure_turns", measured)
    command = ["turns", "--data", str(write_portraits(tmp_path / "photos", ["test"] * 2)), "--most", "1"]
    monkeypatch.setattr(screen, "_width", 200)
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    (row,) = (line for line in done.output.splitlines() if "25.0%" in line)
    cells = [cell.strip() for cell in row.strip("│").split("│")]
    assert cells == ["90", "4", "25.0%", "1.000", "0.750", "-0.250 [-0.500, +0.125]", "0.062", "50.0%"]
    done = CliRunner().invoke(app, [*command, "--json"])
    assert json.loads(done.stdout) == [asdict(found[0])]
    assert asked == [2, 2], "one face of each class"


def test_the_jury_is_asked_of_the_largest_face_and_a_lost_one_has_no_number() -> None:
    portrait = np.ascontiguousarray(skimage.data.astronaut()[:300, 60:360])
    members = [DetectorSpec(key=key, title=key, load=lambda: lambda image: 0.9) for key in MEMBERS]
    assert _judge(Jury(members), portrait) > 0.5
    assert np.isnan(_judge(Jury(members), np.zeros((90, 90, 3), np.uint8)))
    with pytest.raises(ValueError, match="jury: none of its members was asked"):
        _judge(Jury([DetectorSpec(key="mine", title="Mine", load=lambda: lambda image: 0.9)]), portrait)
