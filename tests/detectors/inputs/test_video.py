"""Every kind of file a visitor may bring as a video: its frames by their own times, upright, or one plain sentence."""

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from detectors.inputs import video as video_file
from detectors.inputs.kinds import tell_kind
from detectors.inputs.video import VideoError, check_video, open_video
from detectors.inputs.video_kinds import UNKNOWN
from detectors.jury.judge import Jury
from detectors.sandbox.confinement import Confinement
from detectors.sandbox.process import WorkerProcess
from detectors.video.judge import compare_video
from detectors.video.results import JudgedVideo
from registry import DetectorSpec, Image
from tests.detectors.pictures import encode, quarters
from tests.detectors.videos import every, forget_length, moving_portrait, still, turn, write_sound, write_video

RED, GREEN, BLUE = (200, 20, 30), (20, 190, 40), (30, 40, 210)


def read(path: Path, times: Sequence[float]) -> tuple[Any, list[Any]]:
    with open_video(path) as video:
        return video.about, list(video.frames(times))


def fade(count: int) -> list[Image]:
    """Frames whose brightness tells which they are."""
    return [np.full((48, 64, 3), 8 * number, dtype=np.uint8) for number in range(count)]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".webm"])
def test_frames_come_at_the_times_asked_for(tmp_path: Path, suffix: str) -> None:
    path = write_video(tmp_path / f"a{suffix}", fade(25), every(0.04, until=1))
    about, frames = read(path, [0.0, 0.2, 0.5, 5.0])
    assert (about.width, about.height) == (64, 48)
    assert about.seconds == pytest.approx(1.0, abs=0.1)
    assert [frame.at for frame in frames] == pytest.approx([0.0, 0.2, 0.52], abs=0.021)
    assert [frame.pixels.mean() for frame in frames] == pytest.approx([0, 40, 104], abs=12)


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_where_the_rate_varies_times_are_still_right(tmp_path: Path, suffix: str) -> None:
    times = [*every(0.04, until=0.4), 2.0, 4.0, 4.04, 4.08]
    path = write_video(tmp_path / f"a{suffix}", fade(len(times)), times)
    _, frames = read(path, every(0.5, until=4.5))
    assert [frame.at for frame in frames] == [0.0, 2.0, 4.0]
    assert [round(frame.pixels.mean() / 8) for frame in frames] == pytest.approx([0, 10, 11], abs=1)


def test_a_turned_video_is_seen_upright(tmp_path: Path) -> None:
    path = turn(write_video(tmp_path / "phone.mp4", still(quarters(), 5), every(0.04, until=1)))
    about, (frame,) = read(path, [0.0])
    assert (about.width, about.height) == (48, 64)
    upright = np.rot90(quarters(), -1)  # to the right
    assert np.abs(frame.pixels.astype(int) - upright).mean() < 12


def test_a_recording_that_does_not_say_its_length_is_measured(tmp_path: Path) -> None:
    path = forget_length(write_video(tmp_path / "recorded.webm", fade(25), every(0.1, until=2.5)))
    about, frames = read(path, [0.0, 1.0])
    assert about.seconds == pytest.approx(2.4, abs=0.11)
    assert [frame.at for frame in frames] == [0.0, 1.0]


def test_a_recording_without_a_length_is_measured_to_its_end(tmp_path: Path) -> None:
    """Also beyond what is judged at once: its later parts can be chosen."""
    path = forget_length(write_video(tmp_path / "a.webm", still(quarters(), 90), every(10.0, until=900)))
    with open_video(path) as video:
        assert 890 <= video.about.seconds <= 900
    judged = compare(path, start=850.0)
    assert judged.error is None and judged.looks[0] == 850.0 and judged.looks[-1] == 890.0


