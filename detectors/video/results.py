"""What was said about a video: of whom, in which frames, and the verdict on each person that follows from it."""

from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from detectors.faces.face import Box, Landmarks, measure_side
from detectors.inputs.timecode import say_at, say_frames
from detectors.inputs.video import MAX_SECONDS
from detectors.jury.fusion import JURY_KEY, JURY_TITLE, Agreement, JuryVerdict, find_fitted
from detectors.video.aggregate import AGGREGATION, MIN_FRAMES, TrackVerdict, aggregate_frames
from registry import Verdict

if TYPE_CHECKING:
    from detectors.audio.results import JudgedSound
    from detectors.faces.motion import Motion
    from detectors.video.lips import LipSync

SCHEMA = 1
WORST = 4  # most suspect frames shown
WORST_APART_SECONDS = 1.0
NO_NUMBER = "No detector gave a number."
TOO_FEW = "A number came of only {count} of the {of} frames that count."
HELD_BACK = "But for what {title} sees in {count} of {of} frames, the jury would call this person real."
WHOLE = 0  # the number under which whole frames are judged, by detectors that look at these


@dataclass(frozen=True)
class SampledFrame:
    """One person at one time. at: seconds from the video's beginning; verdicts in the jury's order.

    roll, doubt: as Face has them. jury, agreement: of the verdicts on this frame alone; None where there is none.
    """

    at: float
    box: Box
    score: float
    verdicts: tuple[Verdict, ...]
    landmarks: Landmarks = ()
    roll: float = 0.0
    doubt: str | None = None
    jury: JuryVerdict | None = None
    agreement: Agreement | None = None

    @property
    def pixels(self) -> int:
        """The longer side of the face's box."""
        return measure_side(self.box)

    @property
    def p_fakes(self) -> dict[str, float]:
        """What everybody who gave a number said, by key, and last the jury."""
        given = {verdict.detector: verdict.p_fake for verdict in self.verdicts if verdict.p_fake is not None}
        return given | ({JURY_KEY: self.jury.p_fake} if self.jury else {})

    def as_dict(self) -> dict[str, Any]:
        """Its part of the documented JSON."""
        errors = {verdict.detector: verdict.error for verdict in self.verdicts if verdict.error}
        return {"at": self.at, "box": list(self.box), "score": self.score} | {
            "roll": self.roll,
            "doubt": self.doubt,
            "p_fake": self.p_fakes,
            "errors": errors,
        }


@dataclass(frozen=True)
class TrackScores:
    """One detector's verdict on a person over all frames, or the jury's, with its thresholds.

    is_beside: whether it is never in the jury, as that on a clip.
    """

    key: str
    title: str
    fake_from: float
    real_until: float
    verdict: TrackVerdict
    measured: bool = True
    is_beside: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Its part of the documented JSON."""
        named = {"detector": self.key, "title": self.title, "fake_from": self.fake_from, "real_until": self.real_until}
        return named | asdict(self.verdict) | {"measured": self.measured}


@dataclass(frozen=True)
class ClipScores:
    """What a detector of clips said of a person's clip. line: its verdict, whose quartiles are of the scores.

    times: of the clip's frames, in seconds; scores: p_fake at each, or empty where it gave none. It is not in the jury.
    """

    line: TrackScores
    times: tuple[float, ...] = ()
    scores: tuple[float, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Its part of the documented JSON."""
        return self.line.as_dict() | {"times": list(self.times), "scores": list(self.scores)}


