"""Opened once, by whichever of several threads asks first."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from detectors.networks.once import once


def test_several_threads_get_one_answer_for_each_set_of_arguments() -> None:
    opened: list[str] = []

    @once
    def open_it(name: str, *, fast: bool = False) -> object:
        opened.append(f"{name} {fast}")
        time.sleep(0.05)  # long enough for all of them to have asked
        return object()

    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(open_it, name, fast=name == "a") for name in "abababab"]
    answers = [one.result() for one in asked]
    assert sorted(opened) == ["a True", "b False"]
    assert len(set(answers[::2])) == len(set(answers[1::2])) == 1 and answers[0] is not answers[1]


def test_what_it_raised_is_asked_again() -> None:
    asked: list[int] = []

    @once
    def open_it() -> str:
        asked.append(len(asked))
        if len(asked) == 1:
            raise OSError("not yet there")
        return "there"

    with pytest.raises(OSError, match="not yet"):
        open_it()
    assert open_it() == open_it() == "there"
    assert asked == [0, 1]
