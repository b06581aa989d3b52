"""Pictures small enough to stand inside the page's HTML, as data URIs."""

import base64
import io
from typing import NamedTuple

import cv2
import numpy as np
import PIL.Image

from detectors.faces.crop import CROP_SIDE
from detectors.faces.face import Box, measure_side
from detectors.forgery.pointing import Region
from registry import Heatmap, Image

SCENE_PIXELS = 640  # longer side of the picture that carries the boxes
ZOOM_PIXELS = 1280  # the same of a picture that one may look at closely
CROP_PIXELS = 256  # side of a face
THUMB_PIXELS = 96  # longer side of a picture in a batch's table
HEAT_STRENGTH = 0.6  # of the whole map over a forged face, whose outline lies over it
HEAT_PIXELS = 96  # side of a heat map: the networks' own maps are 4 to 28 a side
OUTLINE_UNITS = 256  # side of the square that an outline is drawn in
OUTLINE_ROUGHNESS = 0.7  # of these units: how far an outline may run beside the region's edge
HOTTEST = 0.1  # share of a heat map that is outlined
EQUALLY_HOT = 0.02  # below the hottest tenth: what differs by less than anybody sees belongs to it
MOSTLY_HOT = 0.4  # share of a heat map from which the hottest places are no particular area
STANDS_OUT = 0.15  # how far the hottest spots must lie above the median for a part to stand out
HEAT_OPACITY = 0.85  # of the hottest spot; the face must stay visible under it
QUALITY = 82  # of the pictures that are kept as WebP
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
    """A heat map as a data URI to lay over the face. heatmap: (h, w) in [0, 1]."""
    return _as_uri(paint_heatmap(heatmap))


def paint_heatmap(heatmap: Heatmap) -> Image:
    """A heat map as uint8 RGBA to lay over the face: cold is clear, hot is bright. heatmap: (h, w) in [0, 1]."""
    fine = _refine(heatmap, HEAT_PIXELS)
    bytes_ = np.rint(fine * 255).astype(np.uint8)
    colour = cv2.cvtColor(cv2.applyColorMap(bytes_, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    opacity = np.rint(fine**2 * 255 * HEAT_OPACITY).astype(np.uint8)  # squared: the undecided middle stays quiet
    return np.dstack([colour, opacity])


def find_hottest(heatmap: Heatmap) -> Region | None:
    """The hottest tenth of a heat map, with all that is as hot; None where no part stands out. heatmap: in [0, 1]."""
    fine = _refine(heatmap, OUTLINE_UNITS)
    if np.quantile(fine, 0.98) - np.median(fine) < STANDS_OUT:
        return None
    hot = np.asarray(fine >= np.quantile(fine, 1 - HOTTEST) - EQUALLY_HOT, dtype=np.bool_)
    return None if hot.mean() > MOSTLY_HOT else hot


def _refine(heatmap: Heatmap, side: int) -> Heatmap:
    """A heat map of that many pixels a side. What the interpolation adds above 1 and below 0 is cut off."""
    fine = cv2.resize(heatmap, (side, side), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(fine, 0, 1), dtype=np.float32)


def draw_alike(image: Image) -> str:
    """A picture that tells nothing by its size: each is brought to the same longer side. image: uint8 RGB (h, w, 3)."""
    height, width = image.shape[:2]
    scale = ROUND_PIXELS / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return _as_uri(np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8))


def draw_spectrogram(levels: Heatmap) -> str:
    """How loud each frequency is over time, as a data URI. levels: (h, w) in [0, 1], low frequencies last."""
    colour = cv2.applyColorMap(np.rint(levels * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    return _as_uri(np.asarray(cv2.cvtColor(colour, cv2.COLOR_BGR2RGB), dtype=np.uint8))


def draw_mask(mask: Heatmap) -> str:
    """How much of each pixel was replaced, white for all of it. mask: (h, w) in [0, 1]."""
    grey = np.rint(mask * 255).astype(np.uint8)
    return _as_uri(shrink(np.repeat(grey[..., None], 3, axis=2), CROP_PIXELS))


def trace_outline(region: Region) -> str:
    """The border of a region as the path of an SVG whose sides are 256. region: bool (h, w)."""
    even = cv2.resize(region.astype(np.uint8), (OUTLINE_UNITS, OUTLINE_UNITS), interpolation=cv2.INTER_NEAREST)
    borders, _ = cv2.findContours(even, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    smooth = [cv2.approxPolyDP(border, OUTLINE_ROUGHNESS, closed=True)[:, 0] for border in borders]
    return "".join("M" + "L".join(f"{x} {y}" for x, y in border) + "Z" for border in smooth)


class CropPlace(NamedTuple):
    """Where something lies on a picture, in percent of its sides, and by how many degrees it is turned clockwise."""

    left: float
    top: float
    width: float
    height: float
    roll: float = 0.0


EVERYWHERE = CropPlace(0, 0, 100, 100)


def place_crop(box: Box, roll: float, *, width: int, height: int) -> CropPlace:
    """Where the square of `crop_face` lies on the picture that it was cut from. width, height: of that picture."""
    left, top, right, bottom = box
    side = CROP_SIDE * measure_side(box)
    across, down = 100 * (left + right - side) / 2 / width, 100 * (top + bottom - side) / 2 / height
    sides = 100 * side / width, 100 * side / height
    return CropPlace(*(round(each, 3) for each in (across, down, *sides, roll)))


def draw_still(data: bytes) -> str:
    """A picture that is WebP already, as a data URI."""
    return "data:image/webp;base64," + base64.b64encode(data).decode("ascii")


def pack(pixels: Image) -> bytes:
    """A picture in few bytes."""
    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels).save(buffer, "WEBP", quality=QUALITY, method=1)
    return buffer.getvalue()


def unpack(data: bytes) -> Image:
    """uint8 RGB (h, w, 3); RGBA for what was clear."""
    with PIL.Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGBA" if "A" in picture.mode else "RGB"), dtype=np.uint8)


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
