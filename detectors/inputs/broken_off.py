"""A picture whose end was never filled in, as a broken download leaves it: zeros decode to garbage without an error."""

import struct
import zlib
from collections.abc import Iterator

from detectors.inputs.header_limits import list_png_chunks

RIFF_HEAD = 12  # bytes before the first chunk
WEBP_PIXELS = (b"VP8 ", b"VP8L")
MAX_ZEROS = 0.1  # of a WebP's pixels; a picture of one colour ends in 5 % of zeros
LEAST_BYTES = 256
AVIF_ZEROS = 64  # an encoder writes none at the end, whatever the picture


def is_broken_off(data: bytes, picture_format: str | None) -> bool:
    """Whether the pixels' data of a PNG, WebP or AVIF are not those that were written. False for other formats."""
    if picture_format == "PNG":
        return any(_is_damaged(data, start, end) for name, start, end in list_png_chunks(data) if name == b"IDAT")
    if picture_format == "WEBP":
        pixels = next((chunk for name, chunk in _riff_chunks(data) if name in WEBP_PIXELS), b"")
        return _count_zeros(pixels) > max(LEAST_BYTES, MAX_ZEROS * len(pixels))
    if picture_format == "AVIF":
        return any(_count_zeros(box) > AVIF_ZEROS for name, box in _boxes(data) if name == b"mdat")
    return False


def _is_damaged(data: bytes, start: int, end: int) -> bool:
    """Whether a chunk's name and content have another checksum than stands behind them."""
    return zlib.crc32(data[start - 4 : end]) != int.from_bytes(data[end : end + 4], "big")


def _count_zeros(data: bytes) -> int:
    """At the end."""
    return len(data) - len(data.rstrip(b"\0"))


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each. https://developers.google.com/speed/webp/docs/riff_container"""
    at = RIFF_HEAD
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        yield name, data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each on top. A length of 0: to the file's end; 1: 8 bytes more say it. ISO 14496-12, 4.2"""
    at = 0
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        head = 16 if length == 1 else 8
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16], "big")
        length = max(length, head) if length else len(data) - at
        yield name, data[at + head : at + length]
        at += length
