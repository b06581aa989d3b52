"""The windows of a sound: four seconds each, half of them shared with the next; silent ones are not judged."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from registry.contract import AUDIO_RATE, Samples

WINDOW_SECONDS = 4.0
HOP_SECONDS = 2.0
TAIL_SECONDS = 0.5  # from here on, what is left at the end has a window of its own
MIN_SECONDS = 1.0  # of a whole sound: less of speech tells nothing
SILENT_DECIBELS = -55.0  # below full scale; the noise of a quiet room on a phone is about there
LEAST_LEVEL = 1e-6  # its logarithm stands for silence's


@dataclass(frozen=True, eq=False)
class Window:
    """A piece of a sound. at, end: seconds from the file's beginning; decibels: its level below full scale."""

    at: float
    end: float
    samples: Samples = field(repr=False)
    decibels: float

    @property
    def is_silent(self) -> bool:
        """Whether there is nothing to judge in it."""
        return self.decibels < SILENT_DECIBELS


def cut_windows(samples: Samples, *, start: float = 0.0) -> Iterator[Window]:
    """All of a sound of AUDIO_RATE samples a second; the last window ends where it does. None where it is too short.

    start: where the samples begin, in seconds.
    """
    size, hop = round(WINDOW_SECONDS * AUDIO_RATE), round(HOP_SECONDS * AUDIO_RATE)
    if samples.size < MIN_SECONDS * AUDIO_RATE:
        return
    places = list(range(0, max(1, samples.size - size + 1), hop))
    if samples.size - (places[-1] + size) >= TAIL_SECONDS * AUDIO_RATE:
        places.append(samples.size - size)
    for place in places:
        piece = samples[place : place + size]
        at = start + place / AUDIO_RATE
        yield Window(round(at, 3), round(at + piece.size / AUDIO_RATE, 3), piece, measure_level(piece))


def measure_level(samples: Samples) -> float:
    """Decibels below full scale: 0 is as loud as a file can be."""
    level = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
    return round(20 * float(np.log10(max(level, LEAST_LEVEL))), 1)
