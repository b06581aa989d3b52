"""Limits on what a file's headers may state, checked before a decoder acts on them.

Pillow copies what every tag of a TIFF points to, and libjpeg goes over the whole picture for every scan of a JPEG. A
small file may so cost gigabytes or minutes, long before the number of its pixels is known.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

MAX_SCANS = 30  # encoders write about ten; each costs a walk over all blocks, up to 0.15 s at 50 megapixels
MAX_EXIF_BYTES = 65_536  # one segment of a JPEG, all that cameras write; Pillow's cost grows with its square
MAX_PARTS = 400_000  # strips or tiles; 50 million pixels in the smallest tiles, 16 x 16, are half as many
MAX_TILE_PIXELS = 50_000_000
MAX_LISTS = 20  # of tags: the picture's own, EXIF, GPS, and a few more

MARKER = re.compile(rb"\xff([^\x00\xff])")  # as libjpeg finds the next one, also behind garbage and fill bytes
ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
SCAN, END, APP1 = 0xDA, 0xD9, 0xE1
JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
TIFFS = (b"MM\x00\x2a", b"II\x2a\x00", b"MM\x2a\x00", b"II\x00\x2a", b"MM\x00\x2b", b"II\x2b\x00")  # as Pillow has them
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}  # bytes, by type
PARTS = (273, 279, 324, 325)  # where strips and tiles begin, and how long they are
TILE_WIDTH, TILE_HEIGHT = 322, 323
FURTHER_LISTS = (34665, 34853, 40965)  # EXIF, GPS, interoperability

TOO_MANY_SCANS = f"The JPEG is written in more than {MAX_SCANS} scans; save it again."
TOO_MUCH_EXIF = f"The picture's EXIF data are larger than {MAX_EXIF_BYTES // 1024} KB; save it without them."
TOO_MANY_TAGS = "The TIFF's tags state more data than the file holds."
TOO_MANY_PARTS = "The TIFF is cut into too many strips, or too large tiles; save it again."


@dataclass(frozen=True)
class Tag:
    """One entry of a TIFF's list. value: the number in it, or where its values stand."""

    number: int
    kind: int
    count: int
    value: int


def find_exceeded_limit(data: bytes) -> str | None:
    """The limit that a file's headers exceed, in one sentence for the visitor; None when they keep all of them."""
    if data.startswith(JPEG):
        return _look_at_jpeg(data)
    return _look_at_tiff(data) if data.startswith(TIFFS) else None


def _look_at_jpeg(data: bytes) -> str | None:
    scans = exif_bytes = 0
    for code, start, end in list_segments(data):
        scans += code == SCAN
        if code == APP1 and data.startswith(b"Exif\x00\x00", start + 2):
            exif_bytes += end - start
        if scans > MAX_SCANS:
            return TOO_MANY_SCANS
    return TOO_MUCH_EXIF if exif_bytes > MAX_EXIF_BYTES else None


def list_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Every marker with a length up to the picture's end: its code, and where its segment starts and ends."""
    at = 2
    while found := MARKER.search(data, at):
        code, at = found[1][0], found.end()
        if code == END:
            return
        if code not in ALONE:
            start, at = at, at + max(2, int.from_bytes(data[at : at + 2], "big"))
            yield code, start, at


def list_png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Every chunk of a PNG: its name, and where its content starts and ends, behind which four bytes of checksum stand.

    https://www.w3.org/TR/png-3/#5Chunk-layout
    """
    at = len(PNG)
    while at + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        yield name, at + 8, at + 8 + length
        at += 12 + length


def find_end(data: bytes) -> int | None:
    """Where a JPEG's first picture ends: the place of its end marker; None where it has none."""
    start = max((end for _, _, end in list_segments(data)), default=0)
    place = data.find(b"\xff" + bytes([END]), start)
    return place if place >= 0 else None


def _look_at_tiff(data: bytes) -> str | None:
    held, parts, tile = 0, 0, {TILE_WIDTH: 1, TILE_HEIGHT: 1}
    for tag in _all_tags(data):
        held += tag.count * SIZES.get(tag.kind, 0)
        parts = max(parts, tag.count if tag.number in PARTS else 0)
        if tag.number in tile:
            tile[tag.number] = tag.value
    if held > 2 * len(data):
        return TOO_MANY_TAGS
    return TOO_MANY_PARTS if parts > MAX_PARTS or tile[TILE_WIDTH] * tile[TILE_HEIGHT] > MAX_TILE_PIXELS else None


def _all_tags(data: bytes) -> Iterator[Tag]:
    """The tags of the first picture, and of the lists that they point to."""
    order, is_big = "<>"[data[0] == ord("M")], data[2] == 43  # as Pillow tells them
    start = struct.unpack_from(order + ("Q" if is_big else "I"), data.ljust(16, b"\x00"), 8 if is_big else 4)[0]
    waiting, seen = [start], set[int]()
    while waiting and len(seen) < MAX_LISTS:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        for tag in _tags(data, at, order, is_big):
            yield tag
            waiting += [tag.value] if tag.number in FURTHER_LISTS else []


def _tags(data: bytes, at: int, order: str, is_big: bool) -> Iterator[Tag]:
    """One list of tags, as far as the file goes."""
    head = struct.Struct(order + ("Q" if is_big else "H"))
    entry = struct.Struct(order + ("HHQ8s" if is_big else "HHI4s"))
    if at + head.size > len(data):
        return
    count, start = head.unpack_from(data, at)[0], at + head.size
    for place in range(start, min(start + count * entry.size, len(data) - entry.size + 1), entry.size):
        number, kind, length, field = entry.unpack_from(data, place)
        yield Tag(number, kind, length, _read_number(field, kind, order))


def _read_number(field: bytes, kind: int, order: str) -> int:
    """A tag's field as a number: two bytes of it for SHORT, else all."""
    size = 2 if kind == 3 else len(field)
    return int.from_bytes(field[:size], "little" if order == "<" else "big")
