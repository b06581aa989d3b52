"""A video before the chosen detectors: who is seen in it, and what everybody says of each person from moment to moment.

Moments are taken by time, two a second, and farther apart in a long video. Persons are told apart by `follow`, and
judged by `rule`.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from itertools import takewhile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.compare import RESTARTING, Jury
from detectors.faces import Box, Face, crop_face, find_faces
from detectors.follow import Follower
from detectors.fuse import JuryVerdict, find_seats, fuse
from detectors.rule import MIN_MOMENTS, SAID, Ruling, rule
from detectors.times import say_at, say_length
from detectors.video_file import MAX_SECONDS, About, Frame, VideoError, check_video, hash_file, open_video
from registry import DetectorSpec, Image, Verdict
from registry.contract import MIN_FACE_PIXELS

SCHEMA = 1
STEP_SECONDS = 0.5  # between two moments, in a short video
MAX_MOMENTS = 240  # in a long one they lie farther apart
MAX_FACES = 8  # at one moment, the largest: a crowd would take minutes
MAX_WATCH_SECONDS = 900.0  # of judging; then the rest is left out, for others wait
MAX_FAILURES = 3  # in a row; then a detector is asked no more, for each may take it ten seconds
HEAT_SIDE = 32  # of the heat maps that are kept
CUT = 0.5  # how much of the frame's colours must change; a pan in the same room stays below 0.3
WORST = 4  # most suspect moments shown
WORST_APART_SECONDS = 1.0
WHOLE = 0  # the number under which whole frames are judged, by detectors that look at these
JURY = "jury"


@dataclass(frozen=True)
class Moment:
    """One person at one time. at: seconds from the video's beginning; verdicts in the jury's order."""

    at: float
    box: Box
    score: float
    verdicts: tuple[Verdict, ...]
    landmarks: tuple[tuple[float, float], ...] = ()

    @cached_property
    def jury(self) -> JuryVerdict | None:
        """The jury's word on this moment alone."""
        return fuse(self.verdicts, face_pixels=self.pixels)

    @property
    def pixels(self) -> int:
        """The longer side of the face's box."""
        return Face(self.box, self.score, ()).pixels

    @property
    def p_fakes(self) -> dict[str, float]:
        """What everybody who gave a number said, by key, and last the jury."""
        given = {verdict.detector: verdict.p_fake for verdict in self.verdicts if verdict.p_fake is not None}
        return given | ({JURY: self.jury.p_fake} if self.jury else {})

    def as_dict(self) -> dict[str, Any]:
        """Its part of the documented JSON."""
        errors = {verdict.detector: verdict.error for verdict in self.verdicts if verdict.error}
        return {"at": self.at, "box": list(self.box), "score": self.score, "p_fake": self.p_fakes, "errors": errors}


@dataclass(frozen=True)
class Line:
    """One detector's p_fake over a person's moments, or the jury's, and the word that comes of it."""

    key: str
    title: str
    fake_from: float
    real_until: float
    ruling: Ruling

    def as_dict(self) -> dict[str, Any]:
        """Its part of the documented JSON."""
        named = {"detector": self.key, "title": self.title, "fake_from": self.fake_from, "real_until": self.real_until}
        return named | asdict(self.ruling)


@dataclass(frozen=True)
class Person:
    """Somebody seen in a video. number: from 1 on, by first appearance; 0 stands for the whole frame."""

    number: int
    moments: tuple[Moment, ...]

    @property
    def is_whole(self) -> bool:
        """Whether this is the whole frame instead of a person."""
        return self.number == WHOLE

    @cached_property
    def clear(self) -> tuple[Moment, ...]:
        """The moments that count: those with a large enough face."""
        return tuple(one for one in self.moments if self.is_whole or one.pixels >= MIN_FACE_PIXELS)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """A line for each detector that was asked, in the jury's order."""
        return tuple(self._draw_line(verdict) for verdict in self.moments[0].verdicts)

    @cached_property
    def jury(self) -> Line | None:
        """The jury's line; None where nothing is known of this mix of detectors."""
        seats = find_seats(verdict.detector for verdict in self.moments[0].verdicts)
        if self.is_whole or seats is None:
            return None
        thresholds = {name: seats[name] for name in ("fake_from", "real_until")}
        return Line(JURY, "The jury", **thresholds, ruling=rule(self.say(JURY), **thresholds))

    @property
    def all_lines(self) -> tuple[Line, ...]:
        """The detectors' lines, and last the jury's where there is one."""
        return (*self.lines, *([self.jury] if self.jury else []))

    @cached_property
    def worst(self) -> tuple[Moment, ...]:
        """The most suspect moments, at least a second apart, the worst first."""
        chosen: list[Moment] = []
        for moment in sorted(self.clear or self.moments, key=lambda one: (-suspect(one), one.at)):
            if all(abs(moment.at - other.at) >= WORST_APART_SECONDS for other in chosen):
                chosen.append(moment)
        return tuple(chosen[:WORST])

    def say(self, key: str) -> list[float]:
        """What one of them said at the moments that count and at which it gave a number."""
        return [moment.p_fakes[key] for moment in self.clear if key in moment.p_fakes]

    def _draw_line(self, seat: Verdict) -> Line:
        thresholds = {"fake_from": seat.fake_from, "real_until": seat.real_until}
        ruling = rule(self.say(seat.detector), **thresholds)
        errors = [
            verdict.error for one in self.moments for verdict in one.verdicts if verdict.detector == seat.detector
        ]
        if all(errors):  # it never gave a number
            ruling = Ruling(None, None, None, "failed", 0, str(errors[-1]))
        return Line(seat.detector, seat.title, **thresholds, ruling=ruling)

    def as_dict(self) -> dict[str, Any]:
        """Its part of the documented JSON."""
        return {
            "person": self.number,
            "from": self.moments[0].at,
            "to": self.moments[-1].at,
            "jury": self.jury.as_dict() if self.jury else None,
            "verdicts": [line.as_dict() for line in self.lines],
            "worst": [moment.at for moment in self.worst],
            "moments": [moment.as_dict() for moment in self.moments],
        }