@pytest.mark.parametrize("name", ["a.mp4", "a.avi"])
def test_what_builds_on_a_damaged_frame_is_not_shown(tmp_path: Path, name: str) -> None:
    """Of three seconds with a key frame each, the second one's is damaged."""
    times = every(0.04, until=3)
    path = write_video(tmp_path / name, moving_portrait(75, step=2), times, g="25", bf="0")
    with av.open(path) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    whole, data, (place, size) = frames_of(path), bytearray(path.read_bytes()), places[25]
    data[place + size // 3 : place + size // 3 + 40] = np.random.default_rng(0).bytes(40)
    path.write_bytes(data)
    shown = frames_of(path)
    assert set(shown) == {at for at in times if not 1 <= at < 2}
    assert all(np.array_equal(shown[at], whole[at]) for at in shown)


def frames_of(path: Path) -> dict[float, Image]:
    with open_video(path) as video:
        return {frame.at: frame.pixels for frame in video.frames(every(0.04, until=3))}


def test_a_part_far_into_three_hours_is_found_without_decoding_all_before_it(tmp_path: Path) -> None:
    times = every(10, until=3 * 3600)
    path = write_video(tmp_path / "long.mp4", still(quarters(), len(times)), times)
    about, frames = read(path, [7201.0, 7205.0, 7230.0])
    assert about.seconds == pytest.approx(3 * 3600, rel=0.01)
    assert [frame.at for frame in frames] == [7210.0, 7230.0]


def broken(path: Path) -> Path:
    data = bytearray(path.read_bytes())
    at = data.index(b"moov")
    data[at + 8 :] = os.urandom(len(data) - at - 8)
    path.write_bytes(data)
    return path


def test_files_that_are_no_video_each_get_one_plain_sentence(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.mp4", fade(25), every(0.04, until=1))
    said = {}
    for name, make in {
        "empty": lambda path: path.write_bytes(b""),
        "text": lambda path: path.write_text("Not a video."),
        "picture": lambda path: path.write_bytes(encode(quarters())),
        "playlist": lambda path: path.write_text(f"#EXTM3U\n#EXTINF:10,\nfile://{whole}\n#EXT-X-ENDLIST\n"),
        "concat": lambda path: path.write_text(f"ffconcat version 1.0\nfile '{whole}'\n"),
        "ebml": lambda path: path.write_bytes(b"\x1a\x45\xdf\xa3\x01\x42\x82\x88document" + bytes(50)),
        "head alone": lambda path: path.write_bytes(whole.read_bytes()[:40]),
        "noise": lambda path: path.write_bytes(whole.read_bytes()[:16] + os.urandom(3000)),
    }.items():
        path = tmp_path / f"{name}.mp4"
        make(path)
        with pytest.raises(VideoError) as caught:
            read(path, [0.0])
        said[name] = str(caught.value)
        assert str(tmp_path) not in said[name]
    with pytest.raises(VideoError) as caught:
        read(broken(whole), [0.0])
    assert said["empty"] == "The file is empty."
    assert {said[name] for name in ("text", "picture", "playlist", "concat", "ebml")} == {UNKNOWN}
    assert {said["head alone"], said["noise"], str(caught.value)} == {video_file.NOTHING}


def test_sound_alone_is_told_apart_from_a_video(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="No moving pictures"):
        read(write_sound(tmp_path / "song.mp4"), [0.0])


def test_a_cut_off_file_gives_what_is_there(tmp_path: Path) -> None:
    path = write_video(tmp_path / "cut.webm", [quarters() + np.uint8(n) for n in range(50)], every(0.1, until=5))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    _, frames = read(path, every(0.5, until=5))
    assert 1 <= len(frames) < 10


def test_of_a_frame_that_is_cut_in_two_no_half_is_shown(tmp_path: Path) -> None:
    noise = np.random.default_rng(3).integers(0, 255, (10, 96, 128, 3), dtype=np.uint8)
    path = write_video(tmp_path / "cut.avi", list(noise), every(0.04, until=0.4), g="1")
    _, whole = read(path, every(0.04, until=0.4))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 55 // 100])
    _, frames = read(path, every(0.04, until=0.4))
    assert 2 <= len(frames) < len(whole)
    assert all(np.array_equal(half.pixels, clean.pixels) for half, clean in zip(frames, whole, strict=False))


def test_a_file_that_is_too_large_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "large.mp4"
    with path.open("wb") as file:
        file.write(b"\0\0\0\x18ftypisom")
        file.truncate(video_file.MAX_BYTES + 1)
    with pytest.raises(VideoError, match="larger than 250 MB"):
        check_video(path)


def test_frames_of_too_many_pixels_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(tmp_path / "huge.mp4", still(quarters(), 3), every(0.04, until=1))
    monkeypatch.setattr(video_file, "MAX_PIXELS", 64 * 48 - 1)
    with pytest.raises(VideoError, match="more than 9 million pixels"):
        read(path, [0.0])


def test_a_decoder_that_hangs_or_dies_is_one_sentence_and_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(tmp_path / "a.mp4", fade(10), every(0.04, until=1))
    started: list[WorkerProcess] = []
    original = WorkerProcess.__init__

    def start(self: WorkerProcess, *given: Any, **more: Any) -> None:
        original(self, *given, **more)
        started.append(self)

    monkeypatch.setattr(WorkerProcess, "__init__", start)
    with open_video(path) as video, pytest.raises(VideoError, match="takes too long"):
        os.kill(started[-1]._process.pid, signal.SIGSTOP)
        monkeypatch.setattr(video_file, "FRAME_SECONDS", 0.5)
        list(video.frames([0.0]))
    with open_video(path) as video, pytest.raises(VideoError, match="damaged"):
        os.kill(started[-1]._process.pid, signal.SIGKILL)
        list(video.frames([0.0]))
    assert not any(worker.runs for worker in started)


@pytest.mark.parametrize("kind", ["playlist", "concat", "flv"])
def test_the_decoder_itself_opens_no_playlist_and_no_other_container(tmp_path: Path, kind: str) -> None:
    whole, path = write_video(tmp_path / "whole.mp4", fade(5), every(0.04, until=1)), tmp_path / "a.mp4"
    if kind == "flv":
        write_video(tmp_path / "a.flv", fade(5), every(0.04, until=1)).rename(path)
    else:
        playlist = f"#EXTM3U\n#EXTINF:10,\n{whole}\n#EXT-X-ENDLIST\n"
        path.write_text(playlist if kind == "playlist" else f"ffconcat version 1.0\nfile '{whole}'\n")
    reach = Confinement(files=(path, whole))
    worker = WorkerProcess("detectors.inputs.video_decoder", memory=video_file.MEMORY_BYTES, limit=1000, reach=reach)
    limits = {"memory": video_file.MEMORY_BYTES, "pixels": video_file.MAX_PIXELS}
    answer, _ = worker.ask({"open": str(path)} | limits, seconds=60)
    worker.end()
    assert answer == {"error": video_file.NOTHING}


def test_videos_are_told_by_their_beginning_and_else_by_their_name(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", fade(3), every(0.04, until=1)).rename(tmp_path / "a")
    (tmp_path / "b.mp4").write_bytes(b"")
    (tmp_path / "c.jpg").write_bytes(b"\0\0\0\x18ftypheic")
    are_videos = [tell_kind(tmp_path / name) == "video" for name in ("a", "b.mp4", "c.jpg", "gone.png")]
    assert are_videos == [True, True, False, False]


def compare(path: Path, *, start: float = 0.0) -> JudgedVideo:
    with Jury([DetectorSpec(key="face", title="Face", load=lambda: lambda image: 0.3)]) as jury:
        return compare_video(path, jury, start=start)


def test_a_second_track_that_is_not_judged_is_said(tmp_path: Path) -> None:
    path = tmp_path / "two.mkv"
    with av.open(path, "w") as container:
        for size in (64, 128):
            stream: Any = container.add_stream("libx264", rate=2)
            stream.height = stream.width = size
        for stream in container.streams.video:
            for _ in range(4):
                container.mux(stream.encode(av.VideoFrame(stream.width, stream.height, "yuv420p")))
            container.mux(stream.encode())
    assert compare(path).notes == ("The file has 2 video tracks; only one of them was seen.",)


def test_the_clock_of_a_matroska_file_may_begin_late(tmp_path: Path) -> None:
    times = [round(100 + number / 10, 1) for number in range(40)]
    judged = compare(write_video(tmp_path / "a.mkv", [np.zeros((64, 64, 3), np.uint8)] * 40, times))
    assert (judged.notes, len(judged.looks)) == ((), 8)
    assert 3.9 <= judged.seconds <= 4.1


@pytest.mark.parametrize(
    ("width", "height", "sentence"),
    [
        (10_000, 10_000, video_file.TOO_LARGE),
        (640, 3, f"The video is too small: 640 x 3, at least {video_file.MIN_SIDE} a side."),
    ],
)
def test_a_size_that_is_not_judged_is_a_sentence(width: int, height: int, sentence: str) -> None:
    with pytest.raises(VideoError) as refused:
        video_file._check(video_file.VideoHeader(width, height, 1.0))
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        ((48, 64), video_file.DAMAGED),
        ((48, 64, 4), video_file.DAMAGED),
        ((1, 64, 3), video_file.DAMAGED),
        ((10_000, 10_000, 3), video_file.TOO_LARGE),
    ],
)
def test_a_frame_that_is_not_what_the_header_said_is_a_sentence(shape: tuple[int, ...], sentence: str) -> None:
    pixels = np.broadcast_to(np.uint8(7), shape)  # which takes no memory
    with pytest.raises(VideoError) as refused:
        video_file._check_pixels(pixels)
    assert str(refused.value) == sentence
    assert video_file._check_pixels(np.zeros((48, 64, 3), np.uint8)).shape == (48, 64, 3)
