"""The end of a server: in order, and on a terminal its operator reads what is waited for."""

import sys
import threading
import time
from typing import Any

import pytest

from detectors.jury.judge import Jury
from tests.ui.jurors import JURY
from ui.server.drain import Drain
from ui.server.lifecycle import FINISHING, RECORD_SECONDS, wind_down
from ui.server.programs.webhook import Webhooks


@pytest.mark.parametrize(("under_way", "terminal"), [(1, True), (1, False), (0, True)])
def test_only_a_terminal_is_told_that_answers_are_finished(
    under_way: int, terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    drain = Drain()
    drain.under_way = under_way
    monkeypatch.setattr(drain, "wait", lambda seconds: under_way)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    wind_down(Jury(JURY), drain, None)
    assert drain.has_begun
    assert capsys.readouterr().out == (f"{FINISHING}\n" if under_way and terminal else "")


def test_a_server_whose_output_was_closed_from_the_start_stops_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    drain = Drain()
    drain.under_way = 1
    monkeypatch.setattr(drain, "wait", lambda seconds: 1)
    monkeypatch.setattr(sys, "stdout", None)
    wind_down(Jury(JURY), drain, None)
    assert drain.has_begun


def test_webhooks_that_the_database_keeps_from_closing_hold_the_end_up_no_longer_than_the_history_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    webhooks, answers, asked = Webhooks(()), threading.Event(), list[Any]()

    def hang(numbers: list[str], **_: Any) -> None:
        asked.append(numbers)
        answers.wait(60)

    monkeypatch.setattr(webhooks.delivery, "_let_go", hang)
    began = time.monotonic()
    wind_down(Jury(JURY), Drain(), None, webhooks=webhooks)
    assert asked == [[]] and RECORD_SECONDS <= time.monotonic() - began < RECORD_SECONDS + 2
    answers.set()
