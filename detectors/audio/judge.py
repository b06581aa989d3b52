"""A sound before the chosen detectors, window by window."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from detectors.audio.results import NO_DETECTOR, NOTHING_AUDIBLE, TOO_SHORT, HeardWindow, JudgedSound
from detectors.audio.windows import Window, cut_windows
from detectors.inputs.audio.read import MAX_SECONDS, RATE, UNHEARD_SECONDS, Sound, SoundError, read_sound
from detectors.inputs.timecode import say_at, say_length
from detectors.inputs.video import hash_file
from detectors.jury.judge import RESTARTING, Jury
from registry import DetectorSpec, Verdict

MAX_LISTEN_SECONDS = 300.0  # of judging; then the rest is left out, for others wait
MAX_FAILURES = 3  # in a row; then a detector is asked no more
NARROW_RATE = 11_025  # up to here, half of what detectors look at is missing


@dataclass(frozen=True, eq=False)
class Hearing:
    """What is known of a sound by now, and the sound."""

    judged: JudgedSound
    sound: Sound


def compare_sound(path: Path, jury: Jury, *, start: float = 0.0, name: str = "") -> JudgedSound:
    """Everything the detectors say about one sound. Never raises for a bad one: see JudgedSound.error."""
    judged = JudgedSound(name or str(path), start=start)
    try:
        for hearing in judge_sound(path, jury, start=start, name=judged.path):
            judged = hearing.judged
    except SoundError as error:
        return replace(judged, error=str(error))
    return judged


def judge_sound(
    path: Path, jury: Jury, *, start: float = 0.0, name: str = "", wanted: Callable[[], bool] = lambda: True
) -> Iterator[Hearing]:
    """What is known once it is decoded, and after each window; ends early once not wanted. Raises SoundError."""
    sound, hearers = read_sound(path, start=start), jury.limit_to("audio")
    judged = JudgedSound(
        name or str(path),
        hash_file(path),
        sound.seconds,
        sound.start,
        round(sound.end, 3),
        sound.rate,
        sound.channels,
        sound.codec,
        notes=_note(sound),
    )
    windows = list(cut_windows(sound.samples, start=start))
    if not windows:
        judged = replace(judged, reason=TOO_SHORT)
    elif all(window.is_silent for window in windows):
        judged = replace(judged, reason=NOTHING_AUDIBLE)
    elif not hearers.specs:
        judged = replace(judged, reason=NO_DETECTOR)
    yield Hearing(judged, sound)
    deadline, failures = time.monotonic() + MAX_LISTEN_SECONDS, dict.fromkeys((spec.key for spec in hearers.specs), 0)
    for window in windows:
        if not wanted():
            return
        if jury.is_stopping:
            raise SoundError(RESTARTING)
        if time.monotonic() > deadline:
            note = f"Judging stopped after {say_length(MAX_LISTEN_SECONDS)}, at {{at}}; the rest was not heard."
            yield Hearing(judged.end_early(note), sound)
            return
        verdicts = () if window.is_silent else tuple(_ask(hearers, spec, window, failures) for spec in hearers.specs)
        heard = HeardWindow(window.at, window.end, window.decibels, verdicts)
        judged = replace(judged, windows=(*judged.windows, heard))
        yield Hearing(judged, sound)


def _ask(jury: Jury, spec: DetectorSpec, window: Window, failures: dict[str, int]) -> Verdict:
    if failures[spec.key] >= MAX_FAILURES:
        return jury.fail(spec, f"It failed {MAX_FAILURES} times in a row, and was asked no more.")
    verdict = jury.judge(spec, window.samples, rate=RATE)
    failures[spec.key] = 0 if verdict.p_fake is not None else failures[spec.key] + 1
    return verdict


def _note(sound: Sound) -> tuple[str, ...]:
    """What a reader of the result must know of the file, a sentence each."""
    notes, is_longer = [], sound.seconds - sound.end > UNHEARD_SECONDS
    if (is_longer or not sound.seconds) and sound.end - sound.start > MAX_SECONDS - 1:
        part = f"{say_at(sound.start)} to {say_at(sound.end)}"
        notes.append(
            f"The sound is {say_at(sound.seconds)} long; only {part} was heard: choose where to start."
            if sound.seconds
            else f"How long the sound is, is not known; only {part} was heard: choose where to start."
        )
    elif is_longer:
        notes.append(f"The sound ends at {say_at(sound.end)}, though its length is {say_at(sound.seconds)}.")
    if sound.lost:
        notes.append("Parts of the sound are damaged and were not heard.")
    if sound.tracks > 1:
        notes.append(f"The file has {sound.tracks} tracks of sound; only one of them was heard.")
    if sound.rate <= NARROW_RATE:
        kilohertz = f"{sound.rate / 1000:g}"
        notes.append(f"It was recorded at {kilohertz} kHz, as by telephone: higher traces of synthesis are not in it.")
    return tuple(notes)
