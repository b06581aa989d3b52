"""The one place where untrusted bytes become uint8 RGB.

Formats are told by content, never by name. EXIF rotation and colour profiles are applied; CMYK, 16-bit, palette, alpha
and grey become plain RGB. Everything refused is an ImageError with one plain sentence a visitor can read.
"""

import hashlib
import io
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.ExifTags
import PIL.Image
import PIL.ImageOps
import simplejpeg  # type: ignore[import-untyped]

from detectors.inputs.broken_off import is_broken_off
from detectors.inputs.code_points import HDR, WIDE, read_code_points
from detectors.inputs.colours import ROWS, UnclearScaleError, check_deep, from_deep_grey, is_srgb, to_srgb
from detectors.inputs.cut_jpeg import is_torn, mend_jpeg
from detectors.inputs.header_limits import JPEG, MAX_EXIF_BYTES, TOO_MUCH_EXIF, find_exceeded_limit
from detectors.inputs.picture_kinds import FORMATS, RAW, say_picture
from registry import Image

KEPT_BLOCKS = 3  # of 16 MB: a decoded picture of 12 megapixels
MAX_BYTES = 20_000_000
MAX_PIXELS = 50_000_000  # a 50-megapixel camera's picture; 150 MB as RGB
DNG_VERSION, SUBFILE_TYPE = 50706, 254  # tags of a TIFF
MIN_SIDE = 16  # below it there is no face to see
FURTHER = "The file holds further pictures, such as a second view or a depth map; only the first is judged."
TRANSPARENT = "Parts of the picture are transparent; they are judged as a page shows them, on white."
FOLDER = "This is a folder, not a file."
CLOSED = "The file cannot be opened."
NO_BYTES = "The file is empty."
DAMAGED = "The picture is damaged and cannot be decoded."
TORN = "The picture is damaged: pieces of the file are missing or wrong, and what lies below them is displaced."
INVISIBLE = "The picture is fully transparent: nothing but white is judged."
TURNS: dict[int | None, Callable[[Image], Any]] = {  # by EXIF's orientation: what makes the picture upright
    2: partial(cv2.flip, flipCode=1),
    3: partial(cv2.rotate, rotateCode=cv2.ROTATE_180),
    4: partial(cv2.flip, flipCode=0),
    5: cv2.transpose,
    6: partial(cv2.rotate, rotateCode=cv2.ROTATE_90_CLOCKWISE),
    7: lambda pixels: cv2.transpose(cv2.rotate(pixels, cv2.ROTATE_180)),
    8: partial(cv2.rotate, rotateCode=cv2.ROTATE_90_COUNTERCLOCKWISE),
}


# A picture's memory serves the next one; by itself Pillow gives it back, and the kernel clears 12,000 new pages, which
# takes a fifth of the time to decode such a picture. https://pillow.readthedocs.io/en/stable/reference/block_allocator.html
PIL.Image.core.set_blocks_max(KEPT_BLOCKS)  # type: ignore[attr-defined]


class ImageError(ValueError):
    """This is not a picture we can judge. The message is one sentence for the visitor."""


@dataclass(frozen=True)
class Picture:
    """A decoded picture: uint8 RGB (h, w, 3), upright, not to be written into, and the SHA-256 of the file's bytes.

    notes: what a reader of the verdicts must know about the file, a sentence each.
    """

    pixels: Image
    sha256: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Decoded:
    """A picture's pixels, and the notes on it; is_clean: whether libjpeg saw all of it and had nothing to warn of."""

    pixels: Image
    notes: tuple[str, ...]
    is_clean: bool = False


def read_image(source: bytes | Path) -> Picture:
    """Decode a picture from its bytes or its file. Raises ImageError."""
    data = source if isinstance(source, bytes) else read_file(source)
    found = _decode_checked(data)
    if data.startswith(JPEG) and not found.is_clean and is_torn(data):  # a live camera is spared the time
        raise ImageError(TORN)
    return Picture(found.pixels, hashlib.sha256(data).hexdigest(), found.notes)


