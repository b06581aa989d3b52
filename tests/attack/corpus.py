"""Pictures an attacker would send, all made here: sound ones in every format and colour, and ones that lie."""

import struct
import zlib
from collections.abc import Callable, Iterable

import numpy as np
import PIL.Image

from tests.detectors.pictures import encode, quarters

JUNK = bytes(range(256)) * 4  # where an ICC profile or EXIF should be
TiffEntry = tuple[int, int, int, int]
"""One tag of a TIFF: its number, type, count, and value or place."""


def _shown(mode: str) -> PIL.Image.Image:
    picture = PIL.Image.fromarray(quarters())
    if mode == "I;16":
        return PIL.Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)
    if mode == "LAB":
        return PIL.Image.frombytes("LAB", picture.size, picture.tobytes())
    return picture.convert(mode)


def _exif(orientation: int) -> bytes:
    exif = PIL.Image.Exif()
    exif[274], exif[271] = orientation, "A camera"
    return exif.tobytes()


MODES = {
    "JPEG": ("L", "RGB", "CMYK"),
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "GIF": ("1", "L", "P", "RGB"),
    "BMP": ("1", "L", "P", "RGB", "RGBA"),
    "TIFF": ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"),
    "WEBP": ("RGB", "RGBA"),
}
OPTIONS: dict[str, tuple[str, str, dict[str, object]]] = {
    "progressive.jpg": ("JPEG", "RGB", {"progressive": True}),
    "turned.jpg": ("JPEG", "RGB", {"exif": _exif(6)}),
    "turned.png": ("PNG", "RGB", {"exif": _exif(8)}),
    "turned.webp": ("WEBP", "RGB", {"exif": _exif(3)}),
    "junk-profile.jpg": ("JPEG", "RGB", {"icc_profile": JUNK}),
    "junk-profile.png": ("PNG", "RGB", {"icc_profile": JUNK}),
    "junk-profile.webp": ("WEBP", "RGB", {"icc_profile": JUNK}),
    "junk-exif.jpg": ("JPEG", "RGB", {"exif": b"Exif\x00\x00" + JUNK}),
    "junk-exif.png": ("PNG", "RGB", {"exif": JUNK}),
    "junk-exif.webp": ("WEBP", "RGB", {"exif": JUNK}),
    "lossless.webp": ("WEBP", "RGBA", {"lossless": True}),
    "interlaced.gif": ("GIF", "P", {"interlace": 1}),
    "clear.png": ("PNG", "P", {"transparency": 0}),
    "lzw.tif": ("TIFF", "RGB", {"compression": "tiff_lzw"}),
    "deflate.tif": ("TIFF", "RGB", {"compression": "tiff_adobe_deflate"}),
    "packbits.tif": ("TIFF", "RGB", {"compression": "packbits"}),
    "jpeg.tif": ("TIFF", "RGB", {"compression": "jpeg"}),
    "fax.tif": ("TIFF", "1", {"compression": "group4"}),
    "big.tif": ("TIFF", "RGB", {"big_tiff": True}),
}


def sound() -> dict[str, bytes]:
    """Small pictures that must be read, by name: every format in every colour that it has."""
    plain = {f"{mode}.{form.lower()}": encode(_shown(mode), form) for form, modes in MODES.items() for mode in modes}
    special = {name: encode(_shown(mode), form, **options) for name, (form, mode, options) in OPTIONS.items()}
    return plain | special | {"pair.mpo": encode(_shown("RGB"), "MPO", save_all=True, append_images=[_shown("RGB")])}


def moving(form: str, count: int = 3) -> bytes:
    """A picture of several frames or pages."""
    frames = [PIL.Image.fromarray(np.roll(quarters(), step, axis=1)) for step in range(count)]
    return encode(frames[0], form, save_all=True, append_images=frames[1:])


# Huge headers: a few bytes that claim many pixels


def png_chunk(name: bytes, content: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, *chunks: tuple[bytes, bytes], colour: int = 2) -> bytes:
    """A PNG of that claim, whatever stands in it."""
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    content = [(b"IHDR", header), *chunks, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in content)


def jpeg(width: int, height: int) -> bytes:
    """A JPEG whose frame claims a size."""
    data = bytearray(encode(quarters(), "JPEG"))
    struct.pack_into(">HH", data, data.index(b"\xff\xc0") + 5, height, width)
    return bytes(data)


