"""Cut a face out of its picture: the one framing of training, evaluation and serving."""

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.faces.face import Box, measure_side
from registry import Image

CROP_SIDE = 0.87  # of the longer box side: matches the tight framing of the DFDC face crops, by eye-to-mouth distance


def crop_face(image: Image, box: Box, roll: float = 0.0) -> Image:
    """The square around a face, upright: uint8 RGB (side, side, 3), side = 0.87 x the longer box side.

    roll: degrees by which the face is turned clockwise. Nothing is resampled where it is a multiple of 90. Where the
    square leaves the picture, the edge is reflected.
    """
    left, top, right, bottom = box
    side = max(2, round(CROP_SIDE * measure_side(box)))
    if roll % 90:
        return turn(image, ((left + right) / 2, (top + bottom) / 2), roll, side, scale=1.0)
    x, y = round((left + right - side) / 2), round((top + bottom - side) / 2)
    rows, columns = _reflect(y, side, image.shape[0]), _reflect(x, side, image.shape[1])
    square = image.take(rows, axis=0).take(columns, axis=1)
    return np.ascontiguousarray(np.rot90(square, round(roll / 90) % 4)) if roll else square


def turn(
    image: Image,
    centre: tuple[float, float],
    roll: float,
    side: int,
    *,
    scale: float,
    border: int = cv2.BORDER_REFLECT_101,
) -> Image:
    """A square of `side` pixels around a place of the picture, turned back by `roll` degrees and scaled.

    border: what lies outside the picture, as OpenCV names it.
    """
    matrix = find_turn(centre, roll, side, scale=scale)
    turned = cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(turned, dtype=np.uint8)


def find_turn(centre: tuple[float, float], roll: float, side: int, *, scale: float) -> NDArray[np.float64]:
    """The affine matrix (2, 3) from the picture to the square of `turn`."""
    matrix = cv2.getRotationMatrix2D(centre, roll, scale)
    matrix[0, 2] += side / 2 - centre[0]
    matrix[1, 2] += side / 2 - centre[1]
    return np.asarray(matrix, dtype=np.float64)


def _reflect(first: int, count: int, length: int) -> NDArray[np.intp]:
    """`count` places of a line from `first` on, turning at the ends of a picture's side of `length` pixels."""
    period = max(1, 2 * (length - 1))
    places = np.abs((np.arange(first, first + count) + length - 1) % period - (length - 1))
    return places.astype(np.intp)
