"""The expert on synthetic voices, which learnt from real speech and the same speech vocoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from detectors.networks.folder import CARD, WEIGHTS, read_config, read_network
from registry import hookimpl

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from detectors.networks.onnx_runtime import Session
    from registry.contract import Examine
    from registry.hookspecs import Register

FOLDER = WEIGHTS / "voice"
RATE, SAMPLES = 16_000, 64_000  # the graph takes 4 s, as models/architectures/voice.py builds it


@hookimpl
def register_detectors(register: Register) -> None:
    """One detector: models/weights/voice."""
    config = read_config(FOLDER)
    register(
        key=config.key,
        title=config.title,
        load=load,
        expects=config.expects,
        fake_from=config.fake_from,
        real_until=config.real_until,
        seconds=config.seconds,
        source=f"models/weights/{FOLDER.name}",
        card=str(FOLDER / CARD),
        looks_for="traces of vocoders and synthesisers",
    )


def load() -> Examine:
    """What examines a sound, its network checked against config.json. Raises ArtifactError."""
    from detectors.networks.onnx_runtime import open_session

    return VoiceDetector(open_session(read_network(FOLDER))).examine


@dataclass(frozen=True)
class VoiceDetector:
    """A network in ONNX Runtime. Its graph: float32 samples (1, 64000) -> p_fake (1, 1)."""

    session: Session

    def examine(self, samples: NDArray[np.float32], rate: int = RATE) -> float:
        """P(fake) of one sound, float32 (n,) in [-1, 1]: repeated to 4 s, or its first 4 s.

        Raises ValueError for another rate, and for a sound without a sample.
        """
        if rate != RATE or samples.ndim != 1 or not samples.size:
            raise ValueError(f"samples (n,) at {RATE} Hz are needed, got {samples.shape} at {rate} Hz")
        filled = np.resize(samples, SAMPLES).astype(np.float32)
        return float(self.session.run(filled[None])[0][0, 0])
