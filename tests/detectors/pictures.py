"""Pictures for the tests, made or shipped with scikit-image: nothing is fetched."""

import io

import numpy as np
import PIL.Image
import skimage.data
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def portrait() -> Pixels:
    """Eileen Collins, NASA, public domain: one face; uint8 RGB (512, 512, 3)."""
    return np.asarray(skimage.data.astronaut(), dtype=np.uint8)


def montage() -> Pixels:
    """Five copies of the portrait and an empty place: uint8 RGB (1024, 1536, 3)."""
    face = portrait()
    return np.vstack([np.hstack([face, face, face]), np.hstack([face, face, np.zeros_like(face)])])


def quarters(height: int = 48, width: int = 64) -> Pixels:
    """Red, green, blue and grey quarters, so that every turn and flip shows."""
    picture = np.zeros((height, width, 3), dtype=np.uint8)
    top, left = height // 2, width // 2
    picture[:top, :left], picture[:top, left:] = (200, 20, 30), (20, 190, 40)
    picture[top:, :left], picture[top:, left:] = (30, 40, 210), (120, 120, 120)
    return picture


def encode(pixels: Pixels | PIL.Image.Image, form: str = "PNG", **options: object) -> bytes:
    """The bytes of a picture file."""
    picture = pixels if isinstance(pixels, PIL.Image.Image) else PIL.Image.fromarray(pixels)
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()
