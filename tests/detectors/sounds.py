"""Sounds for the tests, made here: a voice of buzz and formants, music, and files of any kind that hold them."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from registry.contract import Samples

RATE = 16_000


def voice(seconds: float, *, rate: int = RATE) -> Samples:
    """A buzz of 120 Hz whose loudness comes and goes four times a second: float32 (n,), at most 0.5."""
    at = np.arange(round(seconds * rate)) / rate
    buzz = sum(np.sin(2 * np.pi * 120 * part * at) / part for part in range(1, 20))
    loud = 0.6 + 0.4 * np.sin(2 * np.pi * 4 * at)
    return np.asarray(0.25 * buzz * loud / 1.3, dtype=np.float32)


def melody(seconds: float, *, rate: int = 48_000) -> Samples:
    """Music: three chords in turn, each struck anew, over a drum of noise twice a second; float32 (n,), at most 0.9."""
    at = np.arange(round(seconds * rate)) / rate
    beat, noise = at % 0.5, np.random.default_rng(0).normal(size=at.size)
    chords = np.array([(262, 330, 392), (220, 262, 330), (196, 247, 294)])[(at // 1).astype(int) % 3]
    strings = sum(np.sin(2 * np.pi * part * at[:, None] * chords).sum(axis=1) / part**2 for part in (1, 2, 3))
    return np.asarray(0.1 * strings * np.exp(-1.5 * (at % 1)) + 0.1 * noise * np.exp(-30 * beat), dtype=np.float32)


def to_wav(samples: NDArray[Any], *, rate: int = RATE, channels: int = 1) -> bytes:
    """A WAV file of float32 or int16 samples, each of them in every channel."""
    kind, bits = (3, 32) if samples.dtype == np.float32 else (1, 16)
    data, block = np.repeat(samples, channels).tobytes(), channels * bits // 8
    about = struct.pack("<4sIHHIIHH", b"fmt ", 16, kind, channels, rate, rate * block, block, bits)
    return (
        struct.pack("<4sI4s", b"RIFF", 36 + len(data), b"WAVE") + about + struct.pack("<4sI", b"data", len(data)) + data
    )


def write_coded(
    path: Path, samples: Samples, *, codec: str, rate: int = RATE, layout: str = "mono", options: Any = None
) -> Path:
    """A file of these samples, in every channel alike, coded as FFmpeg names it. options: the container's."""
    with av.open(path, "w", options=options) as container:
        add_sound(container, samples, codec=codec, rate=rate, layout=layout)()
    return path


def add_sound(
    container: Any, samples: Samples, *, codec: str, rate: int = RATE, layout: str = "mono"
) -> Callable[[], None]:
    """A stream for these samples in a file that is written; call what is returned once all streams are there."""
    stream, channels = container.add_stream(codec, rate=rate, layout=layout), av.AudioLayout(layout).nb_channels

    def encode() -> None:
        sound = av.AudioFrame.from_ndarray(np.repeat(samples, channels)[None], "flt", layout)
        sound.sample_rate, sound.pts = rate, 0
        waiting = av.AudioFifo()
        for frame in av.AudioResampler(stream.format, layout, rate).resample(sound):
            waiting.write(frame)
        while frame := waiting.read(stream.codec_context.frame_size or 1024, partial=True):
            container.mux(stream.encode(frame))
        container.mux(stream.encode())

    return encode
