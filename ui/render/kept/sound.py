"""A sound from the history, as the page draws it: its JSON an object again; the recording is not kept."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from detectors.audio.results import Band, HeardWindow, JudgedSound, SoundScores
from registry import DetectorSpec, Verdict, judge
from ui.render.audio import TONES, describe_sound
from ui.render.cards import Pieces, render
from ui.render.kept.photo import seat

Stored = dict[str, Any]
NAMES = ("path", "sha256", "seconds", "start", "end", "rate", "channels", "codec", "error")
LABELS = ("fake", "inconclusive")  # tones that are verdicts: no traces found does not mean that it is real


@dataclass(frozen=True)
class StoredSound(JudgedSound):
    """A sound of which the result is the stored one, whatever today's rule makes of the same windows."""

    stored: Stored = field(default_factory=dict)

    @cached_property
    def scores(self) -> tuple[SoundScores, ...]:
        """As JudgedSound has them."""
        return tuple(SoundScores(**verdict) for verdict in self.stored["verdicts"])

    @property
    def band(self) -> Band | None:
        """As JudgedSound has it."""
        band: Band | None = self.stored["band"]
        return band

    @property
    def said(self) -> str:
        """As JudgedSound has it."""
        return str(self.stored["said"])


def restore_sound(stored: Stored) -> StoredSound:
    """The sound whose `as_dict` this is."""
    scores = {one["detector"]: one for one in stored["verdicts"]}
    windows = [
        HeardWindow(
            one["at"], one["end"], one["decibels"], tuple(_verdict(scores[key], p) for key, p in one["p_fake"].items())
        )
        for one in stored["windows"]
    ]
    held = {name: stored[name] for name in NAMES}
    return StoredSound(**held, notes=tuple(stored["notes"]), windows=tuple(windows), stored=stored)


def _verdict(scores: Stored, p_fake: float) -> Verdict:
    """One detector's on one window; how long it took was not kept."""
    limits = {name: scores[name] for name in ("fake_from", "real_until")}
    named = scores["detector"], scores["title"], p_fake, judge(p_fake, **limits)
    return Verdict(*named, **limits, milliseconds=0.0, measured=scores["measured"])


def draw_stored_sound(stored: Stored) -> Pieces:
    """Its band and its scores over time."""
    return [render("sound", **describe_sound(restore_sound(stored)))]


def outline_sound(stored: Stored) -> dict[str, str]:
    """For a list: the band as the page says it. label: "" where it is no verdict."""
    tone = TONES[stored["band"]]
    return {"label": tone if tone in LABELS else "", "said": str(stored["said"])}


def seat_sound(stored: Stored, known: Iterable[DetectorSpec] = ()) -> list[DetectorSpec]:
    """Who judged the sound then."""
    return seat([(verdict, "audio") for verdict in stored["verdicts"]], known)