@dataclass(frozen=True)
class Person:
    """Somebody seen in a video. number: from 1 on, by first appearance; 0 stands for the whole frame.

    clips: what detectors of clips said, once all frames were looked at; motion: how the face moves in that clip; lips:
    how they go with the sound.
    """

    number: int
    frames: tuple[SampledFrame, ...]
    clips: tuple[ClipScores, ...] = ()
    motion: "Motion | None" = field(default=None, repr=False, compare=False)
    lips: "LipSync | None" = None

    @property
    def is_whole(self) -> bool:
        """Whether this is the whole frame instead of a person."""
        return self.number == WHOLE

    @cached_property
    def clear(self) -> tuple[SampledFrame, ...]:
        """The frames that count: those with a face that can be judged."""
        return tuple(one for one in self.frames if one.doubt is None)

    @cached_property
    def scores(self) -> tuple[TrackScores, ...]:
        """Those of each detector that was asked, in the jury's order."""
        return tuple(self._score(verdict) for verdict in self.frames[0].verdicts)

    @cached_property
    def jury(self) -> TrackScores | None:
        """The jury's; None where nothing is known of this mix of detectors."""
        fitted = find_fitted(verdict.detector for verdict in self.frames[0].verdicts)
        if self.is_whole or fitted is None:
            return None
        # Where a member fails, the others have a number and thresholds of their own: those of most frames hold.
        used = Counter((said.fake_from, said.real_until) for frame in self.clear if (said := frame.jury))
        known = [(high, low) for (high, low), _ in used.most_common() if high is not None and low is not None]
        fake_from, real_until = known[0] if known else (fitted["fake_from"], fitted["real_until"])
        limits = {"fake_from": fake_from, "real_until": real_until}
        verdict = self._explain(aggregate_frames(self.say(JURY_KEY), **limits))
        if verdict.label == "inconclusive" and not verdict.reason:
            verdict = replace(verdict, reason=self._say_held_back(**limits))
        return TrackScores(JURY_KEY, JURY_TITLE, fake_from, real_until, verdict)

    def _say_held_back(self, *, fake_from: float, real_until: float) -> str:
        """Why the jury's median lies between its thresholds, where experts hold "real" back; empty where none decides.

        The frames are aggregated a second time, with what the others say: those may be of another mind as well.
        """
        juries = [frame.jury for frame in self.clear if frame.jury]
        held = Counter(said.held_back_by for said in juries if said.held_back_by)
        if not held:
            return ""
        p_fakes = [said.p_fake if said.weighed is None else said.weighed for said in juries]
        others = aggregate_frames(p_fakes, fake_from=fake_from, real_until=real_until)
        if others.label != "real":
            return others.reason
        [(key, count)] = held.most_common(1)
        title = next(one.title for one in self.frames[0].verdicts if one.detector == key)
        return HELD_BACK.format(title=title, count=count, of=others.count)

    @property
    def all_scores(self) -> tuple[TrackScores, ...]:
        """The detectors', those of clips behind those of frames, and last the jury's where there is one."""
        return (*self.scores, *(one.line for one in self.clips), *([self.jury] if self.jury else []))

    @cached_property
    def worst(self) -> tuple[SampledFrame, ...]:
        """The most suspect frames, at least a second apart, the worst first."""
        chosen: list[SampledFrame] = []
        for frame in sorted(self.clear or self.frames, key=lambda one: (-suspect(one), one.at)):
            if all(abs(frame.at - other.at) >= WORST_APART_SECONDS for other in chosen):
                chosen.append(frame)
        return tuple(chosen[:WORST])

    def say(self, key: str) -> list[float]:
        """What one of them said of the frames that count and of which it gave a number."""
        return [frame.p_fakes[key] for frame in self.clear if key in frame.p_fakes]

    def _explain(self, verdict: TrackVerdict) -> TrackVerdict:
        """The verdict; where too few numbers came, and not too few frames, with that as its reason."""
        if verdict.count >= min(MIN_FRAMES, len(self.clear)):
            return verdict
        said = TOO_FEW.format(count=verdict.count, of=len(self.clear)) if verdict.count else NO_NUMBER
        return replace(verdict, reason=said)

    def _score(self, first: Verdict) -> TrackScores:
        """first: the detector's verdict on the first frame, which names it and its thresholds."""
        thresholds = {"fake_from": first.fake_from, "real_until": first.real_until}
        verdict = self._explain(aggregate_frames(self.say(first.detector), **thresholds))
        shown = self.clear or self.frames
        errors = [one.error for frame in shown for one in frame.verdicts if one.detector == first.detector]
        if all(errors):  # it never gave a number of a frame that counts
            verdict = TrackVerdict(None, None, None, "failed", 0, str(errors[-1]))
        limits = first.fake_from, first.real_until
        return TrackScores(first.detector, first.title, *limits, verdict=verdict, measured=first.measured)

    def as_dict(self) -> dict[str, Any]:
        """Its part of the documented JSON."""
        return {
            "person": self.number,
            "from": self.frames[0].at,
            "to": self.frames[-1].at,
            "jury": self.jury.as_dict() if self.jury else None,
            "verdicts": [one.as_dict() for one in self.scores],
            "clips": [one.as_dict() for one in self.clips],
            "motion": self.motion.as_dict() if self.motion else None,
            "lips": self.lips.as_dict() if self.lips else None,
            "worst": [frame.at for frame in self.worst] if self.scores else [],
            "moments": [frame.as_dict() for frame in self.frames],
        }


