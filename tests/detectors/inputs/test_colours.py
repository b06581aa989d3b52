"""The colours of a picture are those that are shown: its profile and its gamma are heeded, or a note says why not."""

import io
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageCms
import pytest

from detectors.inputs.images import read_image
from detectors.jury.compare import compare
from detectors.jury.judge import Jury
from detectors.jury.results import Comparison
from registry import DetectorSpec, Image
from tests.detectors.pictures import encode, portrait, quarters

DETECTOR = DetectorSpec(key="plain", title="Plain", load=lambda: lambda image: 0.3)


def judge(source: Path | bytes) -> Comparison:
    with Jury([DETECTOR]) as jury:
        return compare(source, jury)


def make_profile(matrix: Sequence[Sequence[float]], gamma: float) -> bytes:
    """A profile of an RGB display: version 2, with these columns (XYZ, D50) and one gamma for all. uint8 bytes."""

    def tag(kind: bytes, content: bytes) -> bytes:
        data = kind + bytes(4) + content
        return data + bytes(-len(data) % 4)

    def fixed(values: Sequence[float]) -> bytes:
        return b"".join(round(value * 65536).to_bytes(4, "big", signed=True) for value in values)

    curve = tag(b"curv", (1).to_bytes(4, "big") + round(gamma * 256).to_bytes(2, "big"))
    tags = {b"desc": tag(b"desc", (5).to_bytes(4, "big") + b"Wide\0" + bytes(78)), b"cprt": tag(b"text", b"none\0")}
    tags |= {
        name: tag(b"XYZ ", fixed(column)) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), matrix, strict=True)
    }
    tags |= {b"wtpt": tag(b"XYZ ", fixed((0.9642, 1.0, 0.8249)))} | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    at, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        table += name + (at + len(body)).to_bytes(4, "big") + len(data).to_bytes(4, "big")
        body += data
    size = at + len(body)
    head = size.to_bytes(4, "big") + bytes(4) + b"\2\x10\0\0mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    head += fixed((0.9642, 1.0, 0.8249))
    return head.ljust(128, b"\0") + len(tags).to_bytes(4, "big") + table + body


WIDE = make_profile([(0.7977, 0.288, 0.0), (0.1352, 0.7119, 0.0), (0.0313, 0.0001, 0.8249)], 1.8)  # ProPhoto RGB
SRGB = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB"))


def in_profile(pixels: Image, profile: bytes) -> PIL.Image.Image:
    """How these sRGB pixels are stored in that profile."""
    wide = PIL.ImageCms.ImageCmsProfile(io.BytesIO(profile))
    return PIL.ImageCms.profileToProfile(PIL.Image.fromarray(pixels), SRGB, wide)


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP", "JPEG", "AVIF"])
def test_a_picture_with_a_profile_has_the_colours_that_are_shown(form: str) -> None:
    options: dict[str, dict[str, Any]] = {
        "JPEG": {"quality": 98, "subsampling": 0},
        "WEBP": {"lossless": True},
        "AVIF": {"quality": 98},
    }
    stored = in_profile(portrait(), WIDE)
    assert np.abs(np.asarray(stored).astype(int) - portrait()).mean() > 10
    picture = read_image(encode(stored, form, icc_profile=WIDE, **options.get(form, {})))
    assert np.abs(picture.pixels.astype(int) - portrait()).mean() < 2.5
    assert picture.notes == ()


def test_grey_palettes_and_transparency_follow_their_profile_too() -> None:
    stored = in_profile(quarters(), WIDE)
    alpha = stored.convert("RGBA")
    alpha.putalpha(PIL.Image.fromarray(np.where(np.arange(64) < 32, 255, 0).astype(np.uint8)[None].repeat(48, 0)))
    seen = read_image(encode(alpha, "PNG", icc_profile=WIDE)).pixels.astype(int)
    assert np.abs(seen[:, :32] - quarters()[:, :32]).max() <= 6 and (seen[:, 32:] == 255).all()
    seen = read_image(encode(stored.convert("P", palette=PIL.Image.Palette.ADAPTIVE), "PNG", icc_profile=WIDE)).pixels
    assert np.abs(seen.astype(int) - quarters()).max() <= 8


@pytest.mark.parametrize("profile", [b"no profile at all", WIDE[:200], WIDE.replace(b"RGB XYZ ", b"CMYKXYZ ")])
def test_a_profile_of_no_use_is_said_and_the_picture_judged(profile: bytes) -> None:
    judged = judge(encode(portrait(), "PNG", icc_profile=profile))
    assert judged.error is None and len(judged.faces) == 1
    (note,) = judged.notes
    assert "colour profile" in note and judged.as_dict()["notes"] == [note]


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
