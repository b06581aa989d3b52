"""A JPEG that lost its end, or a piece in between: how much of the picture is still there.

libjpeg decodes such files with warnings, which Pillow does not pass on and simplejpeg does. What they mean is found by
decoding the file again with other bytes in certain places: whether these show tells how far its data reach.
"""

import io
from collections import defaultdict

import numpy as np
import PIL.Image
import simplejpeg  # type: ignore[import-untyped]
from numpy.typing import NDArray

from detectors.inputs.header_limits import SCAN, find_end, list_segments

END = b"\xff\xd9"
FILLER = b"\xa5\x5a\x33\xcc" * 64  # in place of what is lost: where it shows, the picture is not the file's
MAX_MISSING = 0.1  # of the picture's height, at its lower end
ROWS = 64
SHRINK = 8  # times smaller, a JPEG is decoded in a fraction of the time
LAST_BYTES = 48  # of the pixels' data: as much as a few blocks take
TOP_DOWN = {0xC0, 0xC1}  # the markers of pictures that are; others are coded coarse first, or arithmetically
COEFFICIENTS = 64  # of a block


def mend_jpeg(data: bytes) -> tuple[bytes, str] | None:
    """The file with an end, and a note; None where more than the lowest tenth of the picture is missing.

    Of a progressive one, whose last parts make all of it sharp, every part must be there.
    """
    if not _is_fine(data):
        return None
    ended = data.rstrip(b"\xff") + END
    height, seen = _compare_rows(ended, data.rstrip(b"\xff") + FILLER + END)
    missing = 1 - seen / height
    if missing > MAX_MISSING:
        return None
    if seen == height:
        return ended, "The file lacks its last bytes; the picture is whole."
    return ended, f"The file is cut off: the lowest {max(1, round(100 * missing))} % of the picture is missing."


def _compare_rows(one: bytes, other: bytes) -> tuple[int, int]:
    """The height of a picture, and how many of its first rows are the same in both files."""
    first, second = (PIL.Image.open(io.BytesIO(data), formats=["JPEG"]) for data in (one, other))
    for top in range(0, first.height, ROWS):
        rows = (0, top, first.width, min(top + ROWS, first.height))
        differs = np.asarray(first.crop(rows)) != np.asarray(second.crop(rows))
        lines = np.flatnonzero(differs.reshape(len(differs), -1).any(axis=1))
        if lines.size:
            return first.height, top + int(lines[0])
    return first.height, first.height


def is_torn(data: bytes) -> bool:
    """Whether a JPEG's data hold more or fewer blocks than its picture has, for pieces are missing or wrong.

    Only what is coded from top to bottom by Huffman's codes is looked at, which is nearly every photo.
    """
    if not any(code in TOP_DOWN for code, _, _ in list_segments(data)) or not _has_warnings(data):
        return False
    end = find_end(data)
    if end is None:
        return False
    body = data[:end]
    last = len(body.rstrip(b"\0\xff")) - LAST_BYTES  # some cameras fill up to a whole number of sectors
    shown, longer, other = (_decode_small(part + END) for part in (body, body + FILLER, body[:last] + FILLER))
    return not np.array_equal(shown, longer) or np.array_equal(shown, other)


def _has_warnings(data: bytes) -> bool:
    """Whether libjpeg has anything to say of a file: of by far the most it has not, and they need no further look."""
    try:
        simplejpeg.decode_jpeg(data, "GRAY", min_height=1, min_width=1, min_factor=SHRINK, strict=True)
    except ValueError:
        return True
    return False


def _decode_small(data: bytes) -> NDArray[np.uint8]:
    """A small copy of the picture; empty where the bytes make no sense."""
    picture = PIL.Image.open(io.BytesIO(data), formats=["JPEG"])
    picture.draft(None, (picture.width // SHRINK, picture.height // SHRINK))
    try:
        return np.asarray(picture)
    except OSError:
        return np.empty(0, dtype=np.uint8)


def _is_fine(data: bytes) -> bool:
    """Whether every coefficient of a picture was sent to its last bit; always so where it is not progressive."""
    left: dict[int, dict[int, int]] = defaultdict(dict)  # by component and coefficient: bits still to come
    for code, start, end in list_segments(data):
        if code == SCAN:
            count = data[start + 2]
            first, last, bits = data[end - 3 : end]
            for component in data[start + 3 : start + 3 + 2 * count : 2]:
                left[component] |= dict.fromkeys(range(first, last + 1), bits & 15)
    return all(len(bits) == COEFFICIENTS and not any(bits.values()) for bits in left.values())
