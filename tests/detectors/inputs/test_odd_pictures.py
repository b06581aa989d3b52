"""Pictures as cameras, phones, editors and shells leave them: judged as they are shown, or a sentence that leads on.

All go through `compare`, which page and batch call, or the command line.
"""

import io
import json
import os
import threading
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageCms
import pytest
import tifffile
from numpy.typing import NDArray

from detectors.inputs.images import MAX_BYTES, read_image
from detectors.jury.compare import compare
from detectors.jury.judge import Jury
from detectors.jury.results import Comparison
from registry import DetectorSpec, Image
from tests.command import call
from tests.detectors.pictures import encode, portrait, quarters
from tests.detectors.videos import every, still, write_video

ROOT = Path(__file__).parents[3]
DETECTOR = DetectorSpec(key="plain", title="Plain", load=lambda: lambda image: 0.3)


def judge(source: Path | bytes) -> Comparison:
    with Jury([DETECTOR]) as jury:
        return compare(source, jury)


def make_profile(matrix: Sequence[Sequence[float]], gamma: float, called: bytes = b"Wide") -> bytes:
    """A display's profile: version 2, with these columns (XYZ, D50) and one gamma for all; of grey without columns."""

    def tag(kind: bytes, content: bytes) -> bytes:
        data = kind + bytes(4) + content
        return data + bytes(-len(data) % 4)

    def fixed(values: Sequence[float]) -> bytes:
        return b"".join(round(value * 65536).to_bytes(4, "big", signed=True) for value in values)

    curve = tag(b"curv", (1).to_bytes(4, "big") + round(gamma * 256).to_bytes(2, "big"))
    described = (len(called) + 1).to_bytes(4, "big") + called + bytes(79)
    tags = {b"desc": tag(b"desc", described), b"cprt": tag(b"text", b"none\0")}
    tags |= {
        name: tag(b"XYZ ", fixed(column)) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), matrix, strict=False)
    }
    curves = (b"rTRC", b"gTRC", b"bTRC") if matrix else (b"kTRC",)
    tags |= {b"wtpt": tag(b"XYZ ", fixed((0.9642, 1.0, 0.8249)))} | dict.fromkeys(curves, curve)
    at, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        table += name + (at + len(body)).to_bytes(4, "big") + len(data).to_bytes(4, "big")
        body += data
    size = at + len(body)
    head = (
        size.to_bytes(4, "big")
        + bytes(4)
        + b"\2\x10\0\0mntr"
        + (b"RGB " if matrix else b"GRAY")
        + b"XYZ "
        + bytes(12)
        + b"acsp"
        + bytes(28)
    )
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
    hidden = stored.convert("RGB")
    key = hidden.getpixel((0, 0))
    assert isinstance(key, tuple)
    picture = read_image(encode(hidden, "PNG", icc_profile=WIDE, transparency=key))
    assert (picture.pixels[0, 0] == 255).all() and "transparent" in picture.notes[0], "by its colour, too"


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_grey_of_each_depth_follows_its_profile(mode: str) -> None:
    shown = np.asarray(PIL.Image.fromarray(portrait()).convert("L")).astype(int)
    linear = np.where(shown <= 10, shown / 255 / 12.92, ((shown / 255 + 0.055) / 1.055) ** 2.4)
    deep = PIL.Image.fromarray((linear * 65_535).round().astype(np.uint16))
    stored = deep if mode == "I;16" else PIL.Image.fromarray((linear * 255).round().astype(np.uint8)).convert(mode)
    picture = read_image(encode(stored, "PNG", icc_profile=make_profile((), 1.0)))
    assert np.abs(picture.pixels.astype(int) - shown[:, :, None]).mean() < 4
    assert picture.notes == ()


@pytest.mark.parametrize("name", [b"sRGB-elle-V2-g10.icc", b"Linear"])
def test_a_linear_profile_is_not_srgb_whatever_it_is_called(name: bytes) -> None:
    linear = make_profile([(0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)], 1.0, name)
    stored = in_profile(portrait(), linear)
    assert np.abs(np.asarray(stored).astype(int) - portrait()).mean() > 20
    picture = read_image(encode(stored, "JPEG", icc_profile=linear, quality=98, subsampling=0))
    assert np.abs(picture.pixels.astype(int) - portrait()).mean() < 4