def gif(width: int, height: int) -> bytes:
    """A GIF whose screen and frame claim a size."""
    data = bytearray(encode(_shown("P"), "GIF"))
    struct.pack_into("<HH", data, 6, width, height)
    struct.pack_into("<HH", data, data.index(b",") + 5, width, height)
    return bytes(data)


def webp(width: int, height: int) -> bytes:
    """A lossless WebP that claims a size."""
    bits = (width - 1) | (height - 1) << 14
    content = b"\x2f" + struct.pack("<I", bits) + bytes(20)
    return b"RIFF" + struct.pack("<I", len(content) + 12) + b"WEBPVP8L" + struct.pack("<I", len(content)) + content


def bmp(width: int, height: int, *, compression: int = 0, bits: int = 24, data: bytes = b"") -> bytes:
    """A BMP that claims a size; compression: 1 is run-length coding of bytes."""
    palette = bytes(1024) if bits == 8 else b""
    start = 54 + len(palette)
    head = struct.pack("<IHHI", start + len(data), 0, 0, start)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(data), 0, 0, 256, 0)
    return b"BM" + head + info + palette + data


def tiff(entries: Iterable[TiffEntry], blob: bytes = b"", *, following: int = 0) -> bytes:
    """A TIFF of these tags; blob: what their places, from 8 on, point into; following: the place of the next page."""
    listed = sorted(entries)
    tags = b"".join(struct.pack("<HHII", *entry) for entry in listed)
    start = struct.pack("<I", 8 + len(blob))
    return b"II*\x00" + start + blob + struct.pack("<H", len(listed)) + tags + struct.pack("<I", following)


def grey_tags(width: int = 64, height: int = 64, **instead: TiffEntry) -> list[TiffEntry]:
    """The tags of a plain grey picture, some of them replaced; a replacement named x stands in addition."""
    tags: dict[str, TiffEntry] = {
        "width": (256, 4, 1, width),
        "height": (257, 4, 1, height),
        "bits": (258, 3, 1, 8),
        "compression": (259, 3, 1, 1),
        "photometric": (262, 3, 1, 1),
        "start": (273, 4, 1, 8),
        "rows": (278, 4, 1, height),
        "size": (279, 4, 1, width * height),
    }
    return list((tags | instead).values())


HUGE: dict[str, Callable[[], bytes]] = {
    "huge.png": lambda: png(2**31 - 1, 2**31 - 1),
    "huge.jpg": lambda: jpeg(65_500, 65_500),
    "huge.gif": lambda: gif(65_535, 65_535),
    "huge.webp": lambda: webp(16_383, 16_383),
    "huge.bmp": lambda: bmp(2**31 - 1, 2**31 - 1),
    "huge.tif": lambda: tiff(grey_tags(60_000, 60_000), bytes(64)),
    "zero.png": lambda: png(0, 0),
    "zero.jpg": lambda: jpeg(0, 0),
    "zero.gif": lambda: gif(0, 0),
    "zero.bmp": lambda: bmp(0, 0),
    "zero.tif": lambda: tiff(grey_tags(0, 0), bytes(64)),
    "negative.bmp": lambda: bmp(-64, -64),
}


# Bombs: what would cost minutes or gigabytes, were it decoded


def copied_tags(room: int, count: int) -> bytes:
    """A TIFF that points to the same bytes from very many tags, each of which Pillow copies."""
    more = [(40_000 + number, 7, room, 8) for number in range(count)]
    return tiff([*grey_tags(), *more], bytes(room))


def crowded_exif(room: int, count: int) -> bytes:
    """EXIF of the same kind."""
    entries = b"".join(struct.pack("<HHII", 40_000 + number, 7, room, 8) for number in range(count))
    listed = struct.pack("<H", count) + entries
    return b"II*\x00" + struct.pack("<I", 8) + listed.ljust(room, b"\x00")


def looping_exif() -> bytes:
    """EXIF whose EXIF, GPS and next lists are the list itself."""
    entries = [(274, 3, 1, 6), (34_665, 4, 1, 8), (34_853, 4, 1, 8), (40_965, 4, 1, 8)]
    tags = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\x00" + struct.pack("<I", 8) + struct.pack("<H", len(entries)) + tags + struct.pack("<I", 8)


