"""A judged sound as HTML: the band, scores over time, waveform and spectrogram, all on one time axis."""

from typing import Any

import numpy as np

from detectors.audio.judge import Hearing
from detectors.audio.results import BANDS, LIMITS, RULE, JudgedSound, SoundScores
from detectors.inputs.timecode import say_at, say_length
from registry import Heatmap
from registry.contract import AUDIO_RATE, Samples
from ui.render.cards import Pieces, render
from ui.render.pictures import draw_spectrogram

WIDTH, HEIGHT = 1000.0, 100.0  # of the plots, in their own units
COLUMNS = 500  # of waveform and spectrogram
FRAME = 512  # samples of one spectrum: 32 ms
ROWS = 128  # of the spectrogram
FLOOR_DECIBELS = 80.0  # below the loudest place; what is lower is black
COLOURS = 6  # lines that look different
TONES = {"strong": "fake", "some": "inconclusive", "inconclusive": "inconclusive", "none": "none", None: "none"}


def draw_sound(hearing: Hearing, *, source: str = "") -> Pieces:
    """All that is shown of a sound, as far as it was judged. source: where the upload lies, for the page's player."""
    return [render("sound", **describe_sound(hearing.judged, hearing.sound.samples) | {"source": source})]


def describe_sound(judged: JudgedSound, samples: Samples | None = None) -> dict[str, Any]:
    """What the templates of a sound need. samples: from its start on, for waveform and spectrogram; else neither.

    All plots end where the hearing did.
    """
    start, end = judged.start, max(judged.end, judged.start + 1e-3)
    values = {
        "source": "",
        "sound": judged,
        "tone": TONES[judged.band],
        "lines": [_draw_line(judged, number, one) for number, one in enumerate(judged.scores)],
        "band": _place_band(judged.scores[0] if judged.scores else None),
        "rule": RULE,
        "limits": LIMITS,
        "span": (start, end),
        "begins": say_at(start),
        "ends": say_at(end),
        "length": say_length(judged.seconds or end),
    }
    if samples is None:
        return values
    samples = samples[: round((end - start) * AUDIO_RATE)]
    return values | {"wave": draw_wave(samples), "spectrogram": draw_spectrogram(measure_spectrogram(samples))}


def _place_band(scores: SoundScores | None) -> tuple[float, float]:
    """Top and height of what is inconclusive to the first detector."""
    if scores is None:
        return 0.0, 0.0
    return round(HEIGHT * (1 - scores.fake_from), 1), round(HEIGHT * (scores.fake_from - scores.real_until), 1)


def _draw_line(judged: JudgedSound, number: int, scores: SoundScores) -> dict[str, Any]:
    """Through the middles of the windows; broken where one was not judged."""
    length, parts, joined = max(judged.end - judged.start, 1e-3), [], False
    for window in judged.windows:
        p_fake = window.p_fakes.get(scores.detector)
        if p_fake is not None:
            x = WIDTH * ((window.at + window.end) / 2 - judged.start) / length
            parts.append(f"{'L' if joined else 'M'}{x:.1f} {HEIGHT * (1 - p_fake):.1f}{'' if joined else 'h1'}")
        joined = p_fake is not None
    said = BANDS[scores.band] if scores.band else f"Failed. {scores.error}"
    return {"name": f"line line-{number % COLOURS}", "path": "".join(parts), "scores": scores, "said": said}


def draw_wave(samples: Samples) -> str:
    """An SVG path around the lowest and highest sample of each column."""
    if not samples.size:
        return ""
    pieces = np.array_split(samples, min(COLUMNS, samples.size))
    step = WIDTH / len(pieces)
    middle = HEIGHT / 2
    tops = [f"{number * step:.1f} {middle * (1 - float(piece.max())) - 0.4:.1f}" for number, piece in enumerate(pieces)]
    lows = [f"{number * step:.1f} {middle * (1 - float(piece.min())) + 0.4:.1f}" for number, piece in enumerate(pieces)]
    return f"M{'L'.join(tops)}L{'L'.join(reversed(lows))}Z"


def measure_spectrogram(samples: Samples) -> Heatmap:
    """How loud each frequency is at COLUMNS times: (ROWS, COLUMNS) in [0, 1], low frequencies last."""
    padded = np.pad(samples, (FRAME // 2, FRAME))
    places = np.linspace(0, max(0, samples.size - 1), COLUMNS).astype(np.int64)
    frames = padded[places[:, None] + np.arange(FRAME)] * np.hanning(FRAME)
    power = np.abs(np.fft.rfft(frames, axis=1))[:, 1:] ** 2
    rows = power.reshape(COLUMNS, ROWS, -1).mean(axis=2).T[::-1]
    decibels = 10 * np.log10(rows + 1e-12)
    loudest = max(float(decibels.max()), -FLOOR_DECIBELS)
    return np.asarray(np.clip(1 + (decibels - loudest) / FLOOR_DECIBELS, 0, 1), dtype=np.float32)
