"""A WebP whose end was never filled in, as a broken download leaves it: zeros decode to garbage without an error."""

import struct

PIXELS = (b"VP8 ", b"VP8L")
MAX_ZEROS = 0.1  # of the pixels' data; a picture of one colour ends in 5 % of zeros
LEAST_BYTES = 256


def is_cut(data: bytes) -> bool:
    """Whether the pixels' data of a WebP end in more zeros than an encoder writes."""
    at = 12
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        chunk = data[at + 8 : at + 8 + length]
        if name in PIXELS:
            return len(chunk) - len(chunk.rstrip(b"\0")) > max(LEAST_BYTES, MAX_ZEROS * len(chunk))
        at += 8 + length + length % 2
    return False
