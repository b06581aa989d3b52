"""The jury's sentences."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from detectors.jury.fusion import Agreement, agree
from detectors.jury.wording import hide_paths, round_p_fake, say_error, say_number, say_range, say_split
from detectors.sandbox.isolated_detector import DetectorFaultError
from registry import Label, Verdict


def verdict(label: Label) -> Verdict:
    p_fake = {"fake": 0.9, "real": 0.1, "inconclusive": 0.5}.get(label)
    return Verdict("key", "Title", p_fake, label, 0.7, 0.3, 1.0)


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (["fake", "fake"], "2 of 2 say fake"),
        (["fake", "real", "inconclusive", "failed"], "1 of 3 say fake, 1 real, 1 inconclusive, 1 failed"),
        (["failed"], "no detector gave a verdict"),
        ([], "no detector gave a verdict"),
    ],
)
def test_a_split_counts_failed_detectors_apart(labels: list[Label], sentence: str) -> None:
    assert say_split([verdict(label) for label in labels]) == sentence


def test_a_split_counts_only_who_was_measured() -> None:
    unmeasured = [replace(verdict(label), measured=False) for label in ("fake", "failed")]
    assert say_split([verdict("real"), *unmeasured]) == "0 of 1 say fake, 1 real, 2 not measured"
    assert say_split(unmeasured) == "no measured detector gave a verdict, 2 not measured"
    assert agree([verdict("real"), *unmeasured]) == Agreement(1, 0)
    assert agree(unmeasured) is None


@pytest.mark.parametrize("path", ["/home/somebody/file.bin", r"C:\Users\somebody\file.bin", "/srv/somebody/x"])
def test_a_path_is_hidden_on_one_line(path: str) -> None:
    assert hide_paths(f"no luck with\n{path}  today") == "no luck with … today"


def test_an_error_names_its_kind_unless_a_detectors_process_says_it() -> None:
    assert say_error(RuntimeError("no luck")) == "RuntimeError: no luck"
    assert say_error(RuntimeError()) == "RuntimeError"
    assert say_error(DetectorFaultError("it took too long")) == "it took too long"
    assert len(say_error(RuntimeError("x " * 1000))) == 300


@pytest.mark.parametrize("digits", [2, 3])
def test_a_rounded_number_lies_on_the_side_of_the_rounded_thresholds_where_it_lay(digits: int) -> None:
    steps = 10**digits
    for real_until, fake_from in ((0.157, 0.961), (0.5, 0.5), (0.0, 1.0), (0.1249, 0.8751)):
        limits = SimpleNamespace(real_until=real_until, fake_from=fake_from)
        for p_fake in np.linspace(0, 1, 5001):
            number = round_p_fake(p_fake, limits, steps=steps)
            assert (number >= round(steps * fake_from)) == (p_fake >= fake_from)
            assert (number < round(steps * real_until)) == (p_fake < real_until)
            assert abs(number - steps * p_fake) <= 1.5
    assert say_number(0.95996, limits) == "0.960" and say_number(0.5) == "0.500"


def test_a_number_below_a_threshold_of_nearly_zero_is_told_as_less_than_the_last_digit() -> None:
    limits = SimpleNamespace(real_until=0.0004, fake_from=0.96)
    assert say_number(0.0003, limits) == "under 0.001" and say_number(0.0004, limits) == "0.000"
    assert say_number(0.0003, limits, digits=4) == "0.0003"
    assert say_range(0.0001, 0.97, limits) == "under 0.001 to 0.970"
