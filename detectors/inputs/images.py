"""The one place where untrusted bytes become uint8 RGB.

Formats are told by content, never by name. EXIF rotation is applied; CMYK, 16-bit, palette, alpha and grey become
plain RGB. Everything refused is an ImageError with one plain sentence a visitor can read.
"""

import hashlib
import io
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageOps

from detectors.inputs.header_limits import MAX_EXIF_BYTES, TOO_MUCH_EXIF, find_exceeded_limit
from registry import Image

MAX_BYTES = 20_000_000
MAX_PIXELS = 50_000_000  # a 50-megapixel camera's picture; 150 MB as RGB
MIN_SIDE = 16  # below it there is no face to see
ROWS = 64  # turned into numpy at a time: all at once takes three times as long, and of floats a gigabyte
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")  # Pillow opens MPO, what some phones call JPEG, as JPEG


class ImageError(ValueError):
    """This is not a picture we can judge. The message is one sentence for the visitor."""


@dataclass(frozen=True)
class Picture:
    """A decoded picture: uint8 RGB (h, w, 3), upright, not to be written into, and the SHA-256 of the file's bytes."""

    pixels: Image
    sha256: str


def read_image(source: bytes | Path) -> Picture:
    """Decode a picture from its bytes or its file. Raises ImageError."""
    data = source if isinstance(source, bytes) else read_file(source)
    return Picture(decode_image(data), hashlib.sha256(data).hexdigest())


def decode_image(data: bytes) -> Image:
    """uint8 RGB (h, w, 3) of a picture's bytes, upright. Raises ImageError."""
    if not data:
        raise ImageError("The file is empty.")
    if len(data) > MAX_BYTES:
        raise ImageError(say_too_large())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of bombs and odd EXIF; our own limits decide
        return _decode(data)


def say_too_large() -> str:
    """The sentence for a file of too many bytes."""
    return f"The file is larger than {MAX_BYTES // 1_000_000} MB."


def read_file(path: Path) -> bytes:
    """A file's bytes, when they are few enough. Raises ImageError."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ImageError(say_too_large())
        return path.read_bytes()
    except OSError as error:
        raise ImageError("The file cannot be opened.") from error


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


def _decode(data: bytes) -> Image:
    try:
        with open_picture(data) as picture:
            _check(picture)
            return _to_rgb(picture)
    except ImageError:
        raise
    except PIL.UnidentifiedImageError as error:
        raise ImageError("This is not a picture we can read: use JPEG, PNG, WebP, BMP, TIFF or GIF.") from error
    except PIL.Image.DecompressionBombError as error:
        raise ImageError(_too_many()) from error
    except Exception as error:  # decoders raise nearly anything on broken files
        raise ImageError("The picture is damaged and cannot be decoded.") from error


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
    if getattr(picture, "is_animated", False) and picture.format != "MPO":  # n_frames would walk through all of them
        raise ImageError("This picture is animated or has several pages: use a single frame.")


def _to_rgb(picture: PIL.Image.Image) -> Image:
    _turn_upright(picture)
    if picture.mode.startswith("I") or picture.mode == "F":
        return _from_deep_grey(picture)
    if picture.has_transparency_data:
        picture = _on_white(picture if picture.mode == "RGBA" else picture.convert("RGBA"))
    if picture.mode != "RGB":  # a plain photo is not copied once more
        picture = picture.convert("RGB")
    return _to_numpy(picture)


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


def _on_white(picture: PIL.Image.Image) -> PIL.Image.Image:
    """What a page shows of a transparent picture; dropping alpha would uncover pixels nobody saw."""
    ground = PIL.Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture)
    return ground


def _from_deep_grey(picture: PIL.Image.Image) -> Image:
    """16-bit and float grey: the whole range of the type (65,535, or 1.0 for floats) becomes 0..255."""
    values = np.asarray(picture)
    full = 1.0 if picture.mode == "F" else 65_535.0
    grey = np.empty(values.shape, dtype=np.uint8)
    for top in range(0, len(values), ROWS):
        band = np.nan_to_num(values[top : top + ROWS].astype(np.float64)) / full * 255
        grey[top : top + ROWS] = np.clip(band, 0, 255).round()
    return np.repeat(grey[:, :, None], 3, axis=2)
