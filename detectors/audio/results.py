"""What was said about a sound: each detector's scores over time, and the band in words that follows from them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, Literal

from detectors.audio.windows import TAIL_SECONDS
from detectors.inputs.audio.read import MAX_SECONDS
from detectors.inputs.timecode import say_at
from detectors.video.aggregate import MIN_FRAMES, RUN_FRAMES, aggregate_frames, find_longest_run
from registry import Verdict

SCHEMA = 1
Band = Literal["none", "inconclusive", "some", "strong"]
BANDS: dict[Band, str] = {
    "none": "No traces of synthesis found",
    "inconclusive": "Inconclusive",
    "some": "Some traces of synthesis",
    "strong": "Strong traces of synthesis",
}
RULE = (
    f"Strong traces: the median over all windows reaches the upper threshold, in at least {MIN_FRAMES} windows. Some "
    f"traces: it does in fewer, or {RUN_FRAMES} windows in a row do. None found: the median lies below the lower "
    "threshold. Otherwise inconclusive."
)
LIMITS = (
    "Such detectors are often wrong on recordings unlike those that they were trained on: in the wild, small published "
    "ones are hardly better than chance. No traces found does not mean that a voice is real. Take this as a hint where "
    "to listen, never as proof."
)
NO_DETECTOR = "No detector of sound was chosen."
DISAGREE = "The detectors disagree"
FAILED = "No detector gave a number"
TOO_SHORT = "The sound is too short: at least one second is needed."
NOTHING_AUDIBLE = "Nothing audible: the sound is silent, or nearly so."


@dataclass(frozen=True)
class HeardWindow:
    """One window. at, end: seconds from the file's beginning; verdicts: none where it is silent."""

    at: float
    end: float
    decibels: float
    verdicts: tuple[Verdict, ...] = ()

    @property
    def p_fakes(self) -> dict[str, float]:
        """What everybody who gave a number said, by key."""
        return {verdict.detector: verdict.p_fake for verdict in self.verdicts if verdict.p_fake is not None}

    def as_dict(self) -> dict[str, Any]:
        """Its part of the documented JSON."""
        errors = {verdict.detector: verdict.error for verdict in self.verdicts if verdict.error}
        return {"at": self.at, "end": self.end, "decibels": self.decibels, "p_fake": self.p_fakes, "errors": errors}


@dataclass(frozen=True)
class SoundScores:
    """One detector over the whole sound. low, high: quartiles of p_fake; band: None where it gave no number."""

    detector: str
    title: str
    fake_from: float
    real_until: float
    p_fake: float | None
    low: float | None
    high: float | None
    count: int
    band: Band | None
    error: str | None = None
    measured: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Its part of the documented JSON."""
        return asdict(self)


def find_band(p_fakes: Sequence[float], *, fake_from: float, real_until: float) -> Band:
    """The band of a sound by the p_fake of its windows, in their order; there is at least one."""
    median = aggregate_frames(p_fakes, fake_from=fake_from, real_until=real_until).p_fake
    if median is not None and median >= fake_from:
        return "strong" if len(p_fakes) >= MIN_FRAMES else "some"
    if find_longest_run(p_fakes, fake_from=fake_from) >= RUN_FRAMES:
        return "some"
    return "none" if median is not None and median < real_until else "inconclusive"


@dataclass(frozen=True)
class JudgedSound:
    """Everything said about one sound, or so far. error: one plain sentence where it could not be judged, else None.

    seconds: its length; start, end: what of it was heard; rate, channels, codec: the file's; notes: what a reader must
    know, a sentence each; reason: why there is no band, though it could be decoded.
    """

    path: str
    sha256: str = ""
    seconds: float = 0.0
    start: float = 0.0
    end: float = 0.0
    rate: int = 0
    channels: int = 0
    codec: str = ""
    error: str | None = None
    notes: tuple[str, ...] = ()
    windows: tuple[HeardWindow, ...] = ()
    reason: str = ""

    @property
    def share(self) -> float:
        """How much of it is done, from 0 to 1."""
        done = self.windows[-1].end - self.start if self.windows else 0.0
        return min(1.0, done / max(1e-9, min(self.end - self.start, MAX_SECONDS)))

    @cached_property
    def scores(self) -> tuple[SoundScores, ...]:
        """Those of each detector that was asked."""
        verdicts: dict[str, list[Verdict]] = {}
        for window in self.windows:
            for verdict in window.verdicts:
                verdicts.setdefault(verdict.detector, []).append(verdict)
        return tuple(map(_score, verdicts.values()))

    @property
    def band(self) -> Band | None:
        """Of the measured detectors together: theirs where they agree, else inconclusive; None where nobody counts."""
        bands = {one.band for one in self.scores if one.measured and one.band}
        if not bands or self.reason:
            return None
        return bands.pop() if len(bands) == 1 else "inconclusive"

    @property
    def said(self) -> str:
        """The result in a few words, or why there is none."""
        if self.reason or self.error:
            return self.reason or self.error or ""
        if self.band is None:
            return "No result: no detector here was ever measured" if _gave_numbers(self.scores) else FAILED
        agree = len({one.band for one in self.scores if one.measured and one.band}) == 1
        return BANDS[self.band] if agree else f"{BANDS[self.band]}: {DISAGREE[0].lower()}{DISAGREE[1:]}"

    def end_early(self, note: str) -> "JudgedSound":
        """The same of what was heard when judging ended before the sound did. note: says so, with "{at}" for where.

        Nothing changes where no window was left.
        """
        end = self.windows[-1].end if self.windows else self.start
        if self.end - end < TAIL_SECONDS:
            return self
        return replace(self, end=end, notes=(*self.notes, note.format(at=say_at(end))))

    def as_dict(self) -> dict[str, Any]:
        """The documented JSON form, version 1."""
        names = ("path", "sha256", "seconds", "start", "end", "rate", "channels", "codec", "error")
        return (
            {"schema": SCHEMA, "kind": "sound"}
            | {name: getattr(self, name) for name in names}
            | {
                "notes": list(self.notes),
                "band": self.band,
                "said": self.said,
                "rule": RULE,
                "limits": LIMITS,
                "verdicts": [one.as_dict() for one in self.scores],
                "windows": [window.as_dict() for window in self.windows],
            }
        )


def _gave_numbers(scores: Sequence[SoundScores]) -> bool:
    return any(one.band for one in scores)


def _score(verdicts: Sequence[Verdict]) -> SoundScores:
    first, p_fakes = verdicts[0], [verdict.p_fake for verdict in verdicts if verdict.p_fake is not None]
    named = (first.detector, first.title, first.fake_from, first.real_until)
    if not p_fakes:
        return SoundScores(*named, None, None, None, 0, None, verdicts[-1].error, first.measured)
    limits = {"fake_from": first.fake_from, "real_until": first.real_until}
    found = aggregate_frames(p_fakes, **limits)
    band = find_band(p_fakes, **limits)
    return SoundScores(*named, found.p_fake, found.low, found.high, len(p_fakes), band, measured=first.measured)
