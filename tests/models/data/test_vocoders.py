import numpy as np
import pytest
from numpy.random import default_rng
from scipy import signal

from models.data.vocoders import RATE, VOCODERS, vocode

INSTALLED = [name for name in VOCODERS if name != "world"]  # pyworld is no dependency


def speak(seconds: float = 1.0) -> np.ndarray:
    """A vowel that slides: pulses through two resonances."""
    time = np.arange(int(seconds * RATE)) / RATE
    pulses = np.diff(np.floor(np.cumsum(110 + 30 * np.sin(3 * time)) / RATE), prepend=0)
    for pitch in (700, 1800):
        pulses = signal.lfilter([1], [1, -1.9 * np.cos(2 * np.pi * pitch / RATE), 0.9025], pulses)
    return (0.1 * pulses / np.abs(pulses).max()).astype(np.float32)


@pytest.mark.parametrize("name", INSTALLED)
def test_a_vocoder_keeps_the_words_and_loses_the_phases(name: str) -> None:
    heard = speak()
    made = vocode(name, heard, default_rng(0))
    assert made.dtype == np.float32 and made.shape == heard.shape
    assert np.std(made) == pytest.approx(np.std(heard), rel=0.05)
    assert abs(np.corrcoef(made, heard)[0, 1]) < 0.6
    shapes = [np.log(signal.stft(one, nperseg=256)[2].__abs__().mean(axis=1) + 1e-5) for one in (made, heard)]
    assert np.corrcoef(shapes)[0, 1] > 0.7
