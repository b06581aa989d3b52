"""The videos that cameras, editors and downloads leave: each is seen as a player shows it, or named with the way out.

All go through `compare_video`, which command line and page call.
"""

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from detectors.inputs.kinds import tell_kind
from detectors.jury.judge import Jury
from detectors.video.judge import compare_video
from detectors.video.results import JudgedVideo, say_video
from registry import DetectorSpec, Image
from tests.detectors.videos import every, moving_portrait, small_portrait, still, turn, write_video

INTERLACED = 1 << 18 | 1 << 29  # AV_CODEC_FLAG_INTERLACED_DCT and _ME
TIMES = every(0.25, until=2)


def judge(path: Path, start: float = 0.0) -> tuple[JudgedVideo, list[Image]]:
    """What is said of it, and the whole frames that were judged."""
    seen: list[Image] = []

    def note(image: Image) -> float:
        seen.append(image)
        return 0.2

    spec = DetectorSpec(key="whole", title="Whole", load=lambda: note)
    whole = DetectorSpec(key="whole", title="Whole", load=spec.load, expects="image")
    face = DetectorSpec(key="face", title="Face", load=lambda: lambda image: 0.3)
    with Jury([face, whole]) as jury:
        return compare_video(path, jury, start=start), seen


def faces(judged: JudgedVideo) -> list[int]:
    """How many frames each person was seen on."""
    return [len(person.frames) for person in judged.persons]


