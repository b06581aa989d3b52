"""68 landmarks of a face crop, by a small network of our own: what motion is measured by.

The points are those of iBUG's 300-W, x and y. The network was taught by MediaPipe's face mesh on the data sets of
models/weights/landmarks/README.md, which says how far off it is.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from detectors.networks.folder import WEIGHTS, read_network, resize_square

if TYPE_CHECKING:
    from detectors.networks.onnx_runtime import Session
    from registry import Image

FOLDER = WEIGHTS / "landmarks"
PIXELS = 96  # side of what the network sees
POINTS = 68
LEFT_EYE, RIGHT_EYE = slice(36, 42), slice(42, 48)  # as they lie in the picture
Points = NDArray[np.float32]

# fmt: off
MESH_POINTS = (  # iBUG's points among MediaPipe's 468, in their order
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389,  # jaw
    71, 63, 105, 66, 107, 336, 296, 334, 293, 301,  # brows
    168, 197, 5, 4, 75, 97, 2, 326, 305,  # nose
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,  # eyes
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87,  # lips
)
# fmt: on


def find_points(crops: Image) -> Points:
    """The points of faces. crops: uint8 RGB (n, h, w, 3), as faces.crop cuts them. Answers float32 (n, 68, 2).

    x and y are shares of the crop's width and height; those of a face that fills its crop may lie outside [0, 1].
    """
    fitted = np.stack([resize_square(crop, PIXELS) for crop in crops])
    (points,) = open_landmarks().run(fitted)
    return np.asarray(points, dtype=np.float32)


def measure_eye_distance(points: Points) -> NDArray[np.float32]:
    """Between the middles of the eyes, in the unit of the points. points: (..., 68, 2) -> (...)."""
    between = points[..., RIGHT_EYE, :].mean(axis=-2) - points[..., LEFT_EYE, :].mean(axis=-2)
    return np.asarray(np.linalg.norm(between, axis=-1), dtype=np.float32)


@cache
def open_landmarks() -> Session:
    """The network, loaded once: uint8 (n, 96, 96, 3) -> float32 (n, 68, 2). Raises ArtifactError."""
    from detectors.networks.onnx_runtime import open_session

    return open_session(read_network(FOLDER))