def jpeg_of_segments(content: bytes, *, mark: bytes = b"Exif\x00\x00") -> bytes:
    """A JPEG with that content in as many APP1 segments as it takes; Pillow puts them together."""
    parts = [content[at : at + 65_000] for at in range(0, len(content), 65_000)]
    segments = b"".join(b"\xff\xe1" + struct.pack(">H", len(part) + len(mark) + 2) + mark + part for part in parts)
    return b"\xff\xd8" + segments + encode(quarters(), "JPEG")[2:]


def many_scans(width: int, height: int, count: int, *, last: bool = False) -> bytes:
    """A progressive JPEG whose first scan, the costliest, or last one, a few bytes long, comes again and again."""
    data = encode(PIL.Image.new("RGB", (width, height)), "JPEG", progressive=True, subsampling=0, quality=1)
    first = data.rindex(b"\xff\xda") if last else data.index(b"\xff\xda")
    end = len(data) - 2 if last else data.index(b"\xff\xc4", first)
    return data[:end] + data[first:end] * count + data[end:]


def endless_gif(count: int) -> bytes:
    """A GIF of very many frames of one pixel."""
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return encode(_shown("P"), "GIF")[:-1] + frame * count + b";"


BOMBS: dict[str, Callable[[], bytes]] = {
    "copied-tags.tif": lambda: copied_tags(15_000_000, 100),
    "strips.tif": lambda: tiff(
        grey_tags(start=(273, 4, 4_000_000, 8), rows=(278, 4, 1, 1)), struct.pack("<I", 8) * 4_000_000
    ),
    "strips-of-bytes.tif": lambda: tiff(
        grey_tags(start=(273, 1, 15_000_000, 8), rows=(278, 4, 1, 1)), bytes(15_000_000)
    ),
    "tile.tif": lambda: tiff(
        grey_tags(
            width_of_tile=(322, 4, 1, 40_000),
            height_of_tile=(323, 4, 1, 40_000),
            start=(324, 4, 1, 8),
            compression=(259, 3, 1, 8),
        ),
        zlib.compress(bytes(10_000_000), 9),
    ),
    "exif.jpg": lambda: jpeg_of_segments(crowded_exif(10_000_000, 800)),
    "exif.png": lambda: png(
        64, 64, (b"eXIf", crowded_exif(10_000_000, 800)), (b"IDAT", zlib.compress(bytes(64 * 193)))
    ),
    "scans.jpg": lambda: many_scans(7000, 7000, 1000, last=True),
    "frames.gif": lambda: endless_gif(1_000_000),
    "runs.bmp": lambda: bmp(7000, 7000, compression=1, bits=8, data=b"\x01\x05" * 9_000_000),
    "lines.bmp": lambda: bmp(3_000_000, 16, compression=1, bits=8, data=b"\x01\x05\x00\x00" * 40),
    "leap.bmp": lambda: bmp(3_000_000, 16, compression=1, bits=8, data=b"\x00\x02\x00\xff" * 40),
    "pixels.png": lambda: png(9000, 9000, (b"IDAT", zlib.compress(bytes(9000 * 27_001), 9))),
    "texts.png": lambda: png(
        64, 64, *[(b"zTXt", b"x\x00\x00" + zlib.compress(bytes(900_000), 9))] * 80, (b"IDAT", b"")
    ),
    "profile.png": lambda: png(64, 64, (b"iCCP", b"x\x00\x00" + zlib.compress(bytes(50_000_000), 9)), (b"IDAT", b"")),
}


# The largest pictures that are let in, in the modes that cost most


def largest(mode: str, form: str, **options: object) -> bytes:
    """Just under fifty million pixels."""
    size = (7000, 7000)
    picture = PIL.Image.fromarray(np.zeros(size, np.uint16)) if mode == "I;16" else PIL.Image.new(mode, size)
    return encode(picture, form, **options)


LARGEST: dict[str, Callable[[], bytes]] = {
    "deep.png": lambda: largest("I;16", "PNG", compress_level=1),
    "float.tif": lambda: largest("F", "TIFF", compression="tiff_lzw"),
    "clear.png": lambda: largest("RGBA", "PNG", compress_level=1),
    "palette.png": lambda: largest("P", "PNG", compress_level=1, transparency=0),
    "progressive.jpg": lambda: largest("RGB", "JPEG", progressive=True, subsampling=0),
    "print.jpg": lambda: largest("CMYK", "JPEG", progressive=True),
    "scans.jpg": lambda: many_scans(7000, 7000, 15),
}
