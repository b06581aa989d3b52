"""Is this detector fit for the jury? Runs every check of detectors.conformance.checks and says what each found.

Checks run in the detector's own process (detectors.sandbox.worker): one that hangs or crashes fails only itself.
"""

import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from detectors.conformance import hearing, samples
from detectors.conformance.checks import CHECKS, HUGE, Outcome, name_check, say_expected
from detectors.sandbox.audit import AuditedDetector
from detectors.sandbox.isolated_detector import DetectorFaultError, IsolatedDetector
from registry import DetectorSpec

PREPARE_SECONDS = 60.0  # to find, crop and forge the sample face


@dataclass(frozen=True)
class Check:
    """What one check found."""

    name: str
    passed: bool
    expected: str
    got: str


def check_detector(spec: DetectorSpec) -> list[Check]:
    """All checks of one detector, in order. Never raises for what a detector does."""
    with tempfile.TemporaryDirectory() as scratch:
        detector = IsolatedDetector(spec, scratch=scratch)
        try:
            return _check_all(detector, spec.seconds, list_checks(spec.expects))
        finally:
            detector.close()


def list_checks(expects: str) -> tuple[Callable[[AuditedDetector], Outcome], ...]:
    """The checks of a detector that expects this."""
    return hearing.CHECKS if expects == "audio" else CHECKS


def _check_all(
    detector: IsolatedDetector, seconds: float, checks: tuple[Callable[[AuditedDetector], Outcome], ...]
) -> list[Check]:
    """Where a detector cannot be loaded or answers not even a face in time, the other checks would say the same."""
    try:
        detector.ask({"check": "prepare"}, seconds=PREPARE_SECONDS)
    except DetectorFaultError as fault:
        return [_fail(check, f"it could not be loaded: {fault}") for check in checks]
    first, *others = checks
    try:
        found = [Check(**detector.ask({"check": name_check(first)}, seconds=3 * seconds + 3)[0])]
    except DetectorFaultError as fault:
        got = f"it took longer than {seconds:g} s" if "longer than" in str(fault) else str(fault)
        return [_fail(first, got), *(_fail(check, "not tried: it did not answer") for check in others)]
    return [*found, *(_ask(detector, check, 20 * seconds + 5) for check in others)]


def _ask(detector: IsolatedDetector, check: Callable[[AuditedDetector], Outcome], seconds: float) -> Check:
    try:
        detector.ask({"check": "prepare"}, seconds=PREPARE_SECONDS)
        return Check(**detector.ask({"check": name_check(check)}, seconds=seconds)[0])
    except DetectorFaultError as fault:
        return _fail(check, str(fault))


def _fail(check: Callable[[AuditedDetector], Outcome], got: str) -> Check:
    return Check(name_check(check), False, say_expected(check), got)


def run_check(name: str, audited: AuditedDetector) -> dict[str, Any]:
    """One check in the detector's own process, as plain values. "prepare" readies the pictures for all of them."""
    if name == "prepare":
        if audited.spec.expects != "audio":
            samples.forgeries(audited.spec.expects)
            samples.noise(*HUGE)
        return {}
    check = next(check for check in list_checks(audited.spec.expects) if name_check(check) == name)
    try:
        passed, got = check(audited)
    except (Exception, SystemExit) as error:  # a detector may raise anything
        passed, got = False, f"{type(error).__name__}: {error}"
    return asdict(Check(name, bool(passed), say_expected(check), got[:1000]))
