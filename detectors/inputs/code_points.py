"""Colours that a file states by code points (ITU-T H.273) instead of a profile: PNG's cICP, AVIF's nclx.

Pillow reads neither. A picture of high dynamic range would be judged as washed out as it comes.
"""

import struct
from dataclasses import dataclass

from detectors.inputs.header_limits import PNG, list_png_chunks

NCLX = b"colrnclx"
HEAD_BYTES = 65_536  # an AVIF states its colours in front of its pixels
SRGB_PRIMARIES = {1, 2, 5, 6, 7}  # BT.709; unknown; those of PAL and NTSC, which differ by little
SRGB_SHADES = {1, 2, 4, 6, 7, 13, 14, 15}  # transfer characteristics near sRGB's; 2: unknown

HDR = (
    "The picture stores its brightness for a high dynamic range (PQ, HLG or linear), which is not read here: save it "
    "as an ordinary JPEG and try again."
)
WIDE = "Its colours are stated in a wider range than sRGB's and were not converted, so they may be shifted."


@dataclass(frozen=True)
class CodePoints:
    """What a file states of its colours; 2 means unknown."""

    primaries: int = 2
    transfer: int = 2

    @property
    def is_hdr(self) -> bool:
        """Whether its numbers are not shades as a screen shows them."""
        return self.transfer not in SRGB_SHADES

    @property
    def is_wide(self) -> bool:
        """Whether its colours are not those of sRGB."""
        return self.primaries not in SRGB_PRIMARIES


def read_code_points(data: bytes) -> CodePoints:
    """What a picture's file states, or that it is unknown."""
    if data.startswith(PNG):
        return _read_png(data)
    at = data.find(NCLX, 0, HEAD_BYTES) if data[4:8] == b"ftyp" else -1
    return CodePoints(*struct.unpack_from(">HH", data, at + len(NCLX))) if 0 <= at <= len(data) - 12 else CodePoints()


def _read_png(data: bytes) -> CodePoints:
    for name, start, _ in list_png_chunks(data):
        if name == b"cICP":
            return CodePoints(data[start], data[start + 1])
        if name == b"IDAT":  # it must stand before the pixels
            break
    return CodePoints()
