"""The jury's sentences: how the detectors split, and an error as a visitor may read it."""

import re
from collections.abc import Sequence
from typing import Protocol

from detectors.sandbox.isolated_detector import DetectorFaultError
from registry import Verdict

PATHS = re.compile(r"(?:[A-Za-z]:)?(?:[\\/][^\\/\s'\":]+){2,}")  # what a visitor need not see of an error


NOT_MEASURED = "not measured"
NOT_IN_JURY = "not in the jury"
ENLARGED = "The face looks enlarged from a smaller picture: traces of a forgery may be lost."


class WithThresholds(Protocol):
    """What has the two thresholds behind a label; None where they are not known."""

    @property
    def real_until(self) -> float | None: ...  # noqa: D102
    @property
    def fake_from(self) -> float | None: ...  # noqa: D102


def round_p_fake(p_fake: float, thresholds: WithThresholds | None = None, *, steps: int = 100) -> int:
    """p_fake as a number of steps from 0 to 1, on that side of both thresholds, rounded alike, where p_fake lies.

    So 0.958 is 95 % beside "fake from 96 %" where the threshold is 0.961: else its label would contradict its number.
    Below a threshold that is rounded to 0 it is -1, which is to be told as less than one step.
    """
    shown = round(steps * p_fake)
    for limit in (thresholds.real_until, thresholds.fake_from) if thresholds else ():
        if limit is not None:
            told = round(steps * limit)
            shown = max(shown, told) if p_fake >= limit else min(shown, told - 1)
    return shown


def say_number(p_fake: float, thresholds: WithThresholds | None = None, *, digits: int = 3) -> str:
    """p_fake with so many digits, "0.958", rounded by `round_p_fake`; "under 0.001" below a threshold of nearly 0."""
    steps = 10**digits
    shown = round_p_fake(p_fake, thresholds, steps=steps)
    return f"under {1 / steps:.{digits}f}" if shown < 0 else f"{shown / steps:.{digits}f}"


def say_range(low: float, high: float, thresholds: WithThresholds | None = None) -> str:
    """From one p_fake to another, "0.954 to 0.960", each rounded as say_number rounds the one that lies between."""
    return f"{say_number(low, thresholds)} to {say_number(high, thresholds)}"


def say_split(verdicts: Sequence[Verdict]) -> str:
    """How many say what: "1 of 3 say fake, 1 real, 1 inconclusive". Detectors that failed are counted apart, and so are
    those that were never measured.
    """
    measured = [verdict for verdict in verdicts if verdict.measured]
    voted = [verdict for verdict in measured if verdict.p_fake is not None]
    counts = {label: sum(verdict.label == label for verdict in voted) for label in ("fake", "real", "inconclusive")}
    others = [f"{counts[label]} {label}" for label in ("real", "inconclusive") if counts[label]]
    failed = [f"{len(measured) - len(voted)} failed"] if len(voted) < len(measured) else []
    apart = [f"{len(verdicts) - len(measured)} {NOT_MEASURED}"] if len(measured) < len(verdicts) else []
    if not voted:
        return ", ".join([f"no {'measured ' if apart else ''}detector gave a verdict", *apart])
    return ", ".join([f"{counts['fake']} of {len(voted)} say fake", *others, *failed, *apart])


def say_error(error: Exception) -> str:
    """An error as one line without paths."""
    text = hide_paths(str(error))
    if isinstance(error, DetectorFaultError):
        return text[:300]
    return f"{type(error).__name__}: {text}"[:300] if text else type(error).__name__


def hide_paths(text: str) -> str:
    """A text as one line that tells a visitor nothing of this machine's folders."""
    return PATHS.sub("…", " ".join(text.split()))
