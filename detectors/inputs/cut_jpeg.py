"""A JPEG that lost its end: how much of the picture is still there."""

import io

import numpy as np
import PIL.Image

END = b"\xff\xd9"
FILLER = b"\xa5\x5a\x33\xcc" * 64  # in place of what is lost: where it shows, the picture is not the file's
MAX_MISSING = 0.1  # of the picture's height, at its lower end
ROWS = 64


def mend_jpeg(data: bytes) -> tuple[bytes, str] | None:
    """The file with an end, and a note; None where more than the lowest tenth of the picture is missing."""
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