def check_seen(path: Path, *, tolerance: float = 6.0) -> JudgedVideo:
    """The portrait was judged at all four frames, nearly as it was written."""
    judged, (first, *_) = judge(path)
    assert (judged.error, judged.notes, faces(judged)) == (None, (), [4])
    assert np.abs(first.astype(int) - small_portrait()).mean() < tolerance
    return judged


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("h264.mp4", {"codec": "libx264"}),
        ("interlaced.mp4", {"codec": "libx264", "flags": INTERLACED, "x264opts": "tff=1"}),
        ("bottom-first.mkv", {"codec": "libx264", "flags": INTERLACED, "x264opts": "bff=1"}),
        ("camcorder.avi", {"codec": "mpeg2video", "flags": INTERLACED, "qmin": "2", "qmax": "4"}),
        ("high10.mp4", {"codec": "libx264", "pix_fmt": "yuv420p10le"}),
        ("hevc10.mkv", {"codec": "libx265", "pix_fmt": "yuv420p10le", "x265-params": "log-level=none"}),
        ("av1.mp4", {"codec": "libsvtav1", "preset": "12"}),
        ("av1.webm", {"codec": "libsvtav1", "preset": "12"}),
        ("422.mov", {"codec": "prores_ks", "pix_fmt": "yuv422p10le"}),
        ("lossless.mkv", {"codec": "ffv1", "pix_fmt": "bgr0"}),
        ("444.mp4", {"codec": "libx264", "pix_fmt": "yuv444p"}),
        ("old.avi", {"codec": "mpeg4", "qmin": "2", "qmax": "4"}),
        ("camera.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p", "qmin": "2", "qmax": "4"}),
        ("vp9.webm", {"codec": "libvpx-vp9", "crf": "20"}),
    ],
)
def test_the_face_is_seen_in_every_usual_coding(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    check_seen(write_video(tmp_path / name, still(small_portrait(), len(TIMES)), TIMES, **options))


def test_lines_of_two_times_do_not_become_a_comb(tmp_path: Path) -> None:
    ways = moving_portrait(2 * len(TIMES), step=4)
    woven = []
    for first, second in zip(ways[::2], ways[1::2], strict=True):
        frame = first.copy()
        frame[1::2] = second[1::2]
        woven.append(frame)
    options: dict[str, Any] = {"codec": "libx264", "flags": INTERLACED, "x264opts": "tff=1:bitrate=4000"}
    path = write_video(tmp_path / "woven.mp4", woven, TIMES, **options)
    judged, seen = judge(path)
    assert faces(judged) == [4]

    def comb(frame: Image) -> float:  # how much a line differs from both its neighbours
        grey = frame.astype(float).mean(axis=2)
        return np.abs(grey[1:-1] - (grey[:-2] + grey[2:]) / 2).mean()

    assert comb(seen[1]) < 1.5 * comb(ways[4]) < 0.5 * comb(woven[2])


@pytest.mark.parametrize(
    ("aspect", "kept", "shown"),
    [((16, 9), (slice(None), slice(0, 320, 2)), (284, 320)), ((1, 2), (slice(0, 320, 2), slice(None)), (320, 320))],
)
def test_an_anamorphic_video_is_judged_in_the_shape_it_is_shown_in(
    tmp_path: Path, aspect: tuple[int, int], kept: tuple[slice, slice], shown: tuple[int, int]
) -> None:
    squeezed = np.ascontiguousarray(small_portrait()[kept])
    about = {"sample_aspect_ratio": Fraction(*aspect)}
    path = write_video(tmp_path / "a.mp4", still(squeezed, len(TIMES)), TIMES, about=about)
    judged, (first, *_) = judge(path)
    assert (judged.width, judged.height) == shown == (first.shape[1], first.shape[0])
    assert faces(judged) == [4]


def test_a_turned_anamorphic_video_has_the_shape_of_both(tmp_path: Path) -> None:
    squeezed = np.ascontiguousarray(np.rot90(small_portrait())[:, ::2])
    about = {"sample_aspect_ratio": Fraction(2, 1)}
    path = turn(write_video(tmp_path / "a.mp4", still(squeezed, len(TIMES)), TIMES, about=about))
    check_seen(path, tolerance=12)


def flip(path: Path) -> Path:
    """The same file, its header asking for a mirror image, as a selfie camera may write it."""
    data, matrix = path.read_bytes(), struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    at = data.index(matrix, data.index(b"tkhd"))
    path.write_bytes(data[:at] + struct.pack(">i", -0x10000) + data[at + 4 :])
    return path


def test_a_mirrored_video_is_seen_as_it_is_shown(tmp_path: Path) -> None:
    mirrored = np.ascontiguousarray(small_portrait()[:, ::-1])
    check_seen(flip(write_video(tmp_path / "a.mp4", still(mirrored, len(TIMES)), TIMES)))


@pytest.mark.parametrize(("matrix", "height"), [(1, 64), (5, 64), (9, 64), (2, 64), (2, 720)])
def test_colours_are_those_that_a_player_shows(tmp_path: Path, matrix: int, height: int) -> None:
    """2: a file that does not say its matrix, which is taken for BT.601 when small and for BT.709 from 720 lines on."""
    red = np.full((height, 96, 3), (200, 20, 30), dtype=np.uint8)
    means = {2: 5 if height < 720 else 1}.get(matrix, matrix)
    path = tmp_path / "a.mp4"
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, height, "yuv420p"
        stream.codec_context.colorspace = matrix
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(red, "rgb24").reformat(format="yuv420p", dst_colorspace=means)
            frame.colorspace, frame.pts, frame.time_base = matrix, number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    _, (first, *_) = judge(path)
    assert np.abs(first[height // 2, 48].astype(int) - (200, 20, 30)).max() <= 4


def test_high_dynamic_range_is_brought_to_what_a_picture_can_show(tmp_path: Path) -> None:
    """BT.2408: a white sheet of paper, 203 nits, has the PQ code 0.58; it becomes (nearly) white, not grey."""
    path = tmp_path / "hdr.mp4"
    white = np.full((64, 96, 3), round(0.5807 * 65535), dtype=np.uint16)
    with av.open(path, "w") as container:
        stream = container.add_stream("libx265", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p10le"
        stream.options = {"x265-params": "log-level=none"}
        context = stream.codec_context
        context.color_trc, context.color_primaries, context.colorspace, context.color_range = 16, 9, 9, 1
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(white, "rgb48le").reformat(format="yuv420p10le", dst_colorspace=9)
            frame.color_trc, frame.color_primaries, frame.colorspace, frame.color_range = 16, 9, 9, 1
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    _, (first, *_) = judge(path)
    assert first.mean() > 235
    assert white.mean() / 257 < 150  # what it would be as it is stored


def edit(path: Path, *, begin: float, seconds: float) -> Path:
    """The same MP4, playing that part of its frames only, as a phone trims without coding again."""
    data = bytearray(path.read_bytes())
    movie = struct.unpack_from(">I", data, data.index(b"mvhd") + 16)[0]  # ticks a second
    media = struct.unpack_from(">I", data, data.index(b"mdhd") + 16)[0]
    struct.pack_into(">Ii", data, data.index(b"elst") + 12, round(seconds * movie), round(begin * media))
    path.write_bytes(data)
    return path


def test_of_a_trimmed_video_only_what_plays_is_judged(tmp_path: Path) -> None:
    fade = [np.full((64, 96, 3), 4 * number, dtype=np.uint8) for number in range(50)]
    path = edit(write_video(tmp_path / "a.mp4", fade, every(0.1, until=5)), begin=2.0, seconds=1.5)
    judged, seen = judge(path)
    assert judged.seconds == pytest.approx(1.5, abs=0.11)
    assert judged.looks == pytest.approx([0.0, 0.5, 1.0], abs=0.05)
    assert [frame.mean() for frame in seen] == pytest.approx([80, 100, 120], abs=6)
    assert judged.notes == ()


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt", "said"),
    [
        ("a.mov", "qtrle", "rgb24", "coded as qtrle"),
        ("a.avi", "cinepak", "rgb24", "coded as cinepak"),
        ("a.mkv", "snow", "yuv420p", "coded as snow"),
        ("a.mov", "jpeg2000", "rgb24", "coded as jpeg2000"),
    ],
)
def test_a_codec_that_is_not_decoded_is_named_with_the_way_out(
    tmp_path: Path, name: str, codec: str, pix_fmt: str, said: str
) -> None:
    options: dict[str, Any] = {"codec": codec, "pix_fmt": pix_fmt, "strict": "experimental"}
    judged, seen = judge(write_video(tmp_path / name, still(small_portrait(), len(TIMES)), TIMES, **options))
    assert said in judged.error and "convert it to MP4 with H.264" in judged.error and not seen


def test_a_codec_that_nobody_knows_is_told(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", still(small_portrait(), 4), every(0.25, until=1))
    path.write_bytes(path.read_bytes().replace(b"avc1", b"xyz1").replace(b"isom", b"mp42"))
    assert "which is not decoded here: convert it to MP4" in judge(path)[0].error


def test_an_encrypted_video_is_told(tmp_path: Path) -> None:
    key = {"encryption_key": "76a6c65c5ea762046bd749a2e632ccbb", "encryption_kid": "a7e61c373e219033c21091fa607bf3b8"}
    path = tmp_path / "a.mp4"
    with av.open(path, "w", options={"encryption_scheme": "cenc-aes-ctr"} | key) as container:
        stream = container.add_stream("libx264", rate=4)
        stream.width, stream.height = 320, 320
        for number in range(8):
            frame = av.VideoFrame.from_ndarray(small_portrait(), "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 4)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert "encrypted" in judge(path)[0].error


STARTS = {
    "clip.wmv": (b"0&\xb2u\x8ef\xcf\x11", "Windows Media"),
    "clip.flv": (b"FLV\x01\x05", "Flash"),
    "clip.ogv": (b"OggS\0\2" + bytes(22) + b"\1\x2a\x80theora", "Ogg"),
    "clip.mpg": (b"\0\0\1\xba\x44", "MPEG program stream"),
    "clip.rm": (b".RMF\0", "RealMedia"),
    "clip.mxf": (b"\x06\x0e\x2b\x34\x02", "MXF"),
    "clip.264": (b"\0\0\0\1\x67", "without a container"),
    "clip.mts": ((b"\0\0\0\0\x47" + bytes(187)) * 4, "MPEG transport stream"),
    "clip.ts": ((b"\x47" + bytes(187)) * 4, "MPEG transport stream"),
}


@pytest.mark.parametrize("name", STARTS)
def test_a_container_that_is_not_read_is_named_with_the_way_out(tmp_path: Path, name: str) -> None:
    start, said = STARTS[name]
    path = tmp_path / name
    path.write_bytes(start + bytes(500))
    assert tell_kind(path) == "video"
    assert said in judge(path)[0].error and "convert it to MP4" in judge(path)[0].error


def test_frames_that_could_not_be_decoded_are_not_called_empty(tmp_path: Path) -> None:
    """Of the whole stream nothing is left but its header: there is a sentence, and no word of faces."""
    path = write_video(tmp_path / "a.mkv", still(small_portrait(), 40), every(0.25, until=10), g="1")
    data = bytearray(path.read_bytes())
    begin = data.index(b"\x1f\x43\xb6\x75") + 200  # the first cluster
    data[begin:-600] = bytes(len(data) - 600 - begin)
    path.write_bytes(data)
    judged, _ = judge(path)
    assert judged.error is not None or "not seen" in say_video(judged)


def test_what_a_cut_off_file_does_not_show_is_said(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (24, 96, 128, 3), dtype=np.uint8)
    path = write_video(tmp_path / "a.webm", list(noise), every(0.5, until=12))
    assert judge(path)[0].notes == ()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    judged, _ = judge(path)
    assert judged.error is None and 4 < len(judged.looks) < 20
    (note,) = judged.notes
    assert "though its length is 0:11.5; the rest was not seen" in note
    assert note in say_video(judged) and judged.as_dict()["notes"] == [note]


def test_damaged_pieces_in_the_middle_are_said(tmp_path: Path) -> None:
    noise = np.random.default_rng(2).integers(0, 255, (24, 96, 128, 3), dtype=np.uint8)
    path = write_video(tmp_path / "a.mp4", list(noise), every(0.5, until=12), g="1")
    data = bytearray(path.read_bytes())
    middle = data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 2
    data[middle : middle + 20_000] = bytes(20_000)
    path.write_bytes(data)
    judged, _ = judge(path)
    assert any("damaged" in note for note in judged.notes)
