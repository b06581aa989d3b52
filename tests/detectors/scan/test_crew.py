"""Processes that are ended from outside, or by a picture: no picture is lost, none is judged twice."""

import multiprocessing
import os
import signal
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from detectors.scan.crew import DIED, judge_all
from detectors.scan.team import Team
from registry import DetectorSpec, Image

pytestmark = pytest.mark.slow


def end_on_bright(image: Image) -> float:
    """A detector that takes its process with it when it sees a bright face."""
    if image.mean() > 203.8:
        os.kill(os.getpid(), signal.SIGKILL)
    return 0.25


def answer_slowly(image: Image) -> float:
    time.sleep(0.05)
    return 0.25


@dataclass(frozen=True)
class OneOf(Team):
    """A team of one detector of these."""

    name: str = ""

    def choose(self) -> Any:
        return (DetectorSpec(key="one", title="One", load=lambda: globals()[self.name]),)


def judge(photos: Path, name: str) -> Any:
    paths = sorted(map(str, photos.iterdir()))
    return [record for records in judge_all(paths, OneOf(name=name), workers=2) for record in records]


def test_a_picture_that_ends_its_process_has_a_row_and_the_others_are_judged(photos: Path) -> None:
    records = judge(photos, "end_on_bright")
    assert Counter(record.path for record in records) == Counter(map(str, photos.iterdir()))
    died = {record.path for record in records if record.rows[0].error == DIED}
    judged = {record.path for record in records if record.rows[0].p_fake == 0.25}
    assert min(died) > max(judged)  # the portraits get brighter with their number
    assert (len(died), len(died) + len(judged)) == (2, 50)


def test_a_process_killed_from_outside_costs_no_row(photos: Path) -> None:
    records: list[Any] = []
    for done in judge_all(sorted(map(str, photos.iterdir())), OneOf(name="answer_slowly"), workers=2):
        if not records:
            multiprocessing.active_children()[0].kill()
        records.extend(done)
    assert Counter(record.path for record in records) == Counter(map(str, photos.iterdir()))
    assert not [record for record in records if record.rows[0].error == DIED]
