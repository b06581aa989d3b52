"""What happens to a training crop, for both classes alike: framing, sharpness, noise, colour, re-encoding.

Sharpness is made uninformative on purpose: forgeries in the training data are softer than the real faces, and a
network left alone learns that instead of the forgery. Ranges after Wang et al. 2020, https://arxiv.org/abs/1912.11035.
Every function takes and returns uint8 RGB (h, w, 3), and draws from the generator it is given: same seed, same picture.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator

from detectors.faces.face import Box, measure_side
from detectors.jury.recompression import recompress
from registry import Image

SHIFT, ZOOM = 0.06, (0.85, 1.25)  # of the box's longer side
TILT, TILTED = 12.0, 0.5  # degrees; share of the examples
RESIZERS = (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA, cv2.INTER_LANCZOS4)


def loosen(box: Box, random: Generator) -> Box:
    """A box moved and zoomed a little."""
    left, top, right, bottom = box
    longer = measure_side(box)
    x, y = (left + right) / 2, (top + bottom) / 2
    x, y = (centre + longer * random.uniform(-SHIFT, SHIFT) for centre in (x, y))
    half = longer * random.uniform(*ZOOM) / 2
    return round(x - half), round(y - half), round(x + half), round(y + half)


def draw_tilt(random: Generator) -> float:
    """Degrees by which a face is turned: half of the time up to 12 either way."""
    angle, tilted = random.uniform(-TILT, TILT), random.random() < TILTED
    return angle if tilted else 0.0


def augment(image: Image, random: Generator) -> Image:
    """A face as it might be delivered, every part of it about where it was: each step by chance."""
    for chance, step in STEPS:
        if random.random() < chance:
            image = step(image, random)
    return image


def rescale(image: Image, random: Generator) -> Image:
    """Down to 35 to 100 % and up again, each by a random method: what thumbnails and messengers do."""
    height, width = image.shape[:2]
    scale = random.uniform(0.35, 1.0)
    small = max(24, round(width * scale)), max(24, round(height * scale))
    return _resize(_resize(image, small, random), (width, height), random)


def _resize(image: Image, size: tuple[int, int], random: Generator) -> Image:
    method = RESIZERS[random.integers(len(RESIZERS))]
    return np.asarray(cv2.resize(image, size, interpolation=method), dtype=np.uint8)


def blur(image: Image, random: Generator) -> Image:
    """Gaussian, sigma 0.3 to 2 px."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), random.uniform(0.3, 2.0)), dtype=np.uint8)


def sharpen(image: Image, random: Generator) -> Image:
    """Unsharp masking, radius 0.5 to 2 px, strength 0.3 to 1.5."""
    soft = cv2.GaussianBlur(image, (0, 0), random.uniform(0.5, 2.0))
    strength = random.uniform(0.3, 1.5)
    return np.asarray(cv2.addWeighted(image, 1 + strength, soft, -strength, 0), dtype=np.uint8)


def smooth(image: Image, random: Generator) -> Image:
    """Skin made even, edges kept, as beauty filters do: bilateral, sigma 15 to 60 of 255, at half to full strength."""
    even = cv2.bilateralFilter(image, 9, random.uniform(15, 60), random.uniform(3, 8))
    share = random.uniform(0.5, 1.0)
    return np.asarray(cv2.addWeighted(even, share, image, 1 - share, 0), dtype=np.uint8)


def darken(image: Image, random: Generator) -> Image:
    """As by night: gamma 1.2 to 2.5, then noise of sigma 2 to 10 of 255."""
    dark = (image / np.float32(255)) ** np.float32(random.uniform(1.2, 2.5)) * 255
    noise = random.standard_normal(image.shape, dtype=np.float32) * np.float32(random.uniform(2, 10))
    return np.asarray(np.clip(dark + noise, 0, 255), dtype=np.uint8)


def add_noise(image: Image, random: Generator) -> Image:
    """Gaussian, sigma 1 to 8 of 255."""
    noise = random.standard_normal(image.shape, dtype=np.float32) * np.float32(random.uniform(1, 8))
    return np.asarray(np.clip(image + noise, 0, 255), dtype=np.uint8)


def recolour(image: Image, random: Generator) -> Image:
    """Contrast, brightness and each channel's level by up to a fifth; saturation from half to one and a half."""
    gain = random.uniform(0.8, 1.2) * random.uniform(0.93, 1.07, 3)
    shift = random.uniform(-25, 25)
    values = (image - 128.0) * gain + 128.0 + shift
    grey = values.mean(axis=2, keepdims=True)
    values = grey + (values - grey) * random.uniform(0.5, 1.5)
    return np.asarray(np.clip(values, 0, 255), dtype=np.uint8)


def encode_jpeg(image: Image, random: Generator) -> Image:
    """JPEG, quality 35 to 100, with or without colour subsampling."""
    return recompress(image, int(random.integers(35, 101)), subsampled=bool(random.integers(2)))


def degrade(image: Image, random: Generator) -> Image:
    """What a messenger makes of a face: smaller (half to full size), then JPEG of quality 30 to 90."""
    height, width = image.shape[:2]
    scale = random.uniform(0.5, 1.0)
    small = max(24, round(width * scale)), max(24, round(height * scale))
    reduced = np.asarray(cv2.resize(image, small, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return recompress(reduced, int(random.integers(30, 91)))


def pass_on(image: Image, random: Generator) -> Image:
    """Degraded once or twice, as what is shared and shared again. It stays small."""
    for _ in range(random.integers(1, 3)):
        image = degrade(image, random)
    return image


STEPS: tuple[tuple[float, Callable[[Image, Generator], Image]], ...] = (
    (0.3, recolour),
    (0.15, blur),
    (0.15, sharpen),
    (0.25, rescale),
    (0.12, smooth),
    (0.05, darken),
    (0.1, add_noise),
    (0.5, encode_jpeg),
    (0.3, pass_on),
)
