"""How a JPEG was last written: its quantisation tables, and the quality they stand for.

The scale is that of the Independent JPEG Group's library; the tables are those of ITU-T T.81, annex K.
"""

from functools import cache

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from detectors.provenance.record import JpegCoding

Table = NDArray[np.int64]

# fmt: off
LUMINANCE = (
    16, 11, 10, 16, 24, 40, 51, 61,      12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56,      14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77,    24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101,  72, 92, 95, 98, 112, 100, 103, 99,
)
CHROMINANCE = (
    17, 18, 24, 47, 99, 99, 99, 99,  18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99,  47, 66, 99, 99, 99, 99, 99, 99,
) + (99,) * 32
# fmt: on
QUALITIES = range(1, 101)


def read_jpeg(picture: PIL.Image.Image) -> JpegCoding | None:
    """How this picture was written; None for anything but a JPEG with whole tables."""
    found = getattr(picture, "quantization", None) or {}
    tables = tuple(tuple(int(value) for value in found[key]) for key in sorted(found))
    if not tables or any(len(table) != 64 for table in tables):
        return None
    quality, distance = _nearest_quality(tables)
    return JpegCoding(quality, distance == 0, bool(picture.info.get("progressive")), tables)


def _nearest_quality(tables: tuple[tuple[int, ...], ...]) -> tuple[int, float]:
    """The quality whose tables are nearest, and the mean distance to them; the higher of two equals."""
    distances = [
        np.abs(np.subtract(tables[:2], _standard_tables(quality)[: len(tables)])).mean() for quality in QUALITIES
    ]
    best = len(distances) - 1 - int(np.argmin(distances[::-1]))
    return QUALITIES[best], float(distances[best])


@cache
def _standard_tables(quality: int) -> Table:
    """Both tables of a quality, shape (2, 64), as jpeg_set_quality makes them for baseline JPEG."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    scaled = (np.array([LUMINANCE, CHROMINANCE]) * percent + 50) // 100
    return np.asarray(np.clip(scaled, 1, 255))
