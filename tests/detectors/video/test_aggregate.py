"""The stated rule, sentence by sentence."""

from typing import Any

import pytest

from detectors.video.aggregate import MIN_MOMENTS, RUN_MOMENTS, SAID, rule

BAND = {"fake_from": 0.7, "real_until": 0.3}


def test_the_word_is_that_of_the_median() -> None:
    ruling = rule([0.1, 0.2, 0.9, 0.8, 0.9], **BAND)
    assert (ruling.p_fake, ruling.label, ruling.count) == (0.8, "fake", 5)
    assert ruling.low == 0.2 and ruling.high == 0.9


def test_a_few_bad_moments_decide_nothing_in_either_direction() -> None:
    assert rule([0.05] * 6 + [0.99] * 3, **BAND).label == "real"
    assert rule([0.95] * 6 + [0.01] * 5, **BAND).label == "fake"


def test_between_the_thresholds_nobody_is_called_anything() -> None:
    ruling = rule([0.5] * 9, **BAND)
    assert ruling.label == "inconclusive" and ruling.reason == ""


def test_too_few_moments_are_inconclusive_however_clear() -> None:
    assert rule([0.99] * (MIN_MOMENTS - 1), **BAND).label == "inconclusive"
    assert "only 3 of the 4" in rule([0.99] * 3, **BAND).reason
    assert rule([0.99] * MIN_MOMENTS, **BAND).label == "fake"


def test_no_moment_at_all_is_inconclusive_and_without_a_number() -> None:
    assert rule([], **BAND).p_fake is None
    assert rule([], **BAND).label == "inconclusive"


@pytest.mark.parametrize(("run", "label"), [(RUN_MOMENTS, "inconclusive"), (RUN_MOMENTS - 1, "real")])
def test_nobody_is_called_real_who_looked_fake_several_moments_in_a_row(run: Any, label: str) -> None:
    ruling = rule([0.02] * 20 + [0.9] * run + [0.02] * 20, **BAND)
    assert ruling.label == label and ruling.p_fake == 0.02
    assert (f"fake in {run} frames in a row" in ruling.reason) == (label == "inconclusive")


def test_what_is_said_of_the_rule_names_its_numbers() -> None:
    assert "median" in SAID and f"fewer than {MIN_MOMENTS}" in SAID and f"{RUN_MOMENTS} frames in a row" in SAID
