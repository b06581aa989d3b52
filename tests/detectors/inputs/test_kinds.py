"""What a file is taken for, by its first bytes and only then by its name."""

import io
from pathlib import Path

import PIL.Image
import pytest

from detectors.inputs.kinds import tell_kind
from detectors.inputs.picture_kinds import FORMATS, is_picture_file
from tests.detectors.sounds import to_wav, voice

WINDOWS_MEDIA = b"0&\xb2u\x8ef\xcf\x11" + bytes(100)
MP4, M4A, HEIC = (b"\0\0\0\x18ftyp" + brand + bytes(100) for brand in (b"isom", b"M4A ", b"heic"))
OPUS, THEORA = b"OggS\0\2" + bytes(22) + b"\1\x13OpusHead", b"OggS\0\2" + bytes(22) + b"\1\x2a\x80theora"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("photo.mp4", PNG, "picture"),
        ("photo.wav", PNG, "picture"),
        ("photo.mov", HEIC, "picture"),
        ("photo", PNG, "picture"),
        ("speech.mp4", to_wav(voice(0.1)), "sound"),
        ("speech.opus", OPUS, "sound"),
        ("speech.ogv", OPUS, "sound"),
        ("speech.m4a", M4A, "sound"),
        ("speech.m4a", MP4, "sound"),  # as some recorders begin theirs
        ("speech.mp4", b"FORM\0\0\0\0AIFF", "sound"),
        ("speech.wma", WINDOWS_MEDIA, "sound"),
        ("film.wmv", WINDOWS_MEDIA, "video"),
        ("film.jpg", MP4, "video"),
        ("film.ogg", THEORA, "video"),
        ("film.mp3", b"FLV\1" + bytes(100), "video"),
        ("unknown.mp4", b"text", "video"),
        ("unknown.mp3", b"text", "sound"),
        ("unknown.txt", b"text", "picture"),
        ("empty.mp4", b"", "video"),
    ],
)
def test_its_name_counts_only_where_its_first_bytes_say_nothing(
    tmp_path: Path, name: str, data: bytes, kind: str
) -> None:
    (tmp_path / name).write_bytes(data)
    assert tell_kind(tmp_path / name) == kind


@pytest.mark.parametrize("written", FORMATS)
def test_every_kind_of_picture_that_is_read_is_known_by_its_first_bytes(written: str) -> None:
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (20, 20)).save(buffer, written)
    assert is_picture_file(buffer.getvalue()[:600])
