"""Smoothing: a mean of logits whose frames fade, and the label that follows from it."""

import math

import pytest

from detectors.jury.fusion import to_logit
from detectors.video.smoothing import SMOOTHING_SECONDS, Smoother
from registry import Verdict


def verdict(p_fake: float | None, detector: str = "accuser") -> Verdict:
    return Verdict(detector, "Accuser", p_fake, "failed" if p_fake is None else "real", 0.7, 0.3, 1.0)


def smooth_all(frames: list[tuple[float, float | None]], *, doubt: str | None = None) -> list[Verdict]:
    """frames: (second, p_fake)."""
    smoother = Smoother()
    return [smoother.smooth(verdict(p_fake), at, doubt=doubt) for at, p_fake in frames]


def test_the_first_frame_is_its_own_mean() -> None:
    assert smooth_all([(100.0, 0.9)])[0].p_fake == 0.9


@pytest.mark.parametrize("gaps", [(0.1, 0.1, 0.1), (0.5, 3.0, 0.01), (0.0, 0.0, 60.0)])
def test_a_number_that_stays_is_left_as_it_is_at_any_pace(gaps: tuple[float, float, float]) -> None:
    seconds = [sum(gaps[:count]) for count in range(len(gaps) + 1)]
    assert {found.p_fake for found in smooth_all([(at, 0.25) for at in seconds])} == {0.25}


def test_it_is_the_mean_of_logits_each_weighing_by_its_age() -> None:
    frames = [(0.0, 0.9), (0.13, 0.2), (0.4, 0.6), (1.7, 0.35)]
    weights = [math.exp(-(1.7 - at) / SMOOTHING_SECONDS) for at, _ in frames]
    mean = sum(w * to_logit(p) for w, (_, p) in zip(weights, frames, strict=True)) / sum(weights)
    assert smooth_all(frames)[-1].p_fake == pytest.approx(1 / (1 + math.exp(-mean)), abs=1e-6)


def test_one_odd_frame_among_ten_a_second_changes_no_label() -> None:
    frames = [(number / 10, 0.05) for number in range(20)]
    assert smooth_all([*frames, (2.0, 0.95)])[-1].label == "real"


def test_the_label_follows_within_three_seconds_and_passes_through_inconclusive() -> None:
    frames = [(number / 10, 0.05 if number < 50 else 0.95) for number in range(80)]
    labels = [found.label for found in smooth_all(frames)]
    assert labels[49] == "real" and labels[-1] == "fake" and "inconclusive" in labels


def test_detectors_are_smoothed_apart() -> None:
    smoother = Smoother()
    smoother.smooth(verdict(0.9, "accuser"), 0.0, doubt=None)
    assert smoother.smooth(verdict(0.1, "defender"), 0.1, doubt=None).p_fake == 0.1


def test_after_a_failure_it_starts_anew() -> None:
    found = smooth_all([(0.0, 0.95), (0.1, None), (0.2, 0.1)])
    assert (found[1].label, found[2].p_fake) == ("failed", 0.1)


def test_a_face_too_small_for_a_verdict_weighs_on_no_later_one() -> None:
    smoother = Smoother()
    small = smoother.smooth(verdict(0.95), 0.0, doubt="Face too small (63 px; 64 needed).")
    near = smoother.smooth(verdict(0.1), 0.1, doubt=None)
    assert small.p_fake == 0.95 and near.p_fake == 0.1
