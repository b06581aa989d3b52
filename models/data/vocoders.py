"""Copy-synthesis: real speech taken apart and put together again, as synthesisers do from a text.

What a vocoder loses (phases, fine noise, the glottal pulse) is what a fake voice lacks, whatever wrote its words: the
sound's counterpart of self-blended faces. Each takes and returns float samples (n,) at 16 kHz. Papers: Griffin & Lim
1984; Morise et al. 2016, WORLD, https://doi.org/10.1587/transinf.2015EDP7457; Atal & Hanauer 1971, linear prediction.
"""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import fft, linalg, signal

from models.errors import DataError

RATE = 16_000
Samples = NDArray[np.float32]
Vocoder = Callable[[Samples, Generator], Samples]


def mel_griffin_lim(samples: Samples, rng: Generator) -> Samples:
    """Phases guessed anew from a mel spectrogram, as the first neural synthesisers did."""
    bands, rounds = int(rng.choice([64, 80, 100, 128])), int(rng.integers(8, 28))
    mel = _mel_bank(513, bands)
    magnitude = np.abs(_stft(samples, 1024, 256))
    kept = np.maximum((magnitude @ mel) @ np.linalg.pinv(mel), 1e-6).astype(np.float32)
    return _guess_phases(kept, len(samples), (1024, 256), rounds, rng)


def random_phase(samples: Samples, rng: Generator) -> Samples:
    """Every magnitude kept, the phases guessed in a few rounds."""
    return _guess_phases(np.abs(_stft(samples, 512, 128)), len(samples), (512, 128), int(rng.integers(3, 10)), rng)


def world(samples: Samples, rng: Generator) -> Samples:
    """WORLD: pitch, envelope and aperiodicity, and a voice made of those three; half of them coarser, the pitch moved.

    Raises DataError where pyworld is not installed.
    """
    try:
        import pyworld
    except ImportError as error:  # it asks for pkg_resources, which newer setuptools lack: no dependency of ours
        raise DataError("WORLD is not here: .venv/bin/pip install pyworld 'setuptools<81'") from error
    x = samples.astype(np.float64)
    pitch, times = pyworld.dio(x, RATE, frame_period=5.0)
    pitch = pyworld.stonemask(x, pitch, times, RATE)
    envelope, breath = pyworld.cheaptrick(x, pitch, times, RATE), pyworld.d4c(x, pitch, times, RATE)
    if rng.random() < 0.5:
        coded = pyworld.code_spectral_envelope(envelope, RATE, int(rng.integers(30, 60)))
        envelope = pyworld.decode_spectral_envelope(coded, RATE, 2 * (envelope.shape[1] - 1))
        pitch = pitch * rng.uniform(0.9, 1.1)
    return np.asarray(pyworld.synthesize(pitch, envelope, breath, RATE, 5.0)[: len(samples)], dtype=np.float32)


def linear_prediction(samples: Samples, rng: Generator) -> Samples:
    """Linear prediction: an all-pole throat, excited by pulses where there is a pitch and by noise elsewhere."""
    order, frame, hop = int(rng.integers(14, 22)), 400, 160
    padded = np.pad(samples.astype(np.float64), (frame, 2 * frame))
    made, phase = np.zeros(len(padded)), 0.0
    window = np.hanning(frame)
    for start in range(0, len(padded) - frame, hop):
        cut = padded[start : start + frame] * window
        powers = signal.correlate(cut, cut, method="fft")[frame - 1 :]
        if powers[0] < 1e-7:
            continue
        powers[0] *= 1 + 1e-5
        poles = linalg.solve_toeplitz(powers[:order], powers[1 : order + 1])
        gain = np.sqrt(max(powers[0] - poles @ powers[1 : order + 1], 1e-12))
        excitation, phase = _excite(powers / powers[0], frame, hop, phase, rng)
        made[start : start + frame] += window * signal.lfilter([gain], np.r_[1, -poles], excitation)
    return np.asarray(made[frame : frame + len(samples)], dtype=np.float32)


