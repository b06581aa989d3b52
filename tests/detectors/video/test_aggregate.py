"""Temporal aggregation, sentence by sentence."""

from typing import Any

import pytest

from detectors.video.aggregate import AGGREGATION, MIN_FRAMES, RUN_FRAMES, aggregate_frames

BAND = {"fake_from": 0.7, "real_until": 0.3}


def test_the_verdict_is_that_of_the_median() -> None:
    verdict = aggregate_frames([0.1, 0.2, 0.9, 0.8, 0.9], **BAND)
    assert (verdict.p_fake, verdict.label, verdict.count) == (0.8, "fake", 5)
    assert verdict.low == 0.2 and verdict.high == 0.9


def test_a_few_bad_moments_decide_nothing_in_either_direction() -> None:
    assert aggregate_frames([0.05] * 6 + [0.99] * 3, **BAND).label == "real"
    assert aggregate_frames([0.95] * 6 + [0.01] * 5, **BAND).label == "fake"


def test_between_the_thresholds_nobody_is_called_anything() -> None:
    verdict = aggregate_frames([0.5] * 9, **BAND)
    assert verdict.label == "inconclusive" and verdict.reason == ""


def test_too_few_moments_are_inconclusive_however_clear() -> None:
    assert aggregate_frames([0.99] * (MIN_FRAMES - 1), **BAND).label == "inconclusive"
    assert "only 3 of the 4" in aggregate_frames([0.99] * 3, **BAND).reason
    assert aggregate_frames([0.99] * MIN_FRAMES, **BAND).label == "fake"


def test_no_moment_at_all_is_inconclusive_and_without_a_number() -> None:
    assert aggregate_frames([], **BAND).p_fake is None
    assert aggregate_frames([], **BAND).label == "inconclusive"


@pytest.mark.parametrize(("run", "label"), [(RUN_FRAMES, "inconclusive"), (RUN_FRAMES - 1, "real")])
def test_nobody_is_called_real_who_looked_fake_several_moments_in_a_row(run: Any, label: str) -> None:
    verdict = aggregate_frames([0.02] * 20 + [0.9] * run + [0.02] * 20, **BAND)
    assert verdict.label == label and verdict.p_fake == 0.02
    assert (f"fake in {run} frames in a row" in verdict.reason) == (label == "inconclusive")


def test_what_is_said_of_the_aggregation_names_its_numbers() -> None:
    assert (
        "median" in AGGREGATION
        and f"fewer than {MIN_FRAMES}" in AGGREGATION
        and f"{RUN_FRAMES} frames in a row" in AGGREGATION
    )
