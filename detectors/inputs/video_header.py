"""The header of an MP4 before a decoder sees it: how long it is, and how many boxes it has. FFmpeg looks at each."""

import struct
from pathlib import Path
from typing import IO

MAX_BOXES = 100_000  # an hour in pieces of a tenth of a second has 72,000; a phone's video some hundred
MAX_MOOV_BYTES = 32_000_000  # ten hours at 60 pictures a second, at 16 bytes each
MAX_DEPTH = 16  # the format's own is six
CONTAINERS = frozenset(b"moov trak mdia minf stbl udta edts dinf mvex moof traf".split())


def has_long_header(path: Path) -> bool:
    """Whether its header is longer than any camera or editor writes it. Raises OSError."""
    with path.open("rb") as file:
        file.seek(0, 2)
        try:
            _walk(file, 0, file.tell(), MAX_BOXES)
        except _TooLongError:
            return True
    return False


class _TooLongError(Exception):
    pass


def _walk(file: IO[bytes], at: int, end: int, left: int, depth: int = 0) -> int:
    """Look at each box between two places; returns how many more there may be. Ends where there is no box."""
    while at + 8 <= end:
        file.seek(at)
        size, kind = struct.unpack(">I4s", file.read(8))
        header = 8
        if size == 1:
            size, header = int.from_bytes(file.read(8), "big"), 16
        size = size or end - at  # 0: to the end
        left -= 1
        if left < 0 or depth > MAX_DEPTH or (kind == b"moov" and size > MAX_MOOV_BYTES):
            raise _TooLongError
        if size < header:
            break
        if kind in CONTAINERS:
            left = _walk(file, at + header, min(at + size, end), left, depth + 1)
        at += size
    return left
