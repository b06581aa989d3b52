"""What a detector may say of itself and answer, and the label that follows from a number."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from registry import DetectorSpec, Verdict, judge, read_finding, to_examine
from registry.contract import MAX_SECONDS, is_card_path

THRESHOLDS = "0 <= real_until <= fake_from <= 1 must hold, got "
SHAPE = "examine must return p_fake, or (p_fake, heatmap), got "


def spec(**options: object) -> DetectorSpec:
    return DetectorSpec(**{"key": "x", "title": "X", "load": print} | options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "said", [0, 1, 0.25, np.float32(0.25), np.array([0.25]), (0.25,), np.array([[0.25]], np.float16)]
)
def test_one_number_of_any_kind_is_p_fake(said: Any) -> None:
    finding = read_finding(said)
    assert type(finding.p_fake) is float
    assert finding.p_fake == float(np.reshape(said, ()))
    assert finding.heatmap is None


def test_a_heat_map_comes_as_float32_of_any_size() -> None:
    finding = read_finding((0.5, [[0, 1, 0.5]]))
    assert finding.p_fake == 0.5
    assert finding.heatmap is not None
    assert (finding.heatmap.dtype, finding.heatmap.shape) == (np.float32, (1, 3))
    assert finding.heatmap.tolist() == [[0, 1, 0.5]]
    assert read_finding((0.5, None)).heatmap is None


NO_NUMBER = [
    *("0.5", b"1", True, np.True_, None, object(), (), (0.5, None, None), [0.1, 0.2], {}),
    *(
        [True],
        np.array(True),
        ["0.5"],
        np.array("0.5"),
        0.5j,
        np.array([0.5j]),
        np.timedelta64(1, "s"),
        [None],
        10**400,
    ),
    *([0.5, [[0.1, 0.2]]], [0.5, None], (0.5, [[0.1]], None), (True, None), ([0.5, [0.1, 0.2]], None)),
]


@pytest.mark.parametrize("said", NO_NUMBER)
def test_what_is_no_number_is_told_what_was_expected_and_what_came(said: object) -> None:
    with pytest.raises(TypeError) as caught:
        read_finding(said)
    came = repr(said) if len(repr(said)) <= 80 else f"{repr(said)[:77]}..."
    assert str(caught.value) == SHAPE + came


def test_what_came_is_told_in_eighty_characters_at_most() -> None:
    for length in (78, 79):
        with pytest.raises(TypeError) as caught:
            read_finding("x" * length)
        came = str(caught.value).removeprefix(SHAPE)
        assert len(came) == 80
        assert came.endswith("..." if length == 79 else "x'")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -1e-5, 1 + 1e-5])
def test_a_number_outside_0_to_1_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match=rf"^p_fake must be a number in \[0, 1\], got {re.escape(str(number))}$"):
        read_finding(number)


@pytest.mark.parametrize("shape", [(), (4,), (2, 2, 1), (0, 3)])
def test_a_heat_map_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=rf"^a heat map must have shape \(h, w\), got {re.escape(str(shape))}$"):
        read_finding((0.5, np.zeros(shape)))


@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan")])
def test_a_heat_map_outside_0_to_1_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"^a heat map must hold numbers in \[0, 1\]$"):
        read_finding((0.5, np.array([[0.0, value]])))


NO_ARRAY = ["0.5", [["0.5"]], [[0.1], [0.2, 0.3]], object(), [[0.5j]], {}]


@pytest.mark.parametrize("came", NO_ARRAY)
def test_a_heat_map_or_scores_that_are_no_array_of_numbers_are_told_what_came(came: object) -> None:
    for frames, what in ((None, "a heat map"), (2, "scores")):
        with pytest.raises(TypeError, match=f"^{what} must be an array of numbers, got {re.escape(repr(came))}$"):
            read_finding((0.5, came), frames=frames)


def test_a_clip_may_have_a_score_for_each_of_its_frames() -> None:
    finding = read_finding((0.5, [0, 1, 0.5]), frames=3)
    assert (finding.heatmap, finding.scores.tolist()) == (None, [0, 1, 0.5])
    assert read_finding(0.5, frames=3).scores is None


@pytest.mark.parametrize("scores", [[0.5], [[0.5, 0.5]], [0.5, 1.01], [0.5, float("nan")]])
def test_scores_of_another_shape_or_outside_0_to_1_are_refused(scores: object) -> None:
    with pytest.raises(ValueError, match=r"^scores must "):
        read_finding((0.5, scores), frames=2)
    with pytest.raises(TypeError, match=r"\(p_fake, scores\), got "):
        read_finding("0.5", frames=2)


def test_an_object_is_asked_by_its_examine_and_a_function_itself() -> None:
    class WithExamine:
        def examine(self, image: object) -> float:
            return 0.75

    assert to_examine(WithExamine())(np.zeros((1, 1, 3), np.uint8)) == 0.75
    assert to_examine(print) is print
    with pytest.raises(TypeError, match=r"^load must return a callable or an object with examine\(image\), got 7$"):
        to_examine(7)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"title": 3}, "title must be a non-empty text, got 3"),
        ({"title": "\t"}, r"title must be a non-empty text, got '\t'"),
        ({"load": 3}, "load must be callable, got 3"),
        ({"expects": "faces"}, 'expects must be "face", "image", "clip" or "audio", got \'faces\''),
        ({"real_until": -0.1}, "0 <= real_until <= fake_from <= 1 must hold, got (-0.1, 0.5)"),
        ({"fake_from": 1.1}, "0 <= real_until <= fake_from <= 1 must hold, got (0.5, 1.1)"),
        ({"seconds": 0}, "seconds must be above 0 and at most 600, got 0"),
        ({"seconds": 600.5}, "seconds must be above 0 and at most 600, got 600.5"),
        ({"source": 3, "card": "a card"}, "source must be text, got 3"),
        ({"card": 3}, "card must be text, got 3"),
        ({"key": 3}, "key must be text, got 3"),
        ({"expects": np.array(["face"])}, "expects must be text, got array(['face'], dtype='<U4')"),
        ({"looks_for": None}, "looks_for must be text, got None"),
        ({"fake_from": "0.5"}, "fake_from must be a number, got '0.5'"),
        ({"fake_from": True}, "fake_from must be a number, got True"),
        ({"real_until": np.True_}, "real_until must be a number, got np.True_"),
        ({"real_until": 0.5j}, "real_until must be a number, got 0.5j"),
        ({"seconds": None}, "seconds must be a number, got None"),
        ({"seconds": np.array(3.0)}, "seconds must be a number, got array(3.)"),
        ({"seconds": 10**400}, f"seconds must be above 0 and at most 600, got {10**400}"),
        ({"real_until": 0.7, "fake_from": np.float32(0.7)}, THRESHOLDS + "(0.7, np.float32(0.7))"),
        ({"looks_for": "x" * 41}, f"looks_for must be one line of at most 40 characters, got '{41 * 'x'}'"),
    ],
)
def test_a_detector_that_says_nonsense_of_itself_is_refused_with_the_rule(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        spec(**options)


def test_any_kind_of_number_is_kept_as_a_plain_one_which_json_can_hold() -> None:
    made = spec(real_until=np.int64(0), fake_from=np.float32(0.7), seconds=np.uint8(3))
    kept = made.real_until, made.fake_from, made.seconds
    assert kept == (0.0, float(np.float32(0.7)), 3.0)
    assert [type(value) for value in (*kept, spec(seconds=3).seconds)] == [float] * 4


@pytest.mark.parametrize(
    ("card", "is_path"),
    [
        ("CARD.md", True),
        ("docs/CARD.md", True),
        ("/gone/my plugin/CARD.md", True),
        ("See docs/EDGES.md", False),
        ("Its card is\nCARD.md", False),
        ("A rule of thumb.", False),
        ("a " * 5000 + ".md", False),
    ],
)
def test_a_card_of_one_line_that_ends_with_the_name_of_a_file_is_text(card: str, is_path: bool) -> None:
    assert is_card_path(card) is is_path


def test_a_path_with_a_blank_in_it_is_one_where_the_file_is_there(tmp_path: Path) -> None:
    assert not is_card_path("my card.md", beside=tmp_path)
    (tmp_path / "my card.md").write_text("A rule of thumb.")
    assert is_card_path("my card.md", beside=tmp_path)


def test_the_edges_of_every_rule_are_inside() -> None:
    assert spec(real_until=0, fake_from=0).fake_from == 0
    assert spec(real_until=1, fake_from=1, expects="image").real_until == 1
    assert spec(seconds=MAX_SECONDS).seconds == 600
    assert spec(seconds=0.5).seconds == 0.5
    plain = spec()
    assert (plain.expects, plain.fake_from, plain.real_until, plain.seconds) == ("face", 0.5, 0.5, 10.0)


@pytest.mark.parametrize(
    ("p_fake", "label"), [(0.0, "real"), (0.29, "real"), (0.3, "inconclusive"), (0.69, "inconclusive"), (0.7, "fake")]
)
def test_the_label_follows_from_two_thresholds(p_fake: float, label: str) -> None:
    assert judge(p_fake, fake_from=0.7, real_until=0.3) == label
    assert judge(p_fake, fake_from=0.7, real_until=0.3, doubt=None) == label
    assert judge(p_fake, fake_from=0.7, real_until=0.3, doubt="The face is turned too far.") == "inconclusive"


def test_a_verdict_as_json_has_everything_but_the_picture() -> None:
    verdict = Verdict("x", "X", 0.5, "fake", 0.4, 0.3, 1.5, None, np.zeros((1, 1), np.float32))
    assert verdict.as_dict() == {
        "detector": "x",
        "title": "X",
        "p_fake": 0.5,
        "label": "fake",
        "fake_from": 0.4,
        "real_until": 0.3,
        "milliseconds": 1.5,
        "error": None,
        "measured": True,
    }


@pytest.mark.parametrize(("said", "kept"), [(1.0000001, 1.0), (-1e-7, 0.0)])
def test_a_softmax_that_leaves_the_range_by_rounding_is_taken_for_its_end(said: float, kept: float) -> None:
    assert read_finding(said).p_fake == kept


def test_a_heat_map_out_of_range_by_a_rounding_error_is_taken_for_its_end() -> None:
    found = read_finding((0.5, np.array([[1.0000001, -1e-7]])))
    assert found.heatmap is not None and found.heatmap.tolist() == [[1.0, 0.0]]