def decode_image(data: bytes) -> Image:
    """uint8 RGB (h, w, 3) of a picture's bytes, upright. Raises ImageError."""
    return _decode_checked(data).pixels


def _decode_checked(data: bytes) -> _Decoded:
    """What is in a picture's bytes. Raises ImageError."""
    if not data:
        raise ImageError(NO_BYTES)
    if len(data) > MAX_BYTES:
        raise ImageError(say_too_large())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of bombs and odd EXIF; our own limits decide
        # A download that broke off leaves zeros where the rest should be, which decode to grey without an error.
        return _decode(data.rstrip(b"\0") if data.startswith(JPEG) else data)


def say_too_large() -> str:
    """The sentence for a file of too many bytes."""
    return f"The file is larger than {MAX_BYTES // 1_000_000} MB."


def read_file(path: Path) -> bytes:
    """The bytes of a file, pipe or device, when they are few enough. Raises ImageError."""
    try:
        if path.is_dir():
            raise ImageError(FOLDER)
        if path.stat().st_size > MAX_BYTES:
            raise ImageError(say_too_large())
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)  # pipes have no size, and devices no end
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte
        if isinstance(error, ImageError):
            raise
        raise ImageError(CLOSED) from error
    if len(data) > MAX_BYTES:
        raise ImageError(say_too_large())
    return data


def open_picture(data: bytes) -> PIL.Image.Image:
    """A picture's file as Pillow sees it, not decoded. Raises ImageError, and nearly anything on broken files."""
    if said := find_exceeded_limit(data):
        raise ImageError(said)
    return PIL.Image.open(io.BytesIO(data), formats=FORMATS)