def test_a_profile_of_srgb_changes_nothing() -> None:
    plain, raw = encode(PIL.Image.fromarray(portrait()), "JPEG"), PIL.ImageCms.ImageCmsProfile(SRGB.profile).tobytes()
    profiled = encode(PIL.Image.fromarray(portrait()), "JPEG", icc_profile=raw)
    assert (read_image(profiled).pixels == read_image(plain).pixels).all()


@pytest.mark.parametrize("profile", [b"no profile at all", WIDE[:200], WIDE.replace(b"RGB XYZ ", b"CMYKXYZ ")])
def test_a_profile_of_no_use_is_said_and_the_picture_judged(profile: bytes) -> None:
    judged = judge(encode(portrait(), "PNG", icc_profile=profile))
    assert judged.error is None and len(judged.faces) == 1
    (note,) = judged.notes
    assert "colour profile" in note and judged.as_dict()["notes"] == [note]


def test_avif_is_read_upright_and_a_moving_one_is_refused() -> None:
    exif = PIL.Image.Exif()
    exif[274] = 6
    data = encode(np.ascontiguousarray(np.rot90(portrait())), "AVIF", quality=90, exif=exif)
    assert len(judge(data).faces) == 1
    frames = [PIL.Image.fromarray(np.roll(quarters(), shift, axis=1)) for shift in range(3)]
    assert "animated" in judge(encode(frames[0], "AVIF", save_all=True, append_images=frames[1:])).error
    assert "million pixels" in judge(encode(PIL.Image.new("L", (8000, 6300)), "AVIF", quality=10, speed=10)).error


def tiff(values: NDArray[Any], **options: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, **options)
    return buffer.getvalue()


GREY = portrait().mean(axis=2)


@pytest.mark.parametrize(
    "values",
    [
        GREY.astype(np.float32),
        (GREY / 255).astype(np.float32),
        (GREY * 257).astype(np.float32),
        GREY.astype(np.int32),
        (GREY * 257).astype(np.int32),
        (GREY * 257).astype(np.uint16),
    ],
    ids=["float255", "float1", "float65535", "int255", "int65535", "uint16"],
)
def test_numbers_of_every_usual_scale_become_the_same_picture(values: NDArray[Any]) -> None:
    picture = read_image(tiff(values))
    assert np.abs(picture.pixels[:, :, 0].astype(float) - GREY).mean() < 1.5
    assert len(judge(tiff(values)).faces) == 1


@pytest.mark.parametrize(
    "values",
    [
        (GREY / 127.5 - 1).astype(np.float32),  # -1 to 1, as networks have it
        (GREY / 25).astype(np.float32),  # 0 to 10: stops, or nits
        (GREY * 1e6).astype(np.int32),
        (GREY * 16).astype(np.uint16),  # 12 bits in 16
        np.full((64, 64), np.nan, np.float32),
    ],
)
def test_numbers_of_an_unknown_scale_are_refused_in_a_sentence(values: NDArray[Any]) -> None:
    said = judge(tiff(values)).error
    assert "The picture" in said and "numbers" in said and "damaged" not in said


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.uint32])
def test_colours_too_deep_to_be_read_are_named(kind: type[np.number[Any]]) -> None:
    assert "save it with 8 bits a colour" in judge(tiff(portrait().astype(kind), photometric="rgb")).error


