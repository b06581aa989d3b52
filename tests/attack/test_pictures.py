"""Pictures that attackers send: read, or refused in one plain sentence, at a small price."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from detectors.inputs.archive import is_zip
from detectors.inputs.header_limits import MAX_SCANS, TOO_MANY_SCANS, TOO_MUCH_EXIF
from detectors.inputs.images import ImageError, decode_image, read_image
from detectors.provenance import read_provenance
from tests.attack import corpus, zips
from tests.attack.isolated import Attempt, Tried, run_through
from tests.attack.targets import REFUSED, TAKEN, try_picture, try_provenance, try_zip
from tests.detectors.pictures import encode, quarters

pytestmark = pytest.mark.slow  # pictures as large as are let in

SOUND = corpus.sound()
SIXTEENTHS = range(16)
ZIP = zips.pack({"a.png": encode(quarters())})


def bombs(first: int) -> Iterator[Attempt]:
    """Every bomb, as a picture and for its provenance; then the zips; then the largest pictures that are let in."""
    made = [(attempt, make) for make in corpus.BOMBS.values() for attempt in (try_picture, try_provenance)]
    made += [(try_zip, make) for make in zips.ZIP_BOMBS.values()]
    made += [(try_picture, make) for make in corpus.LARGEST.values()]
    yield from ((attempt, make()) for attempt, make in made[first:])


@pytest.mark.parametrize("name", SOUND)
def test_every_sound_picture_is_read_whatever_its_metadata(name: str) -> None:
    assert try_picture(SOUND[name]) == TAKEN
    turned = ("turned.jpg", "turned.png")
    assert decode_image(SOUND[name]).shape == ((64, 48, 3) if name in turned else (48, 64, 3))


@pytest.mark.parametrize("name", SOUND)
def test_a_picture_cut_at_any_sixteenth_is_a_picture_or_one_sentence(name: str) -> None:
    data = SOUND[name]
    for part in SIXTEENTHS:
        try_picture(data[: len(data) * part // 16])
        try_provenance(data[: len(data) * part // 16])


def test_a_name_says_nothing_of_what_is_in_a_file(tmp_path: Path) -> None:
    endings = ("jpg", "png", "gif", "webp", "bmp", "tif", "svg", "exe", "zip", "")
    for number, data in enumerate(SOUND.values()):
        path = tmp_path / f"picture.{endings[number % len(endings)]}"
        path.write_bytes(data)
        assert np.array_equal(read_image(path).pixels, decode_image(data))


@pytest.mark.parametrize("tail", [ZIP, b"<script>alert(1)</script>", b"%PDF-1.4\n", SOUND["RGB.gif"], bytes(100_000)])
def test_a_picture_with_something_behind_it_is_that_picture_and_nothing_else(tail: bytes, tmp_path: Path) -> None:
    for name in ("RGB.jpeg", "RGB.png", "RGB.gif", "RGB.bmp", "RGB.tiff"):
        both = SOUND[name] + tail
        assert np.array_equal(decode_image(both), decode_image(SOUND[name])), name
        (tmp_path / "both").write_bytes(both)
        assert not is_zip(tmp_path / "both"), name


@pytest.mark.parametrize("head", [b"%PDF-1.4\n", b"<svg>", b"#!/bin/sh\n", b"GIF89a/*"])
def test_a_picture_behind_something_else_is_none(head: bytes) -> None:
    for name in ("RGB.jpeg", "RGB.png", "RGB.webp"):
        assert try_picture(head + SOUND[name]) == REFUSED


@pytest.mark.parametrize("name", corpus.HUGE)
def test_a_header_that_claims_too_much_or_nothing_is_refused(name: str) -> None:
    assert try_picture(corpus.HUGE[name]()) == REFUSED
    try_provenance(corpus.HUGE[name]())


@pytest.mark.parametrize("form", ["ICO", "PPM", "TGA", "PCX", "SGI", "JPEG2000", "ICNS"])
def test_a_format_that_nobody_asked_for_is_not_opened(form: str) -> None:
    data = encode(PIL.Image.fromarray(np.zeros((64, 64, 3), np.uint8)), form)
    with pytest.raises(ImageError, match=r"not a picture we can read|which is not read here"):
        decode_image(data)


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP", "TIFF", "AVIF"])
def test_what_moves_is_refused(form: str) -> None:
    with pytest.raises(ImageError, match="is animated or has several pages"):
        decode_image(corpus.moving(form))


def test_exif_that_goes_round_in_circles_still_turns_the_picture() -> None:
    data = corpus.jpeg_of_segments(corpus.looping_exif())
    assert decode_image(data).shape == (64, 48, 3)
    assert read_provenance(data).camera is None


def test_a_colour_space_that_is_not_known_is_one_sentence() -> None:
    lab = PIL.Image.frombytes("LAB", (64, 64), bytes(64 * 64 * 3))
    try_picture(encode(lab, "TIFF"))


def test_a_page_that_follows_itself_is_one_page() -> None:
    alone = corpus.tiff(corpus.grey_tags(), bytes(4096))
    assert try_picture(alone) == TAKEN
    assert try_picture(corpus.tiff(corpus.grey_tags(), bytes(4096), following=8 + 4096)) == TAKEN


def test_tags_that_claim_more_than_a_file_holds_are_refused() -> None:
    with pytest.raises(ImageError, match="state more data than the file holds"):
        decode_image(corpus.copied_tags(4096, 10))


def test_as_many_scans_as_encoders_write_are_read_and_ever_so_many_are_not() -> None:
    assert decode_image(corpus.many_scans(64, 64, 15)).shape == (64, 64, 3)
    with pytest.raises(ImageError, match=TOO_MANY_SCANS):
        decode_image(corpus.many_scans(64, 64, MAX_SCANS))


def test_exif_as_large_as_a_camera_writes_it_is_read_and_larger_is_not() -> None:
    exif = PIL.Image.Exif()
    exif[271], exif[37510] = "A camera", b"x" * 60_000
    buffer = io.BytesIO()
    PIL.Image.fromarray(quarters()).save(buffer, "JPEG", exif=exif)
    assert read_provenance(buffer.getvalue()).camera == "A camera"
    assert try_picture(buffer.getvalue()) == TAKEN
    large = corpus.crowded_exif(100_000, 10)
    for data in (
        corpus.jpeg_of_segments(large),
        encode(quarters(), "WEBP", exif=large),
        encode(quarters(), exif=large),
    ):
        with pytest.raises(ImageError, match=TOO_MUCH_EXIF):
            decode_image(data)


def test_no_bomb_and_no_largest_picture_costs_five_seconds_or_a_gigabyte() -> None:
    count = 2 * len(corpus.BOMBS) + len(zips.ZIP_BOMBS) + len(corpus.LARGEST)
    tried = list(run_through("tests.attack.test_pictures:bombs", last=count))
    assert len(tried) == count
    assert [one for one in tried if one.finding] == []
    largest = tried[-len(corpus.LARGEST) :]
    assert [one.said for one in largest] == [TAKEN] * len(corpus.LARGEST)
    refused = tried[: 2 * len(corpus.BOMBS) : 2]
    assert {name: said(one) for name, one in zip(corpus.BOMBS, refused, strict=True)} == dict.fromkeys(
        corpus.BOMBS, REFUSED
    )


def said(tried: Tried) -> str:
    return tried.said
