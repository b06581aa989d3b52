"""Whether a mouth opens when the sound is loud: how far lips and sound are apart, as a measurement without a verdict.

The opening of a mouth and the loudness of its speech rise and fall together, a few times a second, the mouth up to a
fifth of a second ahead (Chandrasekaran et al. 2009, https://doi.org/10.1371/journal.pcbi.1000436). So the sound is
moved against the lips to where they correlate best. That would be found somewhere in any sound: it counts only where
hardly another place of the same sound goes with these lips as well.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from detectors.audio.windows import LEAST_LEVEL, SILENT_DECIBELS
from registry.contract import AUDIO_RATE, Samples, Times

LEVEL_SECONDS = 0.02  # between two levels of the sound, and between two offsets
MOST_SECONDS = 0.6  # that the sound may come before or after the lips
SMOOTH_SECONDS = 0.1  # of sound in one level: a video's frames see no more
SLOW_SECONDS = 1.5  # what changes slower is no syllable: a head that turns, a voice that rises
LOUDEST_DECIBELS = 40.0  # below the loudest, everything is silence
APART_SECONDS = 2.0  # of another place in the sound, from the one that belongs to the lips
MIN_SECONDS = 2.0  # of lips
MIN_PLACES = 50  # other places of the sound to compare with
CHANCE = 0.02  # other places of a sound overlap, and are fewer than they seem: more pass than this says
MIN_CORRELATION = 0.2
BLOCK_SECONDS, RESAMPLED = 0.4, 200  # of the interval: pieces of about two syllables, drawn anew that many times
NATURAL = "In natural speech the mouth opens up to 0.2 s before the sound."

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LipSync:
    """How lips and sound go together in a clip.

    offset: milliseconds by which the sound comes after the lips that go with it best, negative where before; low, high:
    its 95 % interval, over pieces of the clip drawn anew; correlation: there; chance: the share of other places in the
    sound that go with these lips as well.
    """

    offset: int
    low: int
    high: int
    correlation: float
    chance: float

    @property
    def is_related(self) -> bool:
        """Whether this sound goes with these lips better than other places of it do."""
        return self.chance <= CHANCE and self.correlation >= MIN_CORRELATION

    @property
    def said(self) -> str:
        """The measurement in a sentence."""
        if not self.is_related:
            return "Lips and sound: no relation found in this clip, as with another speaker, music or a quiet mouth."
        return (
            f"Lips and sound: go together best with the sound {self.offset} ms after the lips "
            f"({self.low} to {self.high}). {NATURAL}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Its part of the documented JSON."""
        return asdict(self) | {"related": self.is_related, "said": self.said}


def measure_lip_sync(times: Times, openings: NDArray[np.floating], samples: Samples, *, start: float) -> LipSync | None:
    """Lips against sound. None where the clip or the sound is too short, or nothing is heard or moves in it.

    times: float64 (t,), of the frames, in seconds from the file's beginning; openings: (t,), of the mouth; samples:
    float32 (n,) of AUDIO_RATE, the sound from `start` on.
    """
    levels = _measure_levels(samples)
    reach = round(MOST_SECONDS / LEVEL_SECONDS)
    places = np.round((times - start) / LEVEL_SECONDS).astype(int)
    if len(times) < 2 or times[-1] - times[0] < MIN_SECONDS or not 0 <= places[0] <= places[-1] < len(levels):
        return None
    if levels[places].max() < SILENT_DECIBELS or float(np.ptp(openings)) < 1e-6:
        return None
    loudness = _take_fast(np.maximum(levels, levels.max() - LOUDEST_DECIBELS), LEVEL_SECONDS)
    step = float(np.median(np.diff(times)))
    lips = _take_fast(np.asarray(openings, dtype=np.float64), step)
    # Around its end, the sound goes on with its beginning: a short one has other places as well.
    moved = loudness[(places + np.arange(-reach, reach + 1)[:, None]) % len(loudness)]
    here = _correlate(lips, moved)
    others = _find_others(lips, loudness, places, reach)
    if len(others) < MIN_PLACES:
        return None
    best = int(here.argmax())
    low, high = np.percentile(_redraw(lips, moved, step), [2.5, 97.5])
    chance = (1 + int((others >= here[best]).sum())) / (1 + len(others))
    offset, first, last = (round(1000 * LEVEL_SECONDS * (float(index) - reach)) for index in (best, low, high))
    return LipSync(offset, first, last, correlation=round(float(here[best]), 3), chance=round(chance, 4))


def _measure_levels(samples: Samples) -> Floats:
    """Decibels below full scale, LEVEL_SECONDS apart, each of SMOOTH_SECONDS around its time."""
    size, step = round(SMOOTH_SECONDS * AUDIO_RATE), round(LEVEL_SECONDS * AUDIO_RATE)
    squares = np.pad(np.square(samples, dtype=np.float64), size // 2)
    if squares.size < size:
        return np.zeros(0)
    power = np.concatenate([[0.0], np.cumsum(squares)])
    means = (power[size::step] - power[: power.size - size : step]) / size
    return np.asarray(10 * np.log10(np.maximum(means, LEAST_LEVEL**2)))


def _take_fast(values: Floats, step: float) -> Floats:
    """Without what changes slower than SLOW_SECONDS. step: seconds between two values."""
    half = max(1, round(SLOW_SECONDS / step / 2))
    around = sliding_window_view(np.pad(values, half, mode="edge"), 2 * half + 1)
    return np.asarray(values - around.mean(axis=1))


def _correlate(lips: Floats, moved: Floats) -> Floats:
    """Pearson's correlation of (t,) with each row of (n, t); 0 where either does not change."""
    own = lips - lips.mean(axis=-1, keepdims=True)
    other = moved - moved.mean(axis=-1, keepdims=True)
    size = np.sqrt((own**2).sum(axis=-1) * (other**2).sum(axis=-1))
    return np.asarray((own * other).sum(axis=-1) / np.maximum(size, 1e-12))


def _find_others(lips: Floats, loudness: Floats, places: NDArray[np.int_], reach: int) -> Floats:
    """The best correlation at other places of the sound, and at all places of the sound played backwards."""
    away, step = round(APART_SECONDS / LEVEL_SECONDS), max(1, reach // 6)
    offsets = np.arange(-reach, reach + 1)[:, None]
    elsewhere = [(loudness, by) for by in range(away, len(loudness) - away, step)]
    backwards = [(loudness[::-1], by) for by in range(0, len(loudness), step)] if elsewhere else []
    moved = (sound[(places + offsets + by) % len(loudness)] for sound, by in (*elsewhere, *backwards))
    return np.array([_correlate(lips, one).max() for one in moved])


def _redraw(lips: Floats, moved: Floats, step: float) -> Floats:
    """Where the correlation is best, (RESAMPLED,), over pieces of the clip drawn with repetition."""
    size = max(1, round(BLOCK_SECONDS / step))
    random = np.random.default_rng(0)
    starts = random.integers(0, max(1, len(lips) - size + 1), (RESAMPLED, -(-len(lips) // size)))
    drawn = (starts[..., None] + np.arange(size)).reshape(RESAMPLED, -1)
    return np.array([_correlate(lips[rows], moved[:, rows]).argmax() for rows in drawn], dtype=np.float64)
