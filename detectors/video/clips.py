"""Clips of the people in a video, for the detectors that expect "clip": a face from frame to frame, close in time.

Two frames a second show nothing of how a face moves, so a few seconds of the video are decoded again. A clip has at
most 64 frames at 12.5 a second, 5 s of at most 224 pixels: in it nearly everybody blinks, a blink of a quarter of a
second is three frames long, and it takes as long to find as 30 s of sampled frames and 10 MB to hand to a plugin.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median_low

import numpy as np

from detectors.faces.crop import crop_face
from detectors.faces.face import Box, Face
from detectors.faces.find import find_faces
from detectors.faces.landmarks import find_points
from detectors.faces.motion import NAMES, measure_light, measure_motion
from detectors.faces.nearby import find_again
from detectors.faces.track import MIN_OVERLAP, measure_overlap
from detectors.inputs.audio.read import Sound
from detectors.inputs.video import Frame, VideoError, open_video
from detectors.jury.judge import Jury
from detectors.networks.folder import resize_square
from detectors.video.aggregate import NEVER_CLEAR, TrackVerdict
from detectors.video.lips import measure_lip_sync
from detectors.video.results import ClipScores, Person, TrackScores, is_brief
from detectors.video.watcher import count_colours, is_cut
from registry import DetectorSpec, Image, Label
from registry.contract import Clip, Times

CLIP_STEP_SECONDS = 0.08  # between two frames
CLIP_FRAMES = 64
MIN_CLIP_FRAMES = 16  # 1.3 s; in fewer, hardly anything moves
CLIP_PIXELS = 224  # side; larger faces are made smaller
MAX_CLIPS = 3  # persons, those who are seen longest: each costs a decoder and 64 searches
NOT_LONGEST = f"Clips are taken only of the {MAX_CLIPS} people who are seen longest."


@dataclass(frozen=True)
class FaceClip:
    """A person's face from frame to frame, cut out as in photos. clip: uint8 (t, side, side, 3); times: seconds."""

    clip: Clip
    times: Times


def add_clips(
    persons: Sequence[Person],
    jury: Jury,
    path: Path,
    *,
    sound: Sound | None = None,
    wanted: Callable[[], bool] = lambda: True,
) -> tuple[Person, ...]:
    """The persons, and what the jury's detectors of clips say of those who are seen longest, or why nothing.

    sound: the video's, to compare with their lips. wanted: or no longer.
    """
    specs = [spec for spec in jury.specs if spec.expects == "clip"]
    if not specs:
        return tuple(persons)
    ranked = sorted((person for person in persons if not is_brief(person)), key=lambda person: -len(person.clear))
    judged = {}
    for place, person in enumerate(ranked):
        if place < MAX_CLIPS and person.clear:
            if wanted():
                judged[person.number] = _compare_lips(_judge(person, specs, jury, path, wanted), sound)
        else:
            judged[person.number] = _leave_out(person, specs, jury, NOT_LONGEST if person.clear else NEVER_CLEAR)
    return tuple(judged.get(person.number, person) for person in persons)


def _leave_out(
    person: Person,
    specs: Sequence[DetectorSpec],
    jury: Jury,
    reason: str,
    *,
    label: Label = "inconclusive",
    count: int = 0,
) -> Person:
    """The person with the reason why no detector was asked. count: frames that were found."""
    none = TrackVerdict(None, None, None, label, count, reason)
    return replace(person, clips=tuple(ClipScores(_name(spec, none, jury)) for spec in specs))


def _judge(person: Person, specs: Sequence[DetectorSpec], jury: Jury, path: Path, wanted: Callable[[], bool]) -> Person:
    """The person with what each detector says, and how the face moves."""
    try:
        clip = take_clip(path, person, wanted=wanted)
    except VideoError as error:
        return _leave_out(person, specs, jury, str(error), label="failed")
    count = len(clip.times)
    if count < MIN_CLIP_FRAMES:
        reason = f"Followed in only {count} of the {MIN_CLIP_FRAMES} frames that a clip needs."
        return _leave_out(person, specs, jury, reason, count=count)
    motion = measure_motion(find_points(clip.clip), measure_light(clip.clip), clip.times)
    return replace(person, clips=tuple(_ask(spec, jury, clip) for spec in specs), motion=motion)


