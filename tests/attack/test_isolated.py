"""The isolated process: it says what came of each input, and nothing that happens in it is lost."""

import os
import signal
import time
from collections.abc import Iterator

import pytest

from tests.attack.isolated import Attempt, run_through

ALLOWED = 1.0  # seconds of processor time
HELD, ALLOWED_MEGABYTES = 100, 80.0  # little: some machines give memory so slowly that time would run out first


def crash(_: bytes) -> str:
    os.kill(os.getpid(), signal.SIGSEGV)
    return "alive"


def spin(_: bytes) -> str:
    while True:
        pass


def work(_: bytes) -> str:
    began = time.process_time()
    while time.process_time() - began < 1.5 * ALLOWED:
        pass
    return "done"


def hold(_: bytes) -> str:
    return str(len(bytearray(b"x") * HELD * 1_000_000))


def fail(_: bytes) -> str:
    raise KeyError("no such thing")


def echo(data: bytes) -> str:
    return data.decode()


def traps(first: int) -> Iterator[Attempt]:
    attempts = (echo, fail, crash, echo, hold, echo, work, spin, echo)
    yield from ((attempt, f"input {number}".encode()) for number, attempt in list(enumerate(attempts))[first:])


@pytest.mark.slow
def test_every_way_to_fail_is_found_and_what_comes_after_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.attack.isolated.MAX_MEGABYTES", ALLOWED_MEGABYTES)
    tried = list(run_through("tests.attack.test_isolated:traps", last=9, allowed=ALLOWED))
    assert [one.number for one in tried] == list(range(9))
    found = [one.finding for one in tried]
    assert [one.said for one in tried if not one.finding] == ["input 0", "input 3", "input 5", "input 8"]
    assert found[1] == "builtins.KeyError: 'no such thing'"
    assert found[2] == "the process ended by SIGSEGV"
    assert found[4].startswith("held 1") and found[4].endswith("MB")
    assert found[6].startswith("took ")
    assert found[7] == "the process ended by SIGXCPU"
