"""Detectors of sound are checked with sounds: a good one passes, and each fault fails the check that names it."""

from pathlib import Path

import pytest

from detectors.conformance.check import check_detector
from detectors.networks.resolve import add_source
from registry import Registry

pytestmark = pytest.mark.slow  # each check starts workers

PLUGIN = """
import pluggy

def fine(samples, rate):
    return min(1.0, float(abs(samples).mean()))

def four(samples, rate):
    assert len(samples) == 4 * rate
    return 0.5

def scribbles(samples, rate):
    samples[:] = 0
    return 0.5

@pluggy.HookimplMarker("facejury")
def register_detectors(register):
    for examine in (fine, four, scribbles):
        key = examine.__name__
        register(key=key, title=key, load=lambda examine=examine: examine, expects="audio", card="A card.")
"""
FAILS = {"fine": set(), "four": {"lengths", "eight-threads"}, "scribbles": {"input-not-mutated"}}


@pytest.mark.parametrize("key", FAILS)
def test_a_detector_of_sound_fails_the_checks_of_its_fault_alone(tmp_path: Path, key: str) -> None:
    (tmp_path / "ears.py").write_text(PLUGIN)
    checks = check_detector(add_source(Registry(()), str(tmp_path / "ears.py"))[key])
    assert len(checks) == 11
    assert {check.name for check in checks if not check.passed} == FAILS[key]