def suspect(frame: SampledFrame) -> float:
    """The jury's p_fake; where it has none, the mean of those that gave a number; -1 where nobody did."""
    p_fakes = frame.p_fakes
    if JURY_KEY in p_fakes:
        return p_fakes[JURY_KEY]
    return sum(p_fakes.values()) / len(p_fakes) if p_fakes else -1.0


@dataclass(frozen=True)
class JudgedVideo:
    """Everything said about one video, or so far. error: one plain sentence when it could not be judged, else None.

    seconds: its length; start: where judging began; step: seconds between two sampled frames; looks: their times;
    notes: what of it was not seen, a sentence each; sound: what was said of its sound, None without one.
    """

    path: str
    sha256: str = ""
    width: int = 0
    height: int = 0
    seconds: float = 0.0
    start: float = 0.0
    step: float = 0.0
    error: str | None = None
    looks: tuple[float, ...] = ()
    persons: tuple[Person, ...] = ()
    whole: Person | None = None
    notes: tuple[str, ...] = ()
    sound: "JudgedSound | None" = None

    @property
    def end(self) -> float:
        """Where judging ends, in seconds."""
        return min(self.seconds, self.start + MAX_SECONDS)

    @property
    def share(self) -> float:
        """How much of it is done, from 0 to 1."""
        done = (self.looks[-1] - self.start + self.step) if self.looks else 0.0
        return min(1.0, done / max(self.end - self.start, self.step, 1e-9))

    def as_dict(self) -> dict[str, Any]:
        """The documented JSON form, version 1."""
        named = {
            name: getattr(self, name) for name in ("path", "sha256", "width", "height", "seconds", "start", "step")
        }
        return {
            "schema": SCHEMA,
            "kind": "video",
            **named,
            "error": self.error,
            "notes": list(self.notes),
            "looks": len(self.looks),
            "rule": AGGREGATION,
            "persons": [person.as_dict() for person in self.persons],
            "whole_image": self.whole.as_dict() if self.whole else None,
            "sound": self.sound.as_dict() if self.sound else None,
        }


def is_brief(person: Person) -> bool:
    """Whether somebody was visible too briefly for a verdict, so that they need no more than counting."""
    return len(person.frames) < MIN_FRAMES


def say_person(person: Person) -> str:
    """Who this is: "person 1, 0:00 to 0:59"."""
    name = "the whole frame" if person.is_whole else f"person {person.number}"
    return f"{name}, {say_at(person.frames[0].at)} to {say_at(person.frames[-1].at)}"


def say_video(judged: JudgedVideo) -> str:
    """What was looked at and who was there, in a sentence or two."""
    brief = sum(is_brief(person) for person in judged.persons)
    count = len(judged.persons) - brief
    who = f"{count} {'person' if count == 1 else 'people'}" if judged.persons else "no face found"
    more = f", and {brief} visible too briefly for a verdict" if brief else ""
    return " ".join([f"{say_frames(judged.looks)}: {who}{more}.", *judged.notes])
