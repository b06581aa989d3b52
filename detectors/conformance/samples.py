"""The pictures a detector is checked with: a real photo, its forgeries, and pictures that break careless code.

All uint8 RGB (h, w, 3). The photo is the public-domain portrait of an astronaut that scikit-image carries (NASA).
"""

import io
from functools import cache

import numpy as np
import PIL.Image

from detectors.faces.crop import crop_face
from detectors.faces.face import Box
from detectors.faces.find import find_faces
from detectors.forgery.blend import forge
from detectors.video.clips import CLIP_PIXELS, CLIP_STEP_SECONDS, MIN_CLIP_FRAMES
from registry import Image
from registry.contract import Clip, Times

FORGERIES = 4
SIDE = 224


@cache
def photo() -> Image:
    """The whole photo, 512 x 512."""
    import skimage

    return np.asarray(skimage.data.astronaut(), dtype=np.uint8)


@cache
def portrait() -> Image:
    """The face in the photo, as a detector of faces gets it."""
    return crop_face(photo(), _face())


@cache
def _face() -> Box:
    return find_faces(photo())[0].box


@cache
def forgeries(expects: str) -> tuple[Image, ...]:
    """The photo, or its face, forged in several ways; framed as the real one is."""
    forged = [forge(photo(), seed=seed).image for seed in range(FORGERIES)]
    return tuple(image if expects == "image" else crop_face(image, _face()) for image in forged)


def real(expects: str) -> Image:
    """The photo, or its face; a clip is made of the face, by `as_clip`."""
    return photo() if expects == "image" else portrait()


def as_clip(image: Image) -> tuple[Clip, Times]:
    """A still picture as a clip of a face that moves a little: made smaller where clips are, and its frames' times."""
    largest = max(image.shape[:2])
    if largest > CLIP_PIXELS:
        height, width = (max(2, side * CLIP_PIXELS // largest) for side in image.shape[:2])
        image = np.asarray(PIL.Image.fromarray(image).resize((width, height)), dtype=np.uint8)
    steps = np.round(2 * np.sin(np.arange(MIN_CLIP_FRAMES) / 2)).astype(int)
    times = np.arange(MIN_CLIP_FRAMES, dtype=np.float64) * CLIP_STEP_SECONDS
    return np.stack([np.roll(image, step, axis=1) for step in steps]), np.asarray(times, dtype=np.float64)


@cache
def noise(height: int = SIDE, width: int = SIDE) -> Image:
    """Every pixel at random, the same each time."""
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def flat(level: int) -> Image:
    """One grey everywhere, 0 to 255."""
    return np.full((SIDE, SIDE, 3), level, dtype=np.uint8)


def stretched(height: int, width: int) -> Image:
    """The face, not in its own proportions."""
    return np.asarray(PIL.Image.fromarray(portrait()).resize((width, height)), dtype=np.uint8)


def as_png(image: Image, *, mode: str = "RGB", orientation: int = 1) -> bytes:
    """The bytes of a PNG file: as "L" grey, "RGBA" half transparent; turned as EXIF orientation says."""
    picture = PIL.Image.fromarray(image).convert(mode)
    if mode == "RGBA":
        picture.putalpha(128)
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation  # the EXIF tag Orientation
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", exif=exif)
    return buffer.getvalue()