@pytest.mark.parametrize(
    "extra",
    [
        {"extratags": [(50706, 1, 4, (1, 4, 0, 0), False)]},  # DNG
        {"subfiletype": 1},  # NEF and ARW: the first picture in the file is a small one
    ],
)
def test_of_a_raw_file_its_small_preview_is_not_taken_for_the_picture(extra: dict[str, Any]) -> None:
    assert "camera's raw file" in judge(tiff(portrait(), photometric="rgb", **extra)).error


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("lost", [1, 2, 3, 12])
def test_a_jpeg_without_its_last_bytes_is_judged_with_a_note(progressive: bool, lost: int) -> None:
    whole = encode(portrait(), "JPEG", quality=90, progressive=progressive)
    judged = judge(whole[:-lost])
    if progressive and lost > 2:  # each pass goes over the whole picture
        assert "damaged" in (judged.error or "") or judged.notes
        return
    (note,) = judged.notes
    assert len(judged.faces) == 1 and judged.error is None
    assert (
        ("the picture is whole" in note)
        if lost <= 2
        else ("whole" in note or "lowest 1 %" in note or "lowest 3" in note)
    )


def test_a_jpeg_that_lost_a_part_says_how_much_and_one_that_lost_more_is_refused() -> None:
    whole = encode(portrait(), "JPEG", quality=90)
    (note,) = judge(whole[: len(whole) * 97 // 100]).notes
    assert "The file is cut off: the lowest" in note
    assert judge(whole[: len(whole) // 2]).error == "The picture is damaged and cannot be decoded."
    assert judge(whole).notes == ()


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.jpg", encode(portrait(), "JPEG"))
    return buffer.getvalue()


OTHERS = {
    "HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC picture, which is not read here: save it as JPEG"),
    "HEIF": (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIC picture, which is not read here: save it as JPEG"),
    "zip": (zipped(), "unpack it and scan its folder"),
    "gzip": (b"\x1f\x8b\x08\0", "gzip archive"),
    "PDF": (b"%PDF-1.7", "save the picture in it"),
    "JPEG XL": (b"\xff\x0a\xfa\x1f", "JPEG XL"),
    "Photoshop": (b"8BPS\0\1", "Photoshop"),
    "raw": (b"\0\0\0\x18ftypcrx \0\0\0\1", "raw file"),
    "page": (b"\n<!DOCTYPE html><html><img src=a.jpg>", "web page"),
    "video": (b"\0\0\0\x18ftypisom\0\0\0\1", "This is a video, not a picture"),
    "MKV": (b"\x1a\x45\xdf\xa3\x01\0\x42\x82\x88matroska", "This is a video, not a picture"),
    "WAV": (b"RIFF\x24\0\0\0WAVEfmt ", "This is a sound, not a picture."),
    "WMV": (b"0&\xb2u\x8ef\xcf\x11", "This is a video, not a picture"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_picture_is_named_with_the_way_out(name: str) -> None:
    data, said = OTHERS[name]
    assert said in judge(data.ljust(200, b"\0")).error


def run(*arguments: object) -> Any:
    return json.loads(call("compare", "--only", "custom-cnn", "--json", *arguments).stdout)


def test_devices_pipes_folders_and_addresses_given_to_the_command(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    whole = encode(portrait(), "JPEG", quality=90)
    feeder = threading.Thread(target=pipe.write_bytes, args=(whole,), daemon=True)
    feeder.start()
    film = write_video(tmp_path / "a.mkv", still(portrait(), 8), every(0.5, until=4))
    sources = [pipe, "/dev/zero", "/dev/null", tmp_path, "https://example.org/a.jpg", film]
    piped, zero, nothing, folder, address, judged = run("--provenance", *sources)
    assert len(piped["faces"]) == 1 and piped["provenance"]["jpeg"]["quality"] == 90
    assert zero["error"] == f"The file is larger than {MAX_BYTES // 1_000_000} MB."
    assert nothing["error"] == "The file is empty."
    assert "This is a folder: `facejury scan`" in folder["error"]
    assert "web address: download the picture" in address["error"]
    assert (judged["kind"], len(judged["persons"])) == ("video", 1)


def test_the_command_prints_the_note(tmp_path: Path) -> None:
    path = tmp_path / "cut.jpg"
    path.write_bytes(encode(portrait(), "JPEG")[:-2])
    assert "lacks its last bytes" in call("compare", "--only", "custom-cnn", path).stdout
