"""`compare --stability` and `compare --base-rate`: what they add."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import Result

from detectors.faces.crop import crop_face
from detectors.jury.stability import vary
from registry import load_registry
from tests.command import call
from tests.detectors.pictures import encode, portrait

pytestmark = pytest.mark.slow  # commands are started

# By the side of the crop it is shown, by whether it was saved as JPEG before, by nothing, and one that fails.
PLUGIN = """
import cv2
import numpy as np
import pluggy

hookimpl = pluggy.HookimplMarker("facejury")


def by_blocks(image):
    grey = image.mean(axis=2)
    across = np.abs(np.diff(grey, axis=1)).mean(axis=0)
    return float(np.clip(across[7::8].mean() / across.mean() - 0.8, 0, 1))


def fail(image):
    raise RuntimeError("no luck")


@hookimpl
def register_detectors(register):
    options = {"fake_from": 0.7, "real_until": 0.3}
    register(key="by-side", title="By Side", load=lambda: lambda image: image.shape[0] / 200, **options)
    register(key="by-blocks", title="By Blocks", load=lambda: by_blocks, **options)
    register(key="constant", title="Constant", load=lambda: lambda image: 0.4, **options)
    register(key="fails", title="Fails", load=lambda: fail, **options)
"""
ONLY = [word for key in ("by-side", "by-blocks", "constant", "fails", "custom-cnn") for word in ("--only", key)]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    room = tmp_path_factory.mktemp("room")
    (room / "plugin.py").write_text(PLUGIN)
    (room / "portrait.png").write_bytes(encode(portrait()))
    return room


def compare(room: Path, *arguments: str) -> Result:
    return call("compare", room / "portrait.png", *arguments)


@pytest.fixture(scope="module")
def faces(room: Path) -> list[dict[str, Any]]:
    """The face without and with its stability, before the plugin and a built-in."""
    add = ("--add", str(room / "plugin.py"), *ONLY, "--json")
    answers = [compare(room, *add), compare(room, *add, "--stability")]
    assert [done.exit_code for done in answers] == [0, 0], answers[-1].stderr
    return [json.loads(done.stdout)[0]["faces"][0] for done in answers]


def test_stability_is_measured_only_on_request(faces: list[dict[str, Any]]) -> None:
    plain, measured = faces
    assert plain["stability"] is None
    assert set(measured["stability"]) == {"verdicts", "jury"}


def test_stability_changes_no_verdict_and_no_label(faces: list[dict[str, Any]]) -> None:
    plain, measured = ([v | {"milliseconds": 0} for v in face["verdicts"]] for face in faces)
    assert plain == measured
    assert faces[0]["jury"] == faces[1]["jury"]


def test_each_range_holds_the_p_fake_of_the_face_as_it_is(faces: list[dict[str, Any]]) -> None:
    _, face = faces
    for verdict in face["verdicts"]:
        if verdict["p_fake"] is not None:
            found = face["stability"]["verdicts"][verdict["detector"]]
            assert found["low"] <= verdict["p_fake"] <= found["high"]
    jury = face["stability"]["jury"]
    assert jury["low"] <= face["jury"]["p_fake"] <= jury["high"]
    assert jury["low"] < jury["high"]


def test_the_face_is_seen_at_three_quarters_and_nothing_moves_what_sees_nothing(faces: list[dict[str, Any]]) -> None:
    _, face = faces
    ranges = face["stability"]["verdicts"]
    side = {verdict["detector"]: verdict for verdict in face["verdicts"]}["by-side"]["p_fake"]
    assert ranges["by-side"]["low"] == pytest.approx(0.75 * side, abs=0.01)
    assert ranges["by-side"]["high"] == side
    assert ranges["constant"] == {"low": 0.4, "high": 0.4}


def test_the_face_is_saved_as_jpeg_and_a_detector_that_failed_is_left_out(faces: list[dict[str, Any]]) -> None:
    ranges = faces[1]["stability"]["verdicts"]
    assert ranges["by-blocks"]["high"] > ranges["by-blocks"]["low"]
    assert "fails" not in ranges


def test_the_variants_are_two_qualities_a_smaller_one_and_a_shifted_one() -> None:
    picture, box = portrait(), (180, 60, 270, 180)
    good, bad, small, shifted = vary(picture, box)
    crop = crop_face(picture, box)
    lost = [np.abs(variant.astype(int) - crop).mean() for variant in (good, bad)]
    assert 0 < lost[0] < lost[1]
    assert small.shape == (78, 78, 3)
    assert np.array_equal(shifted[:-2, :-2], crop[2:, 2:])


def test_the_table_says_how_far_verdicts_move_and_where_the_verdict_holds(room: Path) -> None:
    said = " ".join(compare(room, "--stability", "--base-rate", "0.02").stdout.split())
    assert "when saved again, smaller or shifted:" in said
    assert "jury, where 2.0% of the pictures are fake: " in said and said.count(" at even odds") == 1


def test_rare_fakes_make_the_same_face_less_alarming_and_only_one_number_is_said(room: Path) -> None:
    chances = []
    for rate in ("0.01", "0.5"):
        said = " ".join(compare(room, "--base-rate", rate).stdout.split())
        chances.append(float(said.split("are fake: ")[1].split("p_fake ")[1][:5]))
        assert said.count("jury") == 1
    assert chances[0] < chances[1]


def test_a_face_too_small_to_be_judged_has_no_numbers(tmp_path: Path) -> None:
    (tmp_path / "small.png").write_bytes(encode(portrait()[::2, ::2]))
    said = call("compare", tmp_path / "small.png", "--only", "custom-cnn", "--stability").stdout
    assert "Face too small" in said
    spec = load_registry(blocked=())["custom-cnn"]
    assert re.findall(r"[01]\.[0-9]{3}", said) == [f"{spec.real_until:.3f}", f"{spec.fake_from:.3f}"]


@pytest.mark.parametrize("rate", ["2", "1", "0", "-0.5", "nan"])
def test_a_base_rate_that_leaves_nothing_to_judge_is_refused_with_what_is_allowed(rate: str) -> None:
    done = call("compare", "face.png", "--base-rate", rate)
    assert done.exit_code == 2 and done.stdout == ""
    said = " ".join(done.stderr.replace("│", " ").split())
    assert "must lie between 0 and 1" in said
