"""The first lines of a verdict: one headline, who agrees, and why to be careful."""

import json
from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any

import numpy as np
import pytest

from detectors.jury.about import read_jury_figures
from detectors.jury.fusion import JURY_METRICS, JuryVerdict
from detectors.jury.results import Comparison, JudgedFace
from detectors.provenance import Provenance
from detectors.provenance.record import JpegCoding
from registry import Label, Verdict
from ui.render.band import (
    NEXT,
    label_face,
    list_p_fakes,
    say_agreement,
    say_false_alarms,
    say_highest,
    say_next,
    say_unmet,
    say_worst_alarms,
    sum_up,
    warn,
)
from ui.render.wording import say_measured_share

CROP = np.zeros((4, 4, 3), np.uint8)
FACE = JudgedFace((0, 0, 200, 200), 0.9, (), CROP)
HELD_BACK = replace(
    FACE,
    verdicts=(Verdict("expert", "Expert", 0.8, "fake", 0.7, 0.3, 1.0),),
    jury=JuryVerdict(0.2, "inconclusive", 0.9, 0.2, held_back_by="expert"),
)


@pytest.mark.parametrize(
    ("labels", "title", "label"),
    [
        (["fake"], "Likely fake", "fake"),
        (["real"], "Likely real", "real"),
        (["inconclusive"], "Inconclusive", "inconclusive"),
        (["real", "fake", "inconclusive", "real"], "Likely fake: 1 of 4 faces", "fake"),
        (["real", "inconclusive", None], "Inconclusive: 2 of 3 faces", "inconclusive"),
        (["real", "real"], "Likely real: both faces", "real"),
        (["real"] * 3, "Likely real: all 3 faces", "real"),
    ],
)
def test_any_fake_face_makes_the_headline_and_any_doubt_comes_next(
    labels: Sequence[Label | None], title: str, label: str
) -> None:
    headline = sum_up(labels)
    assert (headline.title, headline.label) == (title, label)


def test_a_face_that_cannot_be_judged_is_inconclusive_whatever_the_jury_says() -> None:
    jury = JuryVerdict(0.99, "fake", 0.9, 0.2)
    assert label_face(FACE, jury) == "fake"
    assert label_face(replace(FACE, doubt="Face too small (30 px; 64 needed)."), jury) == "inconclusive"
    assert label_face(FACE, None) is None


def _verdict(title: str, label: Label) -> Verdict:
    return Verdict(title.lower(), title, 0.5, label, 0.7, 0.3, 1.0)


def test_who_says_what_is_said_by_name() -> None:
    verdicts = [_verdict("A", "fake"), _verdict("B", "real"), _verdict("C", "fake"), _verdict("D", "inconclusive")]
    assert say_agreement(verdicts) == "A and C say fake; B says real; D is undecided."
    assert say_agreement([_verdict(name, "real") for name in "ABC"]) == "A, B and C say real."
    assert say_agreement([]) == ""
    named = [_verdict(title, "real") for title in ("Black and White", "Smith, Jones")]
    assert say_agreement(named) == "Black and\u202fWhite and Smith,\u202fJones say real."  # two, not four


def test_who_was_never_measured_stands_apart() -> None:
    guest = replace(_verdict("Guest", "fake"), measured=False)
    assert say_agreement([_verdict("A", "real"), guest]) == "A says real. Not measured: Guest."
    assert say_agreement([guest]) == "Not measured: Guest."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"notes": ("The file is cut short.",)}, ["The file is cut short."]),
        ({"faces": (replace(FACE, box=(0, 0, 80, 70)),)}, ["The face is small (80 px)"]),
        ({"provenance": Provenance(jpeg=JpegCoding(55, True, False, ()))}, ["JPEG quality about 55"]),
        ({"faces": (replace(FACE, enlarged=True),)}, ["looks enlarged"]),
        ({"faces": (replace(FACE, enlarged=True, doubt="The face is turned too far."),)}, []),
        ({"provenance": Provenance(jpeg=JpegCoding(90, True, False, ()))}, []),
        ({"faces": (HELD_BACK,)}, ["But for what Expert sees, the jury would call this face real."]),
        ({"faces": (replace(HELD_BACK, doubt="The face is turned too far."),)}, []),
    ],
)
def test_reasons_to_be_careful(changes: dict[str, Any], said: list[str]) -> None:
    found = warn(replace(Comparison("a.jpg", "0", 9, 9, faces=(FACE,)), **changes))
    assert len(found) == len(said)
    assert all(part in sentence for part, sentence in zip(said, found, strict=True))


def test_a_face_of_a_kind_that_was_measured_has_its_false_alarms_beside_it() -> None:
    alarms = read_jury_figures("false_alarms")
    plain, coding = Comparison("a.jpg", "0", 9, 9, faces=(FACE,)), JpegCoding(55, True, False, ())
    for kind, comparison in {
        "enlarged thumbnail": replace(plain, faces=(replace(FACE, enlarged=True),)),
        "sent by chat twice": replace(plain, provenance=Provenance(jpeg=coding)),
    }.items():
        (said,) = warn(comparison)
        assert f"Of {alarms[kind]['real']} real faces" in said
        assert said.endswith(f"an answer on {say_measured_share(alarms[kind]['figures']['coverage'])}.")
    assert not say_false_alarms("never measured")


def test_of_several_faces_the_highest_number_is_told_and_whose_it_is() -> None:
    low, high = JuryVerdict(0.2, "real", 0.961, 0.202), JuryVerdict(0.9609, "inconclusive", 0.961, 0.202)
    juries = [low, None, high, high]
    faces = [FACE, FACE, FACE, replace(FACE, doubt="The face is turned too far.")]
    p_fakes = list_p_fakes(faces, juries)
    assert say_highest(p_fakes) == "Highest estimated chance of fake: 95 %, face 3."
    assert say_highest({1: p_fakes[1]}) == say_highest({}) == ""
    assert say_highest({2: (0.2, low), 5: (0.1, low)}, "person").endswith("19 %, person 2.")


def test_each_verdict_says_what_to_do_next() -> None:
    worth = {"real": f" {say_unmet()}", "fake": f" {say_worst_alarms()}"}
    assert [say_next(label) for label in NEXT] == [f"Next: {one}{worth.get(label, '')}" for label, one in NEXT.items()]
    assert not say_next(None)


def test_beside_fake_stands_how_often_reals_were_called_that_where_it_is_worst() -> None:
    called = {
        figures["reals_called_fake"]["value"]: (figures["real"], say_measured_share(figures["reals_called_fake"]))
        for figures in json.loads(JURY_METRICS.read_text())["sources"].values()
        if figures["real"] >= 100
    }
    reals, worst = called[max(called)]
    assert say_worst_alarms() in say_next("fake")
    assert say_worst_alarms().startswith(f"Of the {reals} real faces") and f"called {worst} fake." in say_worst_alarms()


def test_beside_real_stands_how_often_fakes_of_an_unknown_generator_were_called_that() -> None:
    unmet = json.loads(JURY_METRICS.read_text())["left_out"]
    called = [figures["fakes_called_real"] for figures in unmet.values()]
    best, worst = (say_measured_share(pick(called, key=itemgetter("value"))) for pick in (min, max))
    assert say_next("real").endswith(f"called {best} real at best, {worst} at worst.")
    assert not any("never met" in say_next(label) for label in ("fake", "inconclusive", "failed"))
