"""Verdicts in words."""

import pytest

from detectors.jury.stability import Range
from registry import Verdict
from ui.render.wording import say_measured_share, say_milliseconds, say_moves, say_p_fake, say_percents, say_why


def verdict(p_fake: float | None, label: str, error: str | None = None) -> Verdict:
    return Verdict("a", "A", p_fake, label, 0.7, 0.3, 1.0, error)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("p_fake", "words"),
    [
        (0.0, "under 1 % fake"),
        (0.03, "3 % fake"),
        (0.5, "50 % fake"),
        (0.9949, "99 % fake"),
        (0.9951, "over 99 % fake"),
        (1.0, "over 99 % fake"),
    ],
)
def test_p_fake_is_always_the_share_of_fake(p_fake: float, words: str) -> None:
    assert say_p_fake(p_fake) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.98, 0.99, "98\N{EN DASH}99 %"),
        (0.5, 0.501, "50 %"),
        (0.0, 0.001, "under 1 %"),
        (0.0, 0.4, "under 1 % to 40 %"),
        (0.4, 1.0, "40 % to over 99 %"),
        (0.999, 1.0, "over 99 %"),
    ],
)
def test_neither_end_of_a_span_of_p_fake_is_certain(low: float, high: float, words: str) -> None:
    assert say_percents(low, high) == words


def test_an_inconclusive_verdict_says_why_unless_the_reason_is_the_faces() -> None:
    assert "two thresholds" in say_why(verdict(0.5, "inconclusive"))
    assert say_why(verdict(0.9, "inconclusive")) == ""


def test_a_failed_verdict_gives_its_reason_and_a_clear_one_needs_none() -> None:
    assert say_why(verdict(None, "failed", "ValueError: no")) == "ValueError: no"
    assert say_why(verdict(0.9, "fake")) == ""


def test_milliseconds_have_the_digits_they_deserve() -> None:
    assert [say_milliseconds(value) for value in (0.25, 12.3, 4000.0)] == ["0.2 ms", "12 ms", "4,000 ms"]


def test_a_measured_share_is_said_with_its_interval() -> None:
    assert say_measured_share({"value": 0.1294, "low": 0.0267, "high": 0.2882}) == "13 % [3, 29]"


def test_how_far_a_number_moves_is_rounded_beside_the_thresholds_as_the_number_is() -> None:
    said = say_moves(Range(0.695, 0.93), verdict(0.8, "fake"))
    assert said == "From 69 % fake to 93 % fake when saved again, smaller or shifted.", "0.7 is where fake begins"
