"""Honest composites: what people lay over photos that forges nothing. A detector of blending must call them real.

Every function takes and returns uint8 RGB (h, w, 3), and draws from the generator it is given.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator

from registry import Image

Colour = tuple[int, int, int]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789"


def compose(image: Image, random: Generator) -> Image:
    """One of the composites below, at random."""
    return COMPOSITES[random.integers(len(COMPOSITES))](image.copy(), random)


def _colour(random: Generator) -> Colour:
    red, green, blue = (int(value) for value in random.integers(0, 256, 3))
    return red, green, blue


def write_text(image: Image, random: Generator) -> Image:
    """A line of text, like a caption or a watermark."""
    height, width = image.shape[:2]
    text = "".join(random.choice(list(LETTERS), size=int(random.integers(4, 14))))
    place = int(random.uniform(0, 0.5) * width), int(random.uniform(0.1, 0.98) * height)
    size = height / 200 * random.uniform(0.4, 1.2)
    cv2.putText(
        image, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, _colour(random), int(random.integers(1, 4)), cv2.LINE_AA
    )
    return image


def draw_frame(image: Image, random: Generator) -> Image:
    """A coloured border on some of the sides."""
    height, width = image.shape[:2]
    thick = max(1, int(random.uniform(0.02, 0.12) * min(height, width)))
    colour = _colour(random)
    for side in np.flatnonzero(random.random(4) < 0.7):
        np.rot90(image, int(side))[:thick] = colour
    return image


def apply_filter(image: Image, random: Generator) -> Image:
    """One tone over the whole picture, as photo apps do."""
    tint = np.array(_colour(random), dtype=np.float64)
    strength = random.uniform(0.05, 0.3)
    return np.asarray(np.clip(np.rint(image * (1 - strength) + tint * strength), 0, 255), dtype=np.uint8)


def add_sticker(image: Image, random: Generator) -> Image:
    """A plain shape that covers a small part, half or fully opaque."""
    height, width = image.shape[:2]
    layer = image.copy()
    centre = int(random.uniform(0, 1) * width), int(random.uniform(0, 1) * height)
    axes = tuple(max(2, int(random.uniform(0.04, 0.16) * min(height, width))) for _ in range(2))
    cv2.ellipse(layer, centre, axes, float(random.uniform(0, 180)), 0, 360, _colour(random), -1, cv2.LINE_AA)
    weight = random.uniform(0.6, 1.0)
    return np.asarray(cv2.addWeighted(layer, weight, image, 1 - weight, 0), dtype=np.uint8)


def paste_beside(image: Image, random: Generator) -> Image:
    """A collage: a strip of the picture's edge replaced by a mirrored, recoloured other part of it."""
    width = image.shape[1]
    strip = max(2, int(random.uniform(0.08, 0.2) * width))
    part = apply_filter(np.ascontiguousarray(image[:, ::-1][:, :strip]), random)
    if random.random() < 0.5:
        image[:, :strip] = part
    else:
        image[:, -strip:] = part
    return image


COMPOSITES: tuple[Callable[[Image, Generator], Image], ...] = (
    write_text,
    draw_frame,
    apply_filter,
    add_sticker,
    paste_beside,
)
