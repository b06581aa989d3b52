"""What a classifier makes of length, level, silence and bandwidth: near AUC 0.5 where they give no class away."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from models.architectures.voice import RATE
from models.data.speech import SpeechWindows
from models.data.vocoders import Samples


def _find_bandwidth(samples: Samples) -> float:
    """The frequency below which 99.9 % of the energy is, in Hz."""
    energy = np.cumsum(np.abs(np.fft.rfft(samples)) ** 2)
    return float(np.searchsorted(energy, 0.999 * energy[-1]) / len(energy) * RATE / 2)


TRAITS: dict[str, Callable[[Samples], float]] = {
    "length": len,
    "level": lambda x: float(np.sqrt(np.mean(np.square(x)))),
    "peak": lambda x: float(np.abs(x).max()),
    "leading silence": lambda x: float(np.argmax(np.abs(x) > 0.05 * np.abs(x).max())),
    "trailing silence": lambda x: float(np.argmax(np.abs(x[::-1]) > 0.05 * np.abs(x).max())),
    "zeros": lambda x: float(np.mean(x == 0)),
    "bandwidth": _find_bandwidth,
}


def tell_apart(windows: SpeechWindows) -> dict[str, float]:
    """AUC on the test split of boosted trees fitted on the train split: of each trait alone, and of all of them."""
    values = {split: _read_traits(windows.choose(split=split)) for split in ("train", "test")}
    labels = {split: windows.choose(split=split).column("label") for split in ("train", "test")}

    def score(columns: list[int]) -> float:
        trees = HistGradientBoostingClassifier(max_iter=60, random_state=0)
        trees.fit(values["train"][:, columns], labels["train"])
        return round(float(roc_auc_score(labels["test"], trees.predict_proba(values["test"][:, columns])[:, 1])), 3)

    alone = {name: score([place]) for place, name in enumerate(TRAITS)}
    return alone | {"all of them": score(list(range(len(TRAITS))))}


def _read_traits(windows: SpeechWindows) -> NDArray[np.float64]:
    """(n, traits)."""
    return np.array([[trait(windows.read(place)) for trait in TRAITS.values()] for place in range(len(windows.index))])
