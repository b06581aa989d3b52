"""Results in a terminal: of whole pictures, of people seen too briefly, of nobody at all."""

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from detectors.commands import tables, video_tables
from detectors.jury.fusion import JuryVerdict
from detectors.jury.results import Comparison, JudgedFace
from detectors.jury.stability import Range, Stability
from detectors.video.aggregate import AGGREGATION, MIN_FRAMES
from detectors.video.results import WHOLE, JudgedVideo, Person, SampledFrame
from registry import Verdict

FAKE = Verdict("looker", "Looker", 0.9, "fake", 0.7, 0.3, 1.0)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is printed."""
    printed = io.StringIO()
    monkeypatch.setattr(tables, "screen", Console(file=printed, width=200))
    monkeypatch.setattr(video_tables, "screen", Console(file=printed, width=200))
    return printed


def person(number: int, *p_fakes: float) -> Person:
    said = [Verdict("looker", "Looker", p_fake, "fake", 0.7, 0.3, 1.0) for p_fake in p_fakes]
    frames = [SampledFrame(place / 2, (0, 0, 90, 90), 0.9, (verdict,)) for place, verdict in enumerate(said)]
    return Person(number, tuple(frames))


def test_a_verdict_on_a_whole_picture_has_a_table_of_its_own(shown: io.StringIO) -> None:
    tables.show(Comparison("a.png", "", 90, 90, whole_image=(FAKE,)))
    assert "No face found." in shown.getvalue()
    assert "whole image: 1 of 1 say fake" in shown.getvalue() and "Looker" in shown.getvalue()


def test_who_kept_the_jury_from_real_is_said_beside_its_verdict(shown: io.StringIO) -> None:
    jury = JuryVerdict(0.2, "inconclusive", 0.9, 0.2, held_back_by="looker")
    face = JudgedFace((0, 0, 90, 90), 0.9, (FAKE,), np.zeros((4, 4, 3), np.uint8), jury=jury)
    tables.show(Comparison("a.png", "", 90, 90, faces=(face,)))
    assert "jury: inconclusive, p_fake 0.200; real but for looker" in shown.getvalue()
    for weighed, said in ((0.001, "p_fake 0.200; real but for looker"), (0.1, "p_fake 0.308\n")):
        held = replace(face, jury=replace(jury, weighed=weighed))
        tables.show(Comparison("a.png", "", 90, 90, faces=(held,)), base_rate=0.8)
        assert f"jury, where 80.0% of the pictures are fake: inconclusive, {said}" in shown.getvalue()


def test_a_face_that_looks_enlarged_and_a_range_at_other_odds_are_said_to_be_so(shown: io.StringIO) -> None:
    jury, moves = JuryVerdict(0.95, "fake", 0.9, 0.2), Stability({}, Range(0.93, 0.98))
    face = JudgedFace((0, 0, 90, 90), 0.9, (FAKE,), np.zeros((4, 4, 3), np.uint8), jury=jury, stability=moves)
    tables.show(Comparison("a.png", "", 90, 90, faces=(face,)))
    assert "0.980 at even odds" not in shown.getvalue() and "enlarged" not in shown.getvalue()
    tables.show(Comparison("a.png", "", 90, 90, faces=(replace(face, enlarged=True),)), base_rate=0.02)
    assert "smaller or shifted: 0.930 to 0.980 at even odds" in shown.getvalue()
    assert "The face looks enlarged from a smaller picture" in shown.getvalue()


@pytest.mark.parametrize(
    ("base_rate", "said"),
    [
        (0.001, "where 0.1% of the pictures are fake: real, p_fake under 0.001"),
        (0.0001, "where 0.01% of the pictures are fake: real, p_fake under 0.001"),
        (0.9999, "where 99.99% of the pictures are fake: inconclusive, p_fake 0.999"),
    ],
)
def test_a_small_number_and_a_small_share_are_not_told_as_nothing(
    base_rate: float, said: str, shown: io.StringIO
) -> None:
    face = JudgedFace(
        (0, 0, 90, 90), 0.9, (FAKE,), np.zeros((4, 4, 3), np.uint8), jury=JuryVerdict(0.1, "real", 0.9, 0.2)
    )
    tables.show(Comparison("a.png", "", 90, 90, faces=(face,)), base_rate=base_rate)
    assert said in shown.getvalue()


def test_a_number_lies_within_its_range_however_both_are_rounded(shown: io.StringIO) -> None:
    jury, moves = JuryVerdict(0.9656, "inconclusive", 0.966, 0.2), Stability({}, Range(0.9656, 0.98))
    face = JudgedFace((0, 0, 90, 90), 0.9, (FAKE,), np.zeros((4, 4, 3), np.uint8), jury=jury, stability=moves)
    tables.show(Comparison("a.png", "", 90, 90, faces=(face,)))
    assert "p_fake 0.965; when saved again, smaller or shifted: 0.965 to 0.980" in shown.getvalue()


def test_who_was_visible_too_briefly_has_no_table(shown: io.StringIO) -> None:
    brief, seen = person(1, *[0.9] * (MIN_FRAMES - 1)), person(2, *[0.9] * MIN_FRAMES)
    video_tables.show_video(JudgedVideo("a.mp4", seconds=9.0, looks=(0.0, 1.0), persons=(brief, seen)))
    assert "person 2" in shown.getvalue().lower() and "person 1" not in shown.getvalue().lower()
    assert shown.getvalue().count("most suspect at") == 1 and AGGREGATION.split()[0] in shown.getvalue()


def test_why_a_verdict_is_inconclusive_stands_below_its_table(shown: io.StringIO) -> None:
    real_but_for_a_while = person(1, *[0.1] * 12, *[0.9] * 4, *[0.1] * 12)
    video_tables.show_video(JudgedVideo("a.mp4", seconds=14.0, looks=(0.0, 1.0), persons=(real_but_for_a_while,)))
    assert "Looker: Real for the most part, but fake in 4 frames in a row." in shown.getvalue()


def test_where_nobody_is_seen_nothing_is_said_of_how_frames_are_summed_up(shown: io.StringIO) -> None:
    video_tables.show_video(JudgedVideo("a.mp4", seconds=9.0, looks=(0.0, 1.0)))
    assert "most suspect" not in shown.getvalue() and AGGREGATION not in " ".join(shown.getvalue().split())
    whole = person(WHOLE, *[0.9] * MIN_FRAMES)
    video_tables.show_video(JudgedVideo("a.mp4", seconds=9.0, looks=(0.0, 1.0), whole=whole))
    assert AGGREGATION in " ".join(shown.getvalue().split())
