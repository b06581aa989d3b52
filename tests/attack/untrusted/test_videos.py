"""Malicious videos, opened as the page opens them: one sentence or its frames, in bounded time and memory."""

import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from detectors.inputs import video as video_file
from detectors.inputs.container import LONG_HEADER
from detectors.inputs.video import VideoError, open_video
from tests.detectors.pictures import quarters
from tests.detectors.videos import every, write_video

pytestmark = pytest.mark.slow
SECONDS, MEGABYTES = 30.0, 300.0


def box(kind: bytes, *content: bytes) -> bytes:
    """One box of an MP4."""
    whole = b"".join(content)
    return struct.pack(">I4s", 8 + len(whole), kind) + whole


def small(path: Path) -> bytes:
    frames = [np.roll(quarters(), 3 * step, axis=1) for step in range(5)]
    return write_video(path, frames, every(0.04, until=1)).read_bytes()


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes of a file or of another box: kind and content."""
    at = 0
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        yield kind, data[at + 8 : at + size]
        at += size


def rebuilt(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The file with another moov: its samples lie before it, so that no offset changes."""
    return b"".join(box(kind, change(content) if kind == b"moov" else content) for kind, content in boxes(data))


def many_tracks(data: bytes) -> bytes:
    """Twenty thousand tracks."""

    def change(moov: bytes) -> bytes:
        track = next(content for kind, content in boxes(moov) if kind == b"trak")
        return moov + box(b"trak", track) * 20_000

    return rebuilt(data, change)


def long_header(data: bytes) -> bytes:
    """Sixty megabytes of boxes with nothing in them before the tracks."""
    return rebuilt(data, lambda moov: box(b"free") * 7_500_000 + moov)


def deep_header(data: bytes) -> bytes:
    """Boxes in boxes, three thousand deep."""
    inner = b""
    for _ in range(3000):
        inner = box(b"moov", inner)
    return data + inner + b"".join(struct.pack(">I4s", 0x7FFFFFFF, b"trak") for _ in range(100_000))


def many_samples(data: bytes) -> bytes:
    """A table that says two thousand million samples follow, each of one byte."""
    at = data.index(b"stsz") + 8
    return data[:at] + struct.pack(">II", 1, 2_000_000_000) + data[at + 8 :]


def huge_frame(data: bytes) -> bytes:
    """A track that says its frames are 65,535 pixels wide and high."""
    at = data.index(b"avc1") + 28
    return data[:at] + struct.pack(">HH", 65_535, 65_535) + data[at + 4 :]


def long_words(data: bytes) -> bytes:
    """A title of fifty megabytes."""
    return rebuilt(
        data, lambda moov: moov + box(b"udta", box(b"\xa9nam", struct.pack(">HH", 65_535, 0), bytes(5 * 10**7)))
    )


def endless_edits(data: bytes) -> bytes:
    """A million edits, each of which shows the first frame again."""

    def change(moov: bytes) -> bytes:
        edits = struct.pack(">II", 0, 1_000_000) + struct.pack(">IiI", 1000, 0, 0x10000) * 1_000_000
        return b"".join(
            box(kind, content + box(b"edts", box(b"elst", edits)) if kind == b"trak" else content)
            for kind, content in boxes(moov)
        )

    return rebuilt(data, change)


ATTACKS = (many_tracks, long_header, deep_header, many_samples, huge_frame, long_words, endless_edits)
LONG = (many_tracks, long_header, deep_header, long_words)  # of these it is known before they are decoded


def try_video(path: Path) -> str:
    """The sentence it is refused with; empty where it is decoded."""
    try:
        with open_video(path) as video:
            list(video.frames([0.0, 0.1]))
    except VideoError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_a_malicious_video_costs_bounded_time_and_this_process_no_memory(
    tmp_path: Path, attack: Callable[..., bytes]
) -> None:
    whole = small(tmp_path / "whole.mp4")
    (tmp_path / "evil.mp4").write_bytes(attack(whole))
    process, began = psutil.Process(), time.monotonic()
    before = process.memory_info().rss
    said = try_video(tmp_path / "evil.mp4")
    assert (said == LONG_HEADER.format(noun="video")) == (attack in LONG)
    assert time.monotonic() - began < SECONDS
    assert (process.memory_info().rss - before) / 1e6 < MEGABYTES
    assert "\n" not in said and str(tmp_path) not in said
    assert try_video(tmp_path / "whole.mp4") == ""


def test_a_small_file_of_very_large_frames_is_refused_before_they_are_kept(tmp_path: Path) -> None:
    """Grey compresses a thousandfold: a frame of 48 megapixels in some kilobytes."""
    frame = np.full((6000, 8000, 3), 128, np.uint8)
    path = write_video(tmp_path / "a.mp4", [frame], [0.0])
    assert path.stat().st_size < 1_000_000
    assert try_video(path) == video_file.TOO_LARGE
