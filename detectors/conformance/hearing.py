"""The checks of a detector of sound, as `detectors.conformance.checks` has those of a detector of pictures.

The sounds are made here: a buzz with the loudness of speech, noise, silence, and speech that was recorded too loud.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import psutil

from detectors.conformance.checks import CALLS, MEGABYTES, TOLERANCE, Outcome, card
from detectors.sandbox.audit import AuditedDetector
from registry import read_finding
from registry.contract import AUDIO_RATE, Samples

WINDOW_SECONDS = 4.0


def make_speech(seconds: float = WINDOW_SECONDS, *, pitch: float = 120.0) -> Samples:
    """A buzz whose loudness comes and goes four times a second, as syllables do: float32 (n,), at most 0.5."""
    at = np.arange(round(seconds * AUDIO_RATE)) / AUDIO_RATE
    buzz = sum((np.sin(2 * np.pi * pitch * part * at) / part for part in range(1, 20)), np.zeros_like(at))
    return np.asarray(0.2 * buzz * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * at)), dtype=np.float32)


def make_sounds() -> tuple[Samples, ...]:
    """Speech, noise, silence, and speech that is cut off at full scale."""
    speech = make_speech()
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, speech.size).astype(np.float32)
    return speech, noise, np.zeros_like(speech), np.clip(20 * speech, -1, 1)


def time_limit(audited: AuditedDetector) -> Outcome:
    """An answer within the detector's `seconds`, to four seconds of speech."""
    began = time.perf_counter()
    with suppress(Exception):
        audited.examine(make_speech(), AUDIO_RATE)
    seconds = time.perf_counter() - began
    return seconds <= audited.spec.seconds, f"{seconds:.2f} s"


def range_and_type(audited: AuditedDetector) -> Outcome:
    """One number in [0, 1], not NaN and alone, for speech, noise, silence and speech recorded too loud."""
    findings = [read_finding(audited.examine(sound.copy(), AUDIO_RATE)) for sound in make_sounds()]
    alone = all(finding.heatmap is None for finding in findings)
    return alone, _list([finding.p_fake for finding in findings]) if alone else "more than a number"


def repeatable(audited: AuditedDetector) -> Outcome:
    """The same answer to the same sound twice, to 1e-6."""
    numbers = [_ask(audited, make_speech()) for _ in range(2)]
    return abs(numbers[0] - numbers[1]) <= TOLERANCE, _list(numbers, digits=7)


def lengths(audited: AuditedDetector) -> Outcome:
    """A valid answer to windows of 1, 2.5 and 4 seconds."""
    return True, _list([_ask(audited, make_speech(seconds)) for seconds in (1.0, 2.5, 4.0)])


def eight_threads(audited: AuditedDetector) -> Outcome:
    """The same answers from eight threads at once as one after the other, to 1e-6."""
    sounds = [make_speech(1 + number / 4, pitch=90 + 10 * number) for number in range(8)]
    alone = [_ask(audited, sound) for sound in sounds]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda sound: _ask(audited, sound), sounds * 2))
    apart = float(np.abs(np.array(together) - np.array(alone * 2)).max())
    return apart <= TOLERANCE, f"at most {apart:.1e} apart"


def input_not_mutated(audited: AuditedDetector) -> Outcome:
    """The sound it was given is the same afterwards."""
    sound = make_speech()
    audited.examine(sound, AUDIO_RATE)
    changed = int((sound != make_speech()).sum())
    return changed == 0, f"{changed} samples changed" if changed else "the same"


def loaded_once(audited: AuditedDetector) -> Outcome:
    """No file read again once the first sound was examined."""
    _ask(audited, make_speech())
    audited.read.clear()
    _ask(audited, make_speech())
    return not audited.read, ", ".join(dict.fromkeys(audited.read)) or "nothing read"


def no_network(audited: AuditedDetector) -> Outcome:
    """No connection and no program started while it examines a sound (sockets are blocked)."""
    with suppress(PermissionError):  # it is written down
        audited.examine(make_speech(), AUDIO_RATE)
    audited.finish()
    return not audited.connected, ", ".join(dict.fromkeys(audited.connected)) or "none"


def no_writes(audited: AuditedDetector) -> Outcome:
    """No file written outside the cache folders and the folder for temporary files."""
    audited.examine(make_speech(), AUDIO_RATE)
    audited.finish()
    return not audited.written, ", ".join(dict.fromkeys(audited.written)) or "none"


def memory(audited: AuditedDetector) -> Outcome:
    """At most 20 MB more held after 200 sounds."""
    sound, process = make_speech(), psutil.Process()
    for _ in range(20):  # until buffers have their size
        _ask(audited, sound)
    before, until, calls = process.memory_info().rss / 1e6, time.monotonic() + 5 * audited.spec.seconds, 0
    while calls < CALLS and (not calls or time.monotonic() < until):
        _ask(audited, sound)
        calls += 1
    grown = process.memory_info().rss / 1e6 - before
    return grown * CALLS / calls <= MEGABYTES, f"{max(0.0, grown):.1f} MB more after {calls} sounds"


CHECKS: tuple[Callable[[AuditedDetector], Outcome], ...] = (
    time_limit,
    range_and_type,
    repeatable,
    lengths,
    eight_threads,
    input_not_mutated,
    loaded_once,
    no_network,
    no_writes,
    memory,
    card,
)


def _ask(audited: AuditedDetector, sound: Samples) -> float:
    """p_fake of a copy: a detector that writes into its sound must not spoil the samples."""
    return read_finding(audited.examine(sound.copy(), AUDIO_RATE)).p_fake


def _list(numbers: Sequence[float], *, digits: int = 3) -> str:
    return ", ".join(f"{number:.{digits}f}" for number in numbers)
