"""The detector that watches how a face moves: landmarks, the light on them, and a recurrent network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from detectors.networks.folder import CARD, WEIGHTS, read_config, read_network
from registry import hookimpl

if TYPE_CHECKING:
    from detectors.networks.onnx_runtime import Session
    from registry.contract import Clip, Examine, Scores, Times
    from registry.hookspecs import Register

FOLDER = WEIGHTS / "temporal"


@hookimpl
def register_detectors(register: Register) -> None:
    """One detector: models/weights/temporal."""
    config = read_config(FOLDER)
    register(
        key=config.key,
        title=config.title,
        load=load,
        expects="clip",
        fake_from=config.fake_from,
        real_until=config.real_until,
        seconds=config.seconds,
        source=f"models/weights/{FOLDER.name}",
        card=str(FOLDER / CARD),
        looks_for="unnatural motion",
    )


def load() -> Examine:
    """What examines a clip, with both of its networks. Raises ArtifactError."""
    from detectors.faces.landmarks import open_landmarks
    from detectors.networks.onnx_runtime import open_session

    open_landmarks()
    return TemporalDetector(open_session(read_network(FOLDER))).examine


@dataclass(frozen=True)
class TemporalDetector:
    """The network. session: float32 (n, t, 30) -> p_fake (n, 1), scores (n, t)."""

    session: Session

    def examine(self, clip: Clip, times: Times) -> tuple[float, Scores]:
        """P(fake) of a face in a clip, uint8 RGB (t, h, w, 3), and at each of its times, float64 (t,), in seconds."""
        from detectors.faces.flow import steady_clip
        from detectors.faces.landmarks import find_points
        from detectors.faces.motion import as_features, measure_light, measure_motion, resample

        points, apart = steady_clip(clip, find_points(clip), times)
        points, others, even = resample(points, np.hstack([measure_light(clip), apart]), times)
        motion = measure_motion(points, others[:, :2], even)
        p_fake, scores = self.session.run(as_features(motion, others[:, 2:])[None])
        return float(p_fake[0, 0]), np.interp(times, motion.times, scores[0]).astype(np.float32)
