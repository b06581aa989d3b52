"""A figure and its interval."""

from models.evaluation.intervals import Estimate, estimate_ratio


def test_the_ratio_is_the_middle_of_the_rounds_with_its_interval() -> None:
    assert estimate_ratio([2.0, 4.0, 3.0], [1.0, 2.0, 1.0]) == Estimate(2.0, 2.0, 3.0)
    assert estimate_ratio([2.0] * 5, [4.0] * 5) == Estimate(0.5, 0.5, 0.5), "half the time is a half"
