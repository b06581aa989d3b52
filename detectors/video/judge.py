"""A video before the chosen detectors: who is seen in it, and the verdicts on each person from frame to frame.

Frames are sampled by time, two a second, and farther apart in a long video. `Follower` tracks the persons, and
`aggregate_frames` makes one verdict of a person's frames. Detectors of clips come last: `clips`.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from detectors.inputs.timecode import say_at, say_length
from detectors.inputs.video import (
    MAX_SECONDS,
    Frame,
    Video,
    VideoError,
    VideoHeader,
    check_video,
    hash_file,
    open_video,
)
from detectors.jury.judge import RESTARTING, Jury
from detectors.video.results import WHOLE, JudgedVideo, Person, SampledFrame
from detectors.video.watcher import MAX_FACES, Watcher

STEP_SECONDS = 0.5  # between two sampled frames, in a short video
MAX_FRAMES = 240  # in a long one they lie farther apart
UNSEEN_SECONDS = 1.0  # missing at the end; clocks of sound and pictures differ by less
MAX_WATCH_SECONDS = 900.0  # of judging; then the rest is left out, for others wait


@dataclass(frozen=True)
class Look:
    """One look at the video: what is known by now, the frame, and what it shows of each person, by number."""

    video: JudgedVideo
    frame: Frame
    seen: Mapping[int, SampledFrame]


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
    """One look after another; ends early once not wanted. start: seconds. Raises VideoError.

    With detectors of clips or of sound, the last look comes once more, with what they say.
    """
    check_video(path)
    with open_video(path) as video:
        times = plan(video.about, start)
        step = times[1] - times[0] if len(times) > 1 else STEP_SECONDS
        about, seconds = video.about, round(video.about.seconds, 3)
        judged = JudgedVideo(name or str(path), hash_file(path), about.width, about.height, seconds, start, step)
        watcher, deadline, is_late = Watcher(jury), time.monotonic() + MAX_WATCH_SECONDS, False

        def is_in_time(_: Frame) -> bool:
            nonlocal is_late  # only where a frame was left: time may also run out with the last one
            is_late = time.monotonic() >= deadline
            return wanted() and not is_late

        frames = takewhile(is_in_time, video.frames(times))
        coming = next(frames, None)
        if coming is None and wanted():
            raise VideoError("No frame of this video could be decoded from there on.")
        while (frame := coming) and wanted():
            if jury.is_stopping:
                raise VideoError(RESTARTING)
            seen, broken = watcher.look(frame), False
            try:
                coming = next(frames, None)
            except VideoError:  # what was seen until then holds
                coming, broken = None, True
            notes = _note_unseen(video, crowds=watcher.crowds, is_late=is_late, is_broken=broken, at=frame.at)
            judged = replace(_add(judged, frame.at, seen), notes=notes)
            last = Look(judged, frame, seen)
            yield last
    if wanted() and any(spec.expects in ("clip", "audio") for spec in jury.specs):
        from detectors.inputs.audio.read import NO_SOUND
        from detectors.video.clips import add_clips  # a picture does without
        from detectors.video.sound import listen

        heard, sound = listen(path, jury, start=start, name=judged.path, wanted=wanted)
        persons = add_clips(judged.persons, jury, path, sound=sound, wanted=wanted)
        is_silent = heard is None and any(spec.expects == "audio" for spec in jury.specs)
        notes = (*judged.notes, NO_SOUND) if is_silent else judged.notes
        yield replace(last, video=replace(judged, persons=persons, sound=heard, notes=notes))


def _note_unseen(
    video: Video, *, crowds: int = 0, is_late: bool, at: float, is_broken: bool = False
) -> tuple[str, ...]:
    """What of the video was not looked at and never will be, a sentence each.

    crowds: frames in which not all faces were judged; at: of the last frame, in seconds.
    """
    notes = []
    if crowds:
        notes.append(
            f"In {crowds} of the sampled frames there were more than {MAX_FACES} faces; only the {MAX_FACES} largest "
            "were judged."
        )
    if video.about.tracks > 1:
        notes.append(f"The file has {video.about.tracks} video tracks; only one of them was seen.")
    if video.lost:
        notes.append("Parts of the video are damaged; what they show was not seen.")
    if video.ends is not None and video.about.seconds - video.ends > UNSEEN_SECONDS:
        length = say_at(video.about.seconds)
        notes.append(f"Its frames end at {say_at(video.ends)}, though its length is {length}; the rest was not seen.")
    if is_late:
        minutes = round(MAX_WATCH_SECONDS / 60)
        notes.append(f"Judging stopped after {minutes} minutes, at {say_at(at)}; the rest was not seen.")
    if is_broken:
        notes.append(f"Beyond {say_at(at)} the video could not be decoded; the rest was not seen.")
    return tuple(notes)


def plan(about: VideoHeader, start: float) -> list[float]:
    """The times to look at, in seconds. Raises VideoError for a start beyond the end, and a video that is too long."""
    length = say_at(about.seconds)  # not rounded to minutes, which could contradict the rest of the sentence
    if start >= about.seconds > 0 or start < 0:
        raise VideoError(f"The video is {length} long; it ends before the chosen start.")
    if start == 0 and about.seconds > MAX_SECONDS + 1:  # what lies between is not looked at anyway
        longest = say_length(MAX_SECONDS)
        raise VideoError(f"The video is {length} long; at most {longest} are judged: choose where to start.")
    seconds = min(about.seconds - start, MAX_SECONDS)
    step = max(STEP_SECONDS, seconds / MAX_FRAMES)
    count = min(MAX_FRAMES, int(seconds / step) + 1)
    return [round(start + step * number, 3) for number in range(count)]


def _add(judged: JudgedVideo, at: float, seen: Mapping[int, SampledFrame]) -> JudgedVideo:
    """The video with one look more."""
    known = {person.number: person for person in (*judged.persons, *([judged.whole] if judged.whole else []))}
    for number, frame in seen.items():
        before = known[number].frames if number in known else ()
        known[number] = Person(number, (*before, frame))
    whole = known.pop(WHOLE, None)
    return replace(judged, looks=(*judged.looks, at), persons=tuple(known.values()), whole=whole)
