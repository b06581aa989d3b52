"""The pictures that every stack is timed on."""

import io
from functools import cache

import cv2
import numpy as np
import PIL.Image

from detectors.conformance import samples
from registry import Image

WIDTH, HEIGHT, QUALITY = 4000, 3000, 80  # a 12-megapixel photo
GRAIN = 6.0  # standard deviation of its noise, in levels: about 2 MB, as from a camera


@cache
def photo() -> bytes:
    """The portrait as a photo of 12 megapixels: a JPEG with a camera's grain."""
    large = cv2.resize(samples.photo(), (WIDTH, WIDTH), interpolation=cv2.INTER_CUBIC)[:HEIGHT]
    grain = np.random.default_rng(0).normal(0, GRAIN, (*large.shape[:2], 1))
    return _as_jpeg(np.clip(large + grain, 0, 255).astype(np.uint8))


def crowd(columns: int = 8, rows: int = 5) -> bytes:
    """A JPEG of forty faces."""
    return _as_jpeg(np.tile(samples.photo()[:256, 100:356], (rows, columns, 1)))


def portrait() -> bytes:
    """A JPEG of 512 x 512 pixels with one face."""
    return _as_jpeg(samples.photo())


def _as_jpeg(pixels: Image) -> bytes:
    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()