def suspect(moment: Moment) -> float:
    """The jury's p_fake; where it has none, the mean of those that gave a number; -1 where nobody did."""
    p_fakes = moment.p_fakes
    if JURY in p_fakes:
        return p_fakes[JURY]
    return sum(p_fakes.values()) / len(p_fakes) if p_fakes else -1.0


@dataclass(frozen=True)
class JudgedVideo:
    """Everything said about one video, or so far. error: one plain sentence when it could not be judged, else None.

    seconds: its length; start: where judging began; step: seconds between two moments; looks: the times looked at.
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
            "looks": len(self.looks),
            "rule": SAID,
            "persons": [person.as_dict() for person in self.persons],
            "whole_image": self.whole.as_dict() if self.whole else None,
        }


@dataclass(frozen=True)
class Look:
    """A moment of the video: what is known by now, the frame, and who was there. seen: person's number -> moment."""

    video: JudgedVideo
    frame: Frame
    seen: Mapping[int, Moment]


def compare_video(
    path: Path,
    jury: Jury,
    *,
    start: float = 0.0,
    name: str = "",
    show: Callable[[JudgedVideo], object] = lambda judged: None,
) -> JudgedVideo:
    """Everything the jury says about one video. Never raises for a bad one: see JudgedVideo.error.

    show: told after each look what is known by then.
    """
    judged = JudgedVideo(name or str(path))
    try:
        for look in judge_video(path, jury, start=start, name=judged.path):
            judged = look.video
            show(judged)
    except VideoError as error:
        return replace(judged, error=str(error))
    return judged


def judge_video(
    path: Path, jury: Jury, *, start: float = 0.0, name: str = "", wanted: Callable[[], bool] = lambda: True
) -> Iterator[Look]:
    """One look after another; ends early once not wanted. start: seconds. Raises VideoError."""
    check_video(path)
    with open_video(path) as video, ThreadPoolExecutor(len(jury.specs) or 1) as pool:
        times = plan(video.about, start)
        step = times[1] - times[0] if len(times) > 1 else STEP_SECONDS
        about, seconds = video.about, round(video.about.seconds, 3)
        judged = JudgedVideo(name or str(path), hash_file(path), about.width, about.height, seconds, start, step)
        watcher, deadline = Watcher(jury, pool), time.monotonic() + MAX_WATCH_SECONDS
        for frame in takewhile(lambda _: wanted() and time.monotonic() < deadline, video.frames(times)):
            if jury.is_stopping:
                raise VideoError(RESTARTING)
            seen = watcher.look(frame)
            judged = _add(judged, frame.at, seen)
            yield Look(judged, frame, seen)
        if not judged.looks and wanted():
            raise VideoError("No picture of this video could be decoded.")


def plan(about: About, start: float) -> list[float]:
    """The times to look at, in seconds. Raises VideoError for a start beyond the end, and a video that is too long."""
    if start >= about.seconds > 0 or start < 0:
        raise VideoError(f"The video is {say_length(about.seconds)} long; there is nothing to judge from there on.")
    if start == 0 and about.seconds > MAX_SECONDS:
        longest = say_length(MAX_SECONDS)
        raise VideoError(
            f"The video is {say_length(about.seconds)} long; at most {longest} are judged: say where to start."
        )
    seconds = min(about.seconds - start, MAX_SECONDS)
    step = max(STEP_SECONDS, seconds / MAX_MOMENTS)
    count = min(MAX_MOMENTS, int(seconds / step) + 1)
    return [round(start + step * number, 3) for number in range(count)]


def is_brief(person: Person) -> bool:
    """Whether somebody was seen too briefly for a verdict, so that they need no more than counting."""
    return len(person.moments) < MIN_MOMENTS


def say_person(person: Person) -> str:
    """Who this is: "person 1, 0:00 to 0:59"."""
    name = "the whole frame" if person.is_whole else f"person {person.number}"
    return f"{name}, {say_at(person.moments[0].at)} to {say_at(person.moments[-1].at)}"


