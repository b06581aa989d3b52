"""How long an MP4's header is, by its boxes."""

import struct
from pathlib import Path

import pytest

from detectors.inputs.video_header import MAX_MOOV_BYTES, has_long_header


def box(kind: bytes, size: int, *, large: bool = False) -> bytes:
    return struct.pack(">I4sQ", 1, kind, size) if large else struct.pack(">I4s", size, kind)


@pytest.mark.parametrize(
    ("data", "long"),
    [
        (box(b"ftyp", 8) + box(b"moov", MAX_MOOV_BYTES + 1), True),
        (box(b"moov", MAX_MOOV_BYTES + 1, large=True), True),
        (box(b"moov", MAX_MOOV_BYTES), False),
        (box(b"mdat", 16, large=True) + box(b"moov", MAX_MOOV_BYTES + 1), True),
        (box(b"free", 4) + b"moov", False),  # smaller than its own header: what follows is no box
    ],
)
def test_a_size_is_read_in_either_of_its_two_forms(data: bytes, long: bool, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(data)
    assert has_long_header(tmp_path / "a.mp4") == long
