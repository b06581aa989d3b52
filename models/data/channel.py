"""What happens to a voice on its way, the same for both classes: codecs, bands, noise, rooms, levels, silence.

Without it a network would learn how the real recordings were kept, and not what a vocoder does.
"""

import io
from typing import Any

import av
import numpy as np
from numpy.random import Generator
from scipy import signal

from models.data.vocoders import RATE, Samples

CODECS = {  # container, encoder, its rate, bits a second
    "mp3": ("mp3", "libmp3lame", 16_000, (24_000, 32_000, 48_000, 64_000)),
    "opus": ("ogg", "libopus", 16_000, (12_000, 16_000, 24_000, 32_000)),
    "aac": ("adts", "aac", 16_000, (24_000, 32_000, 48_000)),
    "mu-law": ("wav", "pcm_mulaw", 8_000, (64_000,)),
}
CODEC_SHARE = 0.5
SILENCE = 0.02  # of the loudest 20 ms
EDGE = 800  # samples kept before and after the voice: 50 ms


def trim_silence(samples: Samples) -> Samples:
    """Without the silence before and after: its length and its zeros say how a sound was made."""
    frames = np.abs(samples[: len(samples) // 320 * 320]).reshape(-1, 320).mean(axis=1)
    if not len(frames) or frames.max() == 0:
        return samples[:0]
    loud = np.flatnonzero(frames > SILENCE * frames.max())
    return samples[max(0, loud[0] * 320 - EDGE) : (loud[-1] + 1) * 320 + EDGE]


def choose_codec(rate: int, rng: Generator) -> str:
    """The codec that a window goes through, or none. rate: of the recording; telephone codecs alone below 16 kHz."""
    if rng.random() >= CODEC_SHARE:
        return ""
    return str(rng.choice(list(CODECS))) if rate >= RATE else "mu-law"


def pass_codec(samples: Samples, codec: str, *, band: float, rng: Generator) -> Samples:
    """Through a codec and back, and nothing above `band` (Hz), in which the recording was kept; some noise and gain.

    The noise is 50 to 80 dB below the voice: digital silence, or the floor of an 8-bit synthesiser, says too much.
    """
    level = float(np.sqrt(np.mean(np.square(samples)))) + 1e-9
    samples = samples * np.float32(min(10 ** rng.uniform(-1.8, -0.7) / level, 0.99 / (np.abs(samples).max() + 1e-9)))
    level = float(np.sqrt(np.mean(np.square(samples)))) + 1e-9
    samples = samples + rng.standard_normal(len(samples)).astype(np.float32) * level * 10 ** rng.uniform(-4, -2.5)
    if band < RATE / 2:
        samples = limit_band(samples, 0.93 * band)
    if not codec:
        return samples.astype(np.float32)
    container, encoder, rate, bits = CODECS[codec]
    return _round_trip(samples.astype(np.float32), (container, encoder), rate, int(rng.choice(bits)))[: len(samples)]


def _round_trip(samples: Samples, kind: tuple[str, str], rate: int, bits: int) -> Samples:
    file = io.BytesIO()
    with av.open(file, "w", format=kind[0]) as container:
        stream: Any = container.add_stream(kind[1], rate=rate, layout="mono")  # typed as of any kind
        stream.bit_rate = bits
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate = RATE
        coder = stream.codec_context
        fit = av.AudioResampler(format=coder.format, layout="mono", rate=rate, frame_size=coder.frame_size or None)
        for part in (*fit.resample(frame), *fit.resample(None)):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, "r") as sent:
        mono = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        parts = [part for frame in sent.decode(audio=0) for part in mono.resample(frame)]
        return np.concatenate([part.to_ndarray()[0] for part in (*parts, *mono.resample(None))])


def limit_band(samples: Samples, highest: float) -> Samples:
    """Nothing above that frequency, in Hz."""
    return np.asarray(signal.sosfilt(signal.butter(8, highest, fs=RATE, output="sos"), samples), dtype=np.float32)


def augment(samples: Samples, rng: Generator) -> Samples:
    """A window as it might have been recorded: a part of it, a room, noise, a narrower band, too loud."""
    if rng.random() < 0.5 and len(samples) > RATE:
        length = int(rng.integers(RATE, len(samples)))
        start = int(rng.integers(0, len(samples) - length + 1))
        samples = samples[start : start + length]
    if rng.random() < 0.3:
        samples = _add_room(samples, rng)
    if rng.random() < 0.5:
        samples = _add_noise(samples, rng)
    if rng.random() < 0.4:
        samples = limit_band(samples, rng.uniform(3_000, 7_600))
    if rng.random() < 0.2:
        most = np.abs(samples).max() * rng.uniform(0.3, 0.9)
        samples = np.clip(samples, -most, most)
    return samples.astype(np.float32)


def _add_room(samples: Samples, rng: Generator) -> Samples:
    """An exponentially dying echo of 0.1 to 0.6 s."""
    length = int(RATE * rng.uniform(0.1, 0.6))
    echo = rng.standard_normal(length) * np.exp(-6.9 * np.arange(length) / length)
    echo *= rng.uniform(0.1, 0.6) / np.sqrt(np.sum(echo**2))
    echo[0] = 1
    return np.asarray(signal.fftconvolve(samples, echo)[: len(samples)], dtype=np.float32)


def _add_noise(samples: Samples, rng: Generator) -> Samples:
    """White to brown noise, 8 to 40 dB below the voice."""
    length = len(samples)
    waves = np.fft.rfft(rng.standard_normal(length)) / np.maximum(np.arange(length // 2 + 1), 20) ** rng.uniform(0, 1)
    noise = np.fft.irfft(waves, length)
    ratio = np.sqrt(np.mean(np.square(samples))) / (np.sqrt(np.mean(noise**2)) + 1e-12)
    return np.asarray(samples + noise * ratio * 10 ** (-rng.uniform(8, 40) / 20), dtype=np.float32)


def fill(samples: Samples, length: int) -> Samples:
    """Repeated until it is that long: a short sound as the network takes it."""
    return np.resize(samples, length)