def say_video(judged: JudgedVideo) -> str:
    """What was looked at and who was there, in a sentence or two."""
    looked = f"{len(judged.looks)} moments from {say_at(judged.looks[0])} to {say_at(judged.looks[-1])}"
    brief = sum(is_brief(person) for person in judged.persons)
    count = len(judged.persons) - brief
    who = f"{count} {'person' if count == 1 else 'persons'}" if judged.persons else "no face found"
    more = f", and {brief} seen too briefly for a verdict" if brief else ""
    return f"{looked}: {who}{more}."


def _add(judged: JudgedVideo, at: float, seen: Mapping[int, Moment]) -> JudgedVideo:
    """The video with one look more."""
    known = {person.number: person for person in (*judged.persons, *([judged.whole] if judged.whole else []))}
    for number, moment in seen.items():
        before = known[number].moments if number in known else ()
        known[number] = Person(number, (*before, moment))
    whole = known.pop(WHOLE, None)
    return replace(judged, looks=(*judged.looks, at), persons=tuple(known.values()), whole=whole)


@dataclass
class Watcher:
    """Looks at one frame after another: who is there, and what everybody says of them."""

    jury: Jury
    pool: ThreadPoolExecutor
    follower: Follower = field(default_factory=Follower)
    colours: NDArray[np.float32] | None = None
    failures: dict[str, int] = field(default_factory=dict)

    def look(self, frame: Frame) -> dict[int, Moment]:
        """Person's number -> this moment of theirs. After a cut, everybody is somebody new."""
        colours = count_colours(frame.pixels)
        if self.colours is not None and is_cut(self.colours, colours):
            self.follower.forget()
        self.colours = colours
        faces = find_faces(frame.pixels)[:MAX_FACES]
        numbers = self.follower.follow(faces)
        crops = [(crop_face(frame.pixels, face.box), face.pixels) for face in faces]
        verdicts = self._ask("face", crops)
        seen = {
            number: Moment(frame.at, face.box, face.score, given, face.landmarks)
            for number, face, given in zip(numbers, faces, verdicts, strict=True)
        }
        return seen | self._look_at_whole(frame)

    def _look_at_whole(self, frame: Frame) -> dict[int, Moment]:
        (given,) = self._ask("image", [(frame.pixels, None)])
        height, width = frame.pixels.shape[:2]
        return {WHOLE: Moment(frame.at, (0, 0, width, height), 1.0, given)} if given else {}

    def _ask(self, expects: str, shown: Sequence[tuple[Image, int | None]]) -> list[tuple[Verdict, ...]]:
        """The verdicts on each picture, in the jury's order; the detectors are asked side by side."""
        specs = [spec for spec in self.jury.specs if spec.expects == expects]
        columns = list(self.pool.map(partial(self._ask_one, shown), specs))
        return [tuple(column[index] for column in columns) for index in range(len(shown))]

    def _ask_one(self, shown: Iterable[tuple[Image, int | None]], spec: DetectorSpec) -> list[Verdict]:
        return [self._judge(spec, image, pixels) for image, pixels in shown]

    def _judge(self, spec: DetectorSpec, image: Image, pixels: int | None) -> Verdict:
        failures = self.failures.get(spec.key, 0)
        if failures >= MAX_FAILURES:
            reason = f"asked no more after {MAX_FAILURES} failures in a row"
            return Verdict(spec.key, spec.title, None, "failed", spec.fake_from, spec.real_until, 0.0, reason)
        verdict = self.jury.judge(spec, image, face_pixels=pixels)
        self.failures[spec.key] = failures + 1 if verdict.label == "failed" else 0
        return _keep_small(verdict)


def _keep_small(verdict: Verdict) -> Verdict:
    """With a heat map small enough to keep hundreds of."""
    heat = verdict.heatmap
    if heat is None or max(heat.shape) <= HEAT_SIDE:
        return verdict
    small = cv2.resize(heat, (HEAT_SIDE, HEAT_SIDE), interpolation=cv2.INTER_AREA)
    return replace(verdict, heatmap=np.asarray(small, dtype=np.float32))


def count_colours(pixels: Image) -> NDArray[np.float32]:
    """Which share of a frame has which colour: (256,), of sum 1. pixels: uint8 RGB (h, w, 3)."""
    small = cv2.resize(pixels, (64, 36), interpolation=cv2.INTER_AREA)
    hsv = cv2.cvtColor(small, cv2.COLOR_RGB2HSV)
    counts = cv2.calcHist([hsv], [0, 1, 2], None, [8, 4, 8], [0, 180, 0, 256, 0, 256])
    return np.asarray(counts.reshape(-1) / counts.sum(), dtype=np.float32)


def is_cut(before: NDArray[np.float32], now: NDArray[np.float32]) -> bool:
    """Whether so much of the colours changed that this must be another shot."""
    return bool(np.abs(before - now).sum() / 2 > CUT)
