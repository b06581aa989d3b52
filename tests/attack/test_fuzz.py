"""A little of what `python -m tests.attack.fuzz` does for as long as one likes."""

import os

import pytest

from tests.attack.fuzz import DEEP_TURNS, TURNS, make_input, run, say_finding

COUNT = 10_000
DEEP_COUNT = 3000


def test_an_input_is_made_from_its_number_alone() -> None:
    assert [make_input(number) for number in range(20)] == [make_input(number) for number in range(20)]
    assert len({make_input(number) for number in range(20)}) == 20


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_thousand_broken_inputs_find_nothing() -> None:
    """Other inputs on another day: a finding names its number, which makes it again."""
    first = os.getpid() * 100_000
    report = run(count=COUNT, first=first - first % len(TURNS))
    assert [say_finding(tried) for tried in report.findings] == []
    assert report.count == COUNT
    for target in set(TURNS):
        assert report.said[target, "taken"] and report.said[target, "refused"], target


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_three_thousand_networks_videos_and_words_find_nothing() -> None:
    first = os.getpid() * 100_000
    report = run(count=DEEP_COUNT, first=first - first % len(DEEP_TURNS), is_deep=True)
    assert [say_finding(tried, is_deep=True) for tried in report.findings] == []
    assert report.count == DEEP_COUNT
    for target in set(DEEP_TURNS):
        assert report.said[target, "taken"] and report.said[target, "refused"], target
