"""What a detector starts: it counts as the detector's, ends with it, and keeps nobody waiting."""

import os
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from detectors.conformance import samples
from detectors.jury.judge import Jury
from detectors.networks.resolve import add_source
from detectors.sandbox.isolated_detector import DetectorFaultError, IsolatedDetector
from registry import Registry

pytestmark = [
    pytest.mark.slow,  # workers are started, and waited for until they are late
    pytest.mark.skipif(sys.platform != "linux", reason="forks, and asks Linux who adopts orphans"),
]


@pytest.fixture(scope="module")
def plugin() -> Registry:
    return add_source(Registry(()), str(Path(__file__).parents[1] / "children.py"))


def test_children_count_as_the_memory_of_a_detector_and_are_ended_with_it(plugin: Registry) -> None:
    detector = IsolatedDetector(plugin["hog-apart"], memory=300_000_000)
    with pytest.raises(DetectorFaultError, match=r"exceeded its memory limit of 0\.3 GB"):
        detector(samples.flat(0))
    detector.close()
    wait_until_gone()


def test_what_a_fork_shares_counts_once(plugin: Registry) -> None:
    detector = IsolatedDetector(plugin["forks"], memory=300_000_000)
    assert detector(samples.flat(0)) == 0.3
    detector.close()


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("stays-behind", "it took longer than 1 s"),
        ("leaves-one-behind", "its process ended by itself, with exit code 3"),
    ],
)
def test_a_child_in_a_session_of_its_own_neither_holds_anybody_up_nor_stays(
    plugin: Registry, key: str, reason: str
) -> None:
    with Jury([plugin[key]]) as jury:
        jury.load(plugin[key])
        began = time.monotonic()
        assert jury.judge(plugin[key], samples.flat(0)).error == reason
    assert time.monotonic() - began < 10
    wait_until_gone()


def test_what_was_let_go_of_and_writes_on_holds_nobody_up_either(plugin: Registry) -> None:
    with Jury([plugin["trickles"]]) as jury:
        jury.load(plugin["trickles"])
        began = time.monotonic()
        assert jury.judge(plugin["trickles"], samples.flat(0)).error == "it took longer than 1 s"
    assert time.monotonic() - began < 5


def test_closing_does_not_wait_for_a_child_that_holds_the_pipes(plugin: Registry) -> None:
    detector = IsolatedDetector(plugin["stays-behind"])
    detector.start()
    asking = threading.Thread(target=ask_in_vain, args=(detector,))
    asking.start()
    time.sleep(0.5)
    began = time.monotonic()
    detector.close()
    asking.join()
    assert time.monotonic() - began < 5


def ask_in_vain(detector: IsolatedDetector) -> None:
    with pytest.raises(DetectorFaultError):
        detector.ask({}, samples.flat(0), seconds=60)


def wait_until_gone() -> None:
    """Until none of this process's workers is left, and nothing that they forked."""
    sought, deadline = {"detectors.sandbox.worker", str(os.getpid())}, time.monotonic() + 15
    while left := [one for one in psutil.process_iter(["cmdline"]) if sought <= {*(one.info["cmdline"] or ())}]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)