VOCODERS: dict[str, Vocoder] = {
    "mel-griffin-lim": mel_griffin_lim,
    "world": world,
    "random-phase": random_phase,
    "linear-prediction": linear_prediction,
}


def vocode(name: str, samples: Samples, rng: Generator) -> Samples:
    """The same speech through one vocoder, as loud as before. Raises KeyError for a vocoder that is not there."""
    made = VOCODERS[name](samples, rng)
    loudness = np.sqrt(np.mean(np.square(made, dtype=np.float64))) + 1e-9
    wanted = np.sqrt(np.mean(np.square(samples, dtype=np.float64)))
    return np.asarray(np.clip(made * np.float32(wanted / loudness), -1, 1), dtype=np.float32)


def _excite(
    correlation: NDArray[np.float64], frame: int, hop: int, phase: float, rng: Generator
) -> tuple[NDArray[np.float64], float]:
    """A frame of pulses, or of noise, of energy 1; and how far into a pitch period the next frame begins."""
    shortest, longest = RATE // 400, RATE // 70
    lag = shortest + int(np.argmax(correlation[shortest:longest]))
    if correlation[lag] < 0.35:
        return rng.standard_normal(frame) / np.sqrt(frame), 0.0
    pulses = np.zeros(frame)
    pulses[np.arange(int(phase) % lag, frame, lag)] = 1
    return pulses / np.sqrt(max(1, pulses.sum())), (phase - hop) % lag


def _guess_phases(
    magnitude: NDArray[np.float32], length: int, sizes: tuple[int, int], rounds: int, rng: Generator
) -> Samples:
    """Griffin-Lim with momentum (Perraudin et al. 2013)."""
    turns = np.exp(2j * np.pi * rng.random(magnitude.shape)).astype(np.complex64)
    before: NDArray[np.complex64] | np.complex64 = np.complex64(0)
    for _ in range(rounds):
        rebuilt = _stft(_istft(magnitude * turns, length, *sizes), *sizes)
        moved = rebuilt - np.complex64(0.5) * before
        turns, before = moved / (np.abs(moved) + np.float32(1e-9)), rebuilt
    return _istft(magnitude * turns, length, *sizes)


def _stft(samples: Samples, size: int, hop: int) -> NDArray[np.complex64]:
    """(frames, size // 2 + 1)."""
    padded = np.pad(samples, (size, size + hop))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    return np.asarray(fft.rfft(frames * _hann(size), axis=1), dtype=np.complex64)


def _istft(spectrum: NDArray[np.complex64], length: int, size: int, hop: int) -> Samples:
    frames = fft.irfft(spectrum, size, axis=1) * _hann(size)
    sound, weight = (
        np.zeros((len(frames) + size // hop) * hop, np.float32),
        np.zeros((len(frames) + size // hop) * hop, np.float32),
    )
    for part in range(size // hop):  # every hop-long part of all frames at once
        place = slice(part * hop, (part + len(frames)) * hop)
        sound[place] += frames[:, part * hop : (part + 1) * hop].reshape(-1)
        weight[place] += np.tile(_hann(size)[part * hop : (part + 1) * hop] ** 2, len(frames))
    return np.asarray((sound / np.maximum(weight, 1e-3))[size : size + length], dtype=np.float32)


def _hann(size: int) -> NDArray[np.float32]:
    return np.asarray(signal.get_window("hann", size), dtype=np.float32)


def _mel_bank(bins: int, bands: int) -> NDArray[np.float32]:
    """Triangles of equal width in mel (O'Shaughnessy 1987), (bins, bands)."""
    top = 2595 * np.log10(1 + RATE / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, bands + 2) / 2595) - 1) / (RATE / 2) * (bins - 1)
    place = np.arange(bins)[:, None]
    rise = (place - edges[:-2]) / np.maximum(edges[1:-1] - edges[:-2], 1)
    fall = (edges[2:] - place) / np.maximum(edges[2:] - edges[1:-1], 1)
    return np.asarray(np.clip(np.minimum(rise, fall), 0, None) + 1e-8, dtype=np.float32)
