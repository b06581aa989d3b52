"""Pictures small enough to stand inside the page's HTML, as data URIs."""

import base64
import io

import cv2
import numpy as np
import PIL.Image

from detectors.forgery.pointing import Region
from registry import Heatmap, Image

SCENE_PIXELS = 640  # longer side of the picture that carries the boxes
ZOOM_PIXELS = 1280  # the same of a picture that one may look at closely
CROP_PIXELS = 256  # side of a face
THUMB_PIXELS = 96  # longer side of a picture in a batch's table
HEAT_STRENGTH = 0.6  # of the whole map over a forged face, whose outline lies over it
HEAT_PIXELS = 96  # side of a heat map: the networks' own maps are 4 to 28 a side
STANDS_OUT = 0.15  # how far the hottest spots must lie above the median for a part to stand out
HEAT_OPACITY = 0.85  # of the hottest spot; the face must stay visible under it
ROUND_PIXELS = 512  # longer side of every picture of the game, whatever it was


def draw_scene(image: Image, *, longest: int = SCENE_PIXELS) -> str:
    """The whole picture as a data URI. image: uint8 RGB (h, w, 3); longest: pixels of its longer side."""
    return _as_uri(shrink(image, longest))


def draw_crop(image: Image) -> str:
    """A face as a data URI. image: uint8 RGB (h, w, 3)."""
    return _as_uri(shrink(image, CROP_PIXELS))


def draw_thumb(image: Image) -> str:
    """A picture small enough for a line of a table. image: uint8 RGB (h, w, 3)."""
    return _as_uri(shrink(image, THUMB_PIXELS))


def draw_heatmap(heatmap: Heatmap) -> str:
    """A heat map as a data URI to lay over the face: cold is clear, hot is bright. heatmap: (h, w) in [0, 1]."""
    fine = np.clip(cv2.resize(heatmap, (HEAT_PIXELS, HEAT_PIXELS), interpolation=cv2.INTER_CUBIC), 0, 1)
    bytes_ = np.rint(fine * 255).astype(np.uint8)
    colour = cv2.cvtColor(cv2.applyColorMap(bytes_, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    opacity = np.rint(fine**2 * 255 * HEAT_OPACITY).astype(np.uint8)  # squared: the undecided middle stays quiet
    return _as_uri(np.dstack([colour, opacity]))


def find_hottest(heatmap: Heatmap) -> Region | None:
    """The hottest tenth of a heat map; None where no part stands out. heatmap: (h, w) in [0, 1]."""
    fine = cv2.resize(heatmap, (HEAT_PIXELS, HEAT_PIXELS), interpolation=cv2.INTER_CUBIC)
    if np.quantile(fine, 0.98) - np.median(fine) < STANDS_OUT:
        return None
    return np.asarray(fine >= np.quantile(fine, 0.9), dtype=np.bool_)


def draw_alike(image: Image) -> str:
    """A picture that tells nothing by its size: each is brought to the same longer side. image: uint8 RGB (h, w, 3)."""
    height, width = image.shape[:2]
    scale = ROUND_PIXELS / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return _as_uri(np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8))


def draw_mask(mask: Heatmap) -> str:
    """How much of each pixel was replaced, white for all of it. mask: (h, w) in [0, 1]."""
    grey = np.rint(mask * 255).astype(np.uint8)
    return _as_uri(shrink(np.repeat(grey[..., None], 3, axis=2), CROP_PIXELS))


def draw_outline(region: Region) -> str:
    """A line around a region, to lay over a face: white on black, so that it shows on all. region: bool (h, w)."""
    small = cv2.resize(region.astype(np.uint8), (CROP_PIXELS, CROP_PIXELS), interpolation=cv2.INTER_NEAREST)
    outlines, _ = cv2.findContours(small, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    layer = np.zeros((CROP_PIXELS, CROP_PIXELS, 4), dtype=np.uint8)
    for colour, width in ((0, 5), (255, 2)):
        cv2.drawContours(layer, outlines, -1, (colour, colour, colour, 255), width)
    return _as_uri(layer)


def draw_still(data: bytes) -> str:
    """A picture that is WebP already, as a data URI."""
    return "data:image/webp;base64," + base64.b64encode(data).decode("ascii")


def shrink(image: Image, longest: int) -> Image:
    """A picture whose longer side has at most so many pixels. image: uint8 RGB (h, w, 3)."""
    height, width = image.shape[:2]
    scale = min(1.0, longest / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _as_uri(pixels: Image) -> str:
    """WebP in base64; RGB, or RGBA for what lies over something."""
    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels).save(buffer, "WEBP", quality=80, method=2)
    return draw_still(buffer.getvalue())