def check_exif(picture: PIL.Image.Image) -> None:
    """Before anybody asks for EXIF: Pillow copies what every tag of it points to. Raises ImageError."""
    raw, as_text = picture.info.get("exif", b""), picture.info.get("Raw profile type exif", "")
    if max(len(raw), len(as_text) // 2) > MAX_EXIF_BYTES:
        raise ImageError(TOO_MUCH_EXIF)


def _decode(data: bytes) -> _Decoded:
    try:
        with open_picture(data) as picture:
            _check(picture)
            stated = read_code_points(data)
            if stated.is_hdr:
                raise ImageError(HDR)
            if is_broken_off(data, picture.format):
                raise ImageError(DAMAGED)
            plain = _decode_plain(data, picture)
            pixels, notes = _to_rgb(picture) if plain is None else (plain, ())
            is_wide = stated.is_wide and not picture.info.get("icc_profile")
            notes = (*_note_further(picture), *notes, *((WIDE,) if is_wide else ()))
            return _Decoded(pixels, notes, is_clean=plain is not None)
    except (ImageError, UnclearScaleError) as error:
        raise error if isinstance(error, ImageError) else ImageError(str(error)) from error
    except PIL.UnidentifiedImageError as error:
        raise ImageError(say_picture(data)) from error
    except PIL.Image.DecompressionBombError as error:
        raise ImageError(_too_many()) from error
    except Exception as error:  # decoders raise nearly anything on broken files
        if "truncated" in str(error) and data.startswith(JPEG) and (found := _decode_cut(data)):
            return found
        raise ImageError(DAMAGED) from error


def _decode_cut(data: bytes) -> _Decoded | None:
    """What is left of a JPEG without its end; None where that is too little."""
    with suppress(Exception):  # decoders raise nearly anything on broken files
        if mended := mend_jpeg(data):
            picture = open_picture(mended[0])
            pixels, notes = _to_rgb(picture)
            return _Decoded(pixels, (*_note_further(picture), *notes, mended[1]))
    return None


def _too_many() -> str:
    return f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels."


def _check(picture: PIL.Image.Image) -> None:
    """What the header alone tells, before anything is decoded."""
    if picture.width * picture.height > MAX_PIXELS:
        raise ImageError(_too_many())
    if min(picture.size) < MIN_SIDE:
        raise ImageError(f"The picture is too small: {picture.width} x {picture.height}, at least {MIN_SIDE} a side.")
    if picture.format == "BMP" and picture.info.get("compression") in (1, 2):  # Pillow decodes these byte by byte
        raise ImageError("This BMP is run-length coded: save it as PNG.")
    tags = getattr(picture, "tag_v2", {})  # a TIFF's
    if DNG_VERSION in tags or tags.get(SUBFILE_TYPE, 0) & 1:  # 1: a smaller copy of what stands elsewhere in the file
        raise ImageError(RAW)
    if getattr(picture, "is_animated", False) and picture.format != "MPO":  # n_frames would walk through all of them
        raise ImageError("This picture is animated or has several pages: use a single frame.")


def _decode_plain(data: bytes, picture: PIL.Image.Image) -> Image | None:
    """The pixels of an ordinary JPEG, upright: those that Pillow decodes, in half of its time.

    None where its colours are to be converted, which Pillow does, and where libjpeg warns of damage.
    """
    if picture.format not in ("JPEG", "MPO") or picture.mode != "RGB" or not is_srgb(picture):
        return None
    check_exif(picture)
    try:
        pixels: Image = simplejpeg.decode_jpeg(data, "RGB", strict=True)
    except ValueError:
        return None
    with suppress(Exception):  # broken EXIF raises nearly anything
        if turn := TURNS.get(picture.getexif().get(PIL.ExifTags.Base.Orientation)):
            pixels = turn(pixels)
    return pixels


def _to_rgb(picture: PIL.Image.Image) -> tuple[Image, tuple[str, ...]]:
    # Pillow keeps the upper 8 of 16 bits a colour. Of a BMP, 16 are all three colours.
    is_deep = picture.format != "BMP" and any(";16" in str(tile[3]) for tile in getattr(picture, "tile", ()))
    _turn_upright(picture)
    if picture.mode.startswith("I") or picture.mode == "F":
        return from_deep_grey(picture)
    picture, notes = to_srgb(picture)
    if picture.has_transparency_data:
        picture = picture if picture.mode == "RGBA" else picture.convert("RGBA")
        notes = (*notes, *_note_transparent(picture))
        picture = _on_white(picture)
    if picture.mode != "RGB":  # a plain photo is not copied once more
        picture = picture.convert("RGB")
    pixels = _to_numpy(picture)
    if is_deep:
        check_deep(pixels)
    return pixels, notes


def _to_numpy(picture: PIL.Image.Image) -> Image:
    rgb = np.empty((picture.height, picture.width, 3), dtype=np.uint8)
    for top in range(0, picture.height, ROWS):
        band = picture.crop((0, top, picture.width, min(top + ROWS, picture.height)))
        rgb[top : top + ROWS] = np.asarray(band)
    return rgb


def _turn_upright(picture: PIL.Image.Image) -> None:
    """As EXIF has it; a picture whose EXIF is broken stays as it is stored."""
    picture.load()
    check_exif(picture)
    with suppress(Exception):  # broken EXIF raises nearly anything
        PIL.ImageOps.exif_transpose(picture, in_place=True)


def _note_further(picture: PIL.Image.Image) -> tuple[str, ...]:
    return (FURTHER,) if picture.format == "MPO" and getattr(picture, "n_frames", 1) > 1 else ()


def _note_transparent(picture: PIL.Image.Image) -> tuple[str, ...]:
    """What is said where a picture, RGBA, is not opaque everywhere."""
    least, most = picture.getextrema()[3]  # type: ignore[misc]  # of alpha
    if least == 255:
        return ()
    return (TRANSPARENT if most else INVISIBLE,)


def _on_white(picture: PIL.Image.Image) -> PIL.Image.Image:
    """What a page shows of a transparent picture; dropping alpha would uncover pixels nobody saw."""
    ground = PIL.Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture)
    return ground