def _compare_lips(person: Person, sound: Sound | None) -> Person:
    """The person with how its lips go with the sound, where both are known."""
    if person.motion is None or sound is None:
        return person
    openings = person.motion.measures[:, NAMES.index("mouth height")]
    return replace(person, lips=measure_lip_sync(person.motion.times, openings, sound.samples, start=sound.start))


def _ask(spec: DetectorSpec, jury: Jury, clip: FaceClip) -> ClipScores:
    verdict = jury.judge(spec, clip.clip, times=clip.times)
    times = tuple(round(float(at), 3) for at in clip.times)
    scores = () if verdict.scores is None else tuple(round(float(score), 6) for score in verdict.scores)
    low, high = (round(float(end), 6) for end in np.percentile(scores, [25, 75])) if scores else (None, None)
    of_clip = TrackVerdict(verdict.p_fake, low, high, verdict.label, len(times), verdict.error or "")
    return ClipScores(_name(spec, of_clip, jury), times, scores)


def _name(spec: DetectorSpec, verdict: TrackVerdict, jury: Jury) -> TrackScores:
    limits, measured = (spec.fake_from, spec.real_until), jury.measured[spec.key]
    return TrackScores(spec.key, spec.title, *limits, verdict=verdict, measured=measured, is_beside=True)


def take_clip(path: Path, person: Person, *, wanted: Callable[[], bool] = lambda: True) -> FaceClip:
    """The few seconds of a video in which this person's face is seen best; of no frames where it was lost at once.

    Raises VideoError.
    """
    times, box = plan_clip(person)
    crops: list[Image] = []
    shown: list[float] = []
    colours = None
    with open_video(path) as video:
        for frame in video.frames(times):
            before, colours = colours, count_colours(frame.pixels)
            is_over = before is not None and is_cut(before, colours)  # a face in the same place is somebody else's
            if is_over or not wanted() or frame.at > times[-1] + CLIP_STEP_SECONDS:
                break
            face = _find(frame, box)
            if face is None or face.doubt:
                continue
            box = face.box
            crops.append(crop_face(frame.pixels, face.box, face.roll))
            shown.append(frame.at)
    side = min(CLIP_PIXELS, median_low(len(crop) for crop in crops)) if crops else CLIP_PIXELS
    clip = np.stack([resize_square(crop, side) for crop in crops]) if crops else np.zeros((0, side, side, 3), np.uint8)
    return FaceClip(clip, np.asarray(shown, dtype=np.float64))


def plan_clip(person: Person) -> tuple[list[float], Box]:
    """The times of a clip, in seconds, and where the face is at its beginning: the earliest with most clear frames.

    None is beyond the last sampled frame of this person, where there may be nobody, or somebody else.
    """
    length = CLIP_STEP_SECONDS * (CLIP_FRAMES - 1)
    starts = [frame for frame in person.clear if frame.at + length <= person.frames[-1].at] or [person.clear[0]]
    first = max(starts, key=lambda start: sum(start.at <= frame.at <= start.at + length for frame in person.clear))
    times = [round(first.at + CLIP_STEP_SECONDS * number, 3) for number in range(CLIP_FRAMES)]
    return [at for at in times if at <= person.frames[-1].at], first.box


def _find(frame: Frame, box: Box) -> Face | None:
    """The face that was in this box a moment ago."""
    found = find_again(frame.pixels, [box]) or find_faces(frame.pixels)
    best = max(found, key=lambda face: measure_overlap(face.box, box), default=None)
    return best if best and measure_overlap(best.box, box) >= MIN_OVERLAP else None
