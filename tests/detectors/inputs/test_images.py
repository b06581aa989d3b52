"""Untrusted bytes become uint8 RGB, or one plain sentence."""

import hashlib
import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.inputs.images import MAX_BYTES, ImageError, decode_image, read_image
from tests.detectors.pictures import encode, quarters

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><script>alert(1)</script></svg>'


def frames(count: int) -> list[PIL.Image.Image]:
    return [PIL.Image.fromarray(np.roll(quarters(), shift, axis=1)) for shift in range(count)]


def png_of_size(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG whose header claims a size, whatever stands in it."""

    def chunk(name: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


BAD = {
    "empty": (b"", "The file is empty."),
    "text": (b"I am no picture at all.", "This is not a picture we can read"),
    "SVG": (SVG, "This is a web page or a drawing"),
    "PDF": (b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n", "This is a PDF"),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n", "This is not a picture we can read"),
    "truncated JPEG": (encode(quarters(), "JPEG")[:-300], "damaged"),
    "truncated PNG": (encode(quarters(), "PNG")[:-60], "damaged"),
    "one pixel": (encode(np.zeros((1, 1, 3), np.uint8)), "too small: 1 x 1, at least 16"),
    "huge header": (png_of_size(30_000, 30_000), "more than 50 million pixels"),
    "a little too huge": (png_of_size(10_000, 5_001), "more than 50 million pixels"),
    "bomb": (png_of_size(9_000, 9_000, zlib.compress(bytes(9_000 * 27_001), 9)), "more than 50 million pixels"),
    "animated GIF": (encode(frames(3)[0], "GIF", save_all=True, append_images=frames(3)[1:]), "is animated"),
    "animated WebP": (encode(frames(3)[0], "WEBP", save_all=True, append_images=frames(3)[1:]), "is animated"),
    "animated PNG": (encode(frames(3)[0], "PNG", save_all=True, append_images=frames(3)[1:]), "is animated"),
    "pages": (encode(frames(3)[0], "TIFF", save_all=True, append_images=frames(3)[1:]), "several pages"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_judged_is_refused_in_one_plain_sentence(name: str) -> None:
    data, expected = BAD[name]
    with pytest.raises(ImageError) as refused:
        decode_image(data)
    said = str(refused.value)
    assert expected in said
    assert said.endswith(".")
    assert "\n" not in said
    assert "/" not in said


def test_a_text_named_jpg_is_told_by_its_content(tmp_path: Path) -> None:
    photo = tmp_path / "holiday.jpg"
    photo.write_text("Wish you were here.")
    with pytest.raises(ImageError, match="not a picture we can read"):
        read_image(photo)


def test_a_picture_with_the_wrong_suffix_is_read_all_the_same(tmp_path: Path) -> None:
    photo = tmp_path / "notes.txt"
    photo.write_bytes(encode(quarters()))
    assert np.array_equal(read_image(photo).pixels, quarters())


@pytest.mark.parametrize(
    ("name", "said"), [("missing.jpg", "The file cannot be opened."), (".", "This is a folder, not a file.")]
)
def test_a_file_that_cannot_be_opened_is_one_sentence_without_its_path(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(ImageError, match=f"^{said}") as caught:
        read_image(tmp_path / name)
    assert str(tmp_path) not in str(caught.value)


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    photo = tmp_path / "large.jpg"
    with photo.open("wb") as file:
        file.truncate(MAX_BYTES + 1)  # sparse: takes no room
    with pytest.raises(ImageError, match="larger than 20 MB"):
        read_image(photo)
    with pytest.raises(ImageError, match="larger than 20 MB"):
        decode_image(bytes(MAX_BYTES + 1))


def test_the_memory_of_a_large_picture_serves_the_next() -> None:
    program = (
        "import resource, cv2, numpy as np; from detectors.inputs.images import decode_image\n"
        "data = bytes(cv2.imencode('.jpg', np.zeros((3000, 4000, 3), np.uint8))[1])\n"
        "for _ in range(3): decode_image(data)\n"
        "count = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "before = count(); decode_image(data); print(count() - before)"
    )
    faults = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert int(faults) < 6_000  # pages of 4 kB; Pillow's part of the picture alone has 12,000


def test_a_picture_carries_the_hash_of_its_file() -> None:
    data = encode(quarters())
    assert read_image(data).sha256 == hashlib.sha256(data).hexdigest()


def turned(orientation: int) -> np.ndarray:
    """How a camera held differently stores `quarters()` (EXIF 2.32, tag 274)."""
    upright = quarters()
    return {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright.transpose(1, 0, 2)[::-1, ::-1],
        8: np.rot90(upright, -1),
    }[orientation]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_every_exif_rotation_comes_out_upright(form: str, orientation: int) -> None:
    exif = PIL.Image.Exif()
    exif[274] = orientation
    kinds: dict[str, dict[str, Any]] = {
        "PNG": {},
        "JPEG": {"quality": 95, "subsampling": 0},
        "WEBP": {"lossless": True},
    }
    options = kinds[form]
    data = encode(np.ascontiguousarray(turned(orientation)), form, exif=exif, **options)
    found = decode_image(data)
    assert found.shape == quarters().shape
    assert np.abs(found.astype(int) - quarters()).mean() < 2


@given(
    seed=st.integers(0, 99),
    width=st.integers(16, 99),
    height=st.integers(16, 99),
    orientation=st.integers(1, 8),
    options=st.fixed_dictionaries(
        {
            "quality": st.integers(1, 100),
            "subsampling": st.sampled_from(["4:4:4", "4:2:2", "4:2:0"]),
            "progressive": st.booleans(),
            "restart_marker_blocks": st.sampled_from([0, 3]),
            "keep_rgb": st.booleans(),
        }
    ),
)
def test_a_jpeg_has_the_very_pixels_that_pillow_decodes(
    seed: int, width: int, height: int, orientation: int, options: dict[str, Any]
) -> None:
    exif = PIL.Image.Exif()
    exif[274] = orientation
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    if options["keep_rgb"]:
        options = options | {"subsampling": "4:4:4"}
    data = encode(np.asarray(cv2.blur(pixels, (5, 5)), np.uint8), "JPEG", exif=exif, **options)
    expected = np.asarray(PIL.ImageOps.exif_transpose(PIL.Image.open(io.BytesIO(data))))
    assert np.array_equal(read_image(data).pixels, expected)


def test_deep_grey_is_turned_upright_too() -> None:
    exif = PIL.Image.Exif()
    exif[274] = 6
    deep = PIL.Image.fromarray(np.arange(32 * 48, dtype=np.uint16).reshape(32, 48) * 40)
    assert decode_image(encode(deep, "PNG", exif=exif)).shape == (48, 32, 3)


def near(found: np.ndarray, expected: np.ndarray, within: float = 3) -> bool:
    assert found.dtype == np.uint8
    assert found.shape == expected.shape
    return bool(np.abs(found.astype(int) - expected.astype(int)).max() <= within)


def test_cmyk_becomes_rgb() -> None:
    printed = PIL.Image.fromarray(quarters()).convert("CMYK")
    assert near(decode_image(encode(printed, "TIFF")), quarters())
    found = decode_image(encode(printed, "JPEG", quality=95)).astype(int)
    assert found[10, 10, 0] > found[10, 10, 1] + 100  # the red quarter is red


def test_transparent_places_show_the_white_behind_them() -> None:
    alpha = np.zeros(quarters().shape[:2], dtype=np.uint8)
    alpha[:24] = 255
    found = decode_image(encode(np.dstack([quarters(), alpha])))
    assert near(found[:24], quarters()[:24])
    assert (found[24:] == 255).all()


def test_a_palette_becomes_its_colours_and_its_transparency_white() -> None:
    paletted = PIL.Image.fromarray(quarters()).quantize(8)
    assert near(decode_image(encode(paletted)), quarters())
    assert near(decode_image(encode(paletted, "GIF")), quarters())
    hidden = paletted.getpixel((0, 0))
    assert (decode_image(encode(paletted, transparency=hidden))[:24, :32] == 255).all()


def test_sixteen_bits_keep_the_brightness() -> None:
    grey = np.tile(np.linspace(0, 65_535, 64).astype(np.uint16), (48, 1))
    expected = np.repeat(np.round(grey / 65_535 * 255).astype(np.uint8)[:, :, None], 3, axis=2)
    assert near(decode_image(encode(PIL.Image.fromarray(grey))), expected)
    assert near(decode_image(encode(PIL.Image.fromarray(grey), "TIFF")), expected)
    _, colour = cv2.imencode(".png", quarters()[:, :, ::-1].astype(np.uint16) * 257)
    assert near(decode_image(colour.tobytes()), quarters())


def test_a_float_tiff_is_read_from_black_at_zero_to_white_at_one() -> None:
    values = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (48, 1))
    values[0, :3] = np.nan, np.inf, -np.inf
    found = decode_image(encode(PIL.Image.fromarray(values), "TIFF"))
    assert found[0, :3, 0].tolist() == [0, 255, 0]
    assert near(found[1:, :, 0], np.round(values[1:] * 255).astype(np.uint8))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGBA", "P"])
def test_every_mode_of_pillow_comes_out_as_rgb(mode: str) -> None:
    found = decode_image(encode(PIL.Image.fromarray(quarters()).convert(mode)))
    assert found.shape == quarters().shape
    assert found.dtype == np.uint8


def test_an_mpo_is_its_first_picture() -> None:
    first, second = frames(2)
    data = encode(first, "MPO", save_all=True, append_images=[second], quality=95, subsampling=0)
    found = decode_image(data)
    assert np.abs(found.astype(int) - quarters()).mean() < 2


FILES = [
    encode(quarters(), "JPEG"),
    encode(quarters(), "JPEG", progressive=True),
    encode(quarters(), "PNG"),
    encode(PIL.Image.fromarray(quarters()).quantize(8), "GIF"),
    encode(quarters(), "BMP"),
    encode(quarters(), "TIFF"),
    encode(quarters(), "TIFF", compression="tiff_lzw"),
    encode(quarters(), "WEBP"),
]
EDITS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(data=st.one_of(st.binary(max_size=200), st.sampled_from(FILES)), edits=EDITS, cut=st.integers(0, 3000))
def test_any_bytes_are_a_picture_or_refused(data: bytes, edits: list[tuple[int, int]], cut: int) -> None:
    broken = bytearray(data)
    for place, value in edits:
        if broken:
            broken[place % len(broken)] = value
    try:
        pixels = decode_image(bytes(broken[: cut or None]))
    except ImageError:
        return
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert pixels.shape[2] == 3
