"""Pictures that store something else than they show: read as they are shown, with a note where that is not all."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest
import tifffile
from numpy.typing import NDArray

from detectors.inputs.code_points import HDR, WIDE
from detectors.inputs.images import DAMAGED, FURTHER, INVISIBLE, TORN, TRANSPARENT, read_image
from detectors.jury.compare import compare
from detectors.jury.judge import Jury
from detectors.jury.results import Comparison
from registry import DetectorSpec
from tests.command import call
from tests.detectors.pictures import encode, portrait

DETECTOR = DetectorSpec(key="plain", title="Plain", load=lambda: lambda image: 0.3)
GREY = portrait().mean(axis=2)


def judge(source: bytes) -> Comparison:
    with Jury([DETECTOR]) as jury:
        return compare(source, jury)


def tiff(values: NDArray[Any], **options: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, **options)
    return buffer.getvalue()


def moving(form: str) -> bytes:
    frames = [PIL.Image.fromarray(np.roll(portrait(), 40 * shift, axis=1)) for shift in range(3)]
    return encode(frames[0], form, save_all=True, append_images=frames[1:])


def test_of_several_pictures_in_one_file_the_first_is_judged_with_a_note() -> None:
    assert PIL.Image.open(io.BytesIO(moving("MPO"))).format == "MPO"
    judged = judge(moving("MPO"))
    assert len(judged.faces) == 1
    assert judged.notes == (FURTHER,)
    assert judge(encode(PIL.Image.fromarray(portrait()), "MPO")).notes == ()


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP", "TIFF"])
def test_what_moves_or_has_pages_is_refused(form: str) -> None:
    assert judge(moving(form)).error == "This picture is animated or has several pages: use a single frame."


def shade(alpha: NDArray[np.uint8] | int, form: str = "PNG") -> bytes:
    """The portrait with this alpha, (h, w) or the same everywhere."""
    picture = PIL.Image.fromarray(portrait()).convert("RGBA")
    picture.putalpha(alpha if isinstance(alpha, int) else PIL.Image.fromarray(alpha))
    return encode(picture, form, **({"lossless": True} if form == "WEBP" else {}))


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
def test_what_is_transparent_is_said(form: str) -> None:
    opaque = np.full(portrait().shape[:2], 255, np.uint8)
    assert judge(shade(opaque, form)).notes == ()
    opaque[-1, -1] = 254
    judged = judge(shade(opaque, form))
    assert (judged.notes, len(judged.faces)) == ((TRANSPARENT,), 1)
    hidden = judge(shade(0, form))
    assert (hidden.notes, hidden.faces) == ((INVISIBLE,), ())


def test_a_palettes_transparent_colour_is_said() -> None:
    picture = PIL.Image.fromarray(portrait()).convert("P", palette=PIL.Image.Palette.ADAPTIVE)
    assert judge(encode(picture, "PNG")).notes == ()
    assert judge(encode(picture, "PNG", transparency=picture.getpixel((0, 0)))).notes == (TRANSPARENT,)
    grey = PIL.Image.fromarray(portrait()).convert("L")
    assert judge(encode(grey, "PNG", transparency=grey.getpixel((0, 0)))).notes == (TRANSPARENT,)


def test_a_jpeg_whose_rest_is_zeros_is_cut_off() -> None:
    whole = encode(portrait(), "JPEG", quality=90)
    for share in (6, 3):
        kept = len(whole) * share // 10
        assert judge(whole[:kept] + bytes(len(whole) - kept)).error == "The picture is damaged and cannot be decoded."
    (note,) = judge(whole[: len(whole) * 97 // 100].ljust(len(whole), b"\0")).notes
    assert "The file is cut off: the lowest" in note
    assert judge(whole + bytes(4096)).notes == ()  # padded, and whole


def add_chunk(png: bytes, kind: bytes, content: bytes) -> bytes:
    """The PNG with a chunk more, behind its header."""
    check = zlib.crc32(kind + content).to_bytes(4, "big")
    return png[:33] + len(content).to_bytes(4, "big") + kind + content + check + png[33:]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P"])
def test_a_png_that_states_its_gamma_has_the_shades_that_are_shown(mode: str) -> None:
    shown = np.asarray(PIL.Image.fromarray(portrait()).convert(mode).convert("RGB")).astype(int)
    stored = (255 * (shown / 255) ** 2.2).round().astype(np.uint8)
    picture = PIL.Image.fromarray(stored)
    data = encode(picture.convert(mode, palette=PIL.Image.Palette.ADAPTIVE) if mode == "P" else picture.convert(mode))
    linear = (100_000).to_bytes(4, "big")
    seen = read_image(add_chunk(data, b"gAMA", linear)).pixels.astype(int)
    assert np.abs(seen - shown).mean() < (12 if mode == "P" else 3)
    plain = read_image(data).pixels
    assert np.abs(plain - shown).mean() > 20
    for chunk in ((b"gAMA", (45_455).to_bytes(4, "big")), (b"sRGB", b"\0")):
        both = add_chunk(add_chunk(data, b"gAMA", linear), *chunk) if chunk[0] == b"sRGB" else add_chunk(data, *chunk)
        assert np.array_equal(read_image(both).pixels, plain)


@pytest.mark.parametrize("values", [255 - GREY.astype(np.uint8), 65_535 - (GREY * 257).astype(np.uint16)])
def test_where_zero_is_white_the_picture_is_no_negative(values: NDArray[Any]) -> None:
    seen = read_image(tiff(values, photometric="miniswhite")).pixels[:, :, 0]
    assert np.abs(seen.astype(float) - GREY).mean() < 1.5


def test_the_command_prints_that_only_the_first_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "two.jpg"
    path.write_bytes(moving("MPO"))
    assert FURTHER in " ".join(call("compare", "--only", "custom-cnn", path).stdout.split())


def test_a_jpeg_with_a_piece_missing_or_wrong_in_the_middle_is_refused() -> None:
    whole = encode(PIL.Image.fromarray(portrait()), "JPEG", quality=92)
    third = len(whole) // 3
    for piece in (b"", bytes(400), b"\x5a" * 400):
        assert judge(whole[:third] + piece + whole[third + 400 :]).error == TORN
    assert judge(whole[:-2] + bytes(512) + whole[-2:]).error is None  # filled up to a whole sector


def test_of_a_progressive_jpeg_every_part_must_be_there() -> None:
    whole = encode(PIL.Image.fromarray(portrait()), "JPEG", quality=92, progressive=True)
    kept = whole[: whole.rindex(b"\xff\xda")]  # the last part sharpens what is whole already
    assert judge(kept).error == judge(whole[: len(whole) // 6]).error == DAMAGED


@pytest.mark.parametrize(
    ("form", "options"),
    [("WEBP", {"quality": 90}), ("WEBP", {"lossless": True}), ("AVIF", {}), ("PNG", {})],
    ids=["WebP", "lossless WebP", "AVIF", "PNG"],
)
def test_a_picture_whose_rest_is_zeros_is_refused(form: str, options: dict[str, Any]) -> None:
    whole = encode(PIL.Image.fromarray(portrait()), form, **options)
    whole = whole if form != "PNG" else in_one_chunk(whole)
    half = len(whole) // 2
    assert judge(whole[:half] + bytes(len(whole) - half)).error == DAMAGED
    assert judge(whole).error is None
    assert read_image(encode(PIL.Image.new("RGB", (1500, 1500), "grey"), form, **options)).notes == ()


def in_one_chunk(png: bytes) -> bytes:
    """The PNG with all pixels in one chunk, as many programs write it: Pillow decodes what there is of it."""
    at, pixels, others = 8, b"", []
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        others += [(kind, png[at + 8 : at + 8 + length])] if kind != b"IDAT" else []
        pixels += png[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += 12 + length
    chunks = [*others[:-1], (b"IDAT", pixels), others[-1]]
    packed = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return png[:8] + b"".join(packed)


CODE_POINTS = [
    ((12, 13), None, (WIDE,)),
    ((9, 16), HDR, ()),
    ((1, 8), HDR, ()),
    ((1, 13), None, ()),
    ((2, 2), None, ()),
]


@pytest.mark.parametrize(("points", "error", "notes"), CODE_POINTS)
def test_colours_stated_by_code_points_are_heeded(
    points: tuple[int, int], error: str | None, notes: tuple[str, ...]
) -> None:
    png = add_chunk(encode(PIL.Image.fromarray(portrait()), "PNG"), b"cICP", bytes([*points, 0, 1]))
    avif = encode(PIL.Image.fromarray(portrait()), "AVIF")
    at = avif.index(b"colrnclx") + 8
    for picture in (png, avif[:at] + struct.pack(">HH", *points) + avif[at + 4 :]):
        assert (judge(picture).error, judge(picture).notes) == (error, notes)


def test_a_dark_bmp_of_sixteen_bits_a_pixel_is_judged() -> None:
    red, green, blue = np.moveaxis(portrait()[::-1] // 9, 2, 0).astype("<u2")
    pixels = ((red >> 3 << 11) | (green >> 2 << 5) | (blue >> 3)).tobytes()
    head = struct.pack("<IHHI", 66 + len(pixels), 0, 0, 66) + struct.pack("<IiiHHI", 40, 512, 512, 1, 16, 3)
    data = b"BM" + head + bytes(20) + struct.pack("<III", 0xF800, 0x07E0, 0x001F) + pixels
    assert np.abs(read_image(data).pixels.astype(int) - portrait() // 9).max() < 9


def test_twelve_bits_a_colour_stored_in_sixteen_are_refused() -> None:
    deep = portrait().astype(np.uint16)
    for form in (".png", ".tif"):
        stored = {bits: cv2.imencode(form, deep[:, :, ::-1] << bits - 8)[1].tobytes() for bits in (12, 16)}
        assert "has 16 bits a colour and uses" in str(judge(stored[12]).error)
        assert judge(stored[16]).error is None
