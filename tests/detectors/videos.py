"""Videos for the tests, made here: by time, so that rates may vary; turned, without pictures, without a length."""

import struct
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from registry.contract import Samples
from tests.detectors.pictures import portrait
from tests.detectors.sounds import add_sound

Pixels = NDArray[np.uint8]
CODECS = {".webm": "libvpx", ".avi": "mpeg4"} | dict.fromkeys((".mp4", ".mov", ".mkv", ".flv", ".ts"), "libx264")
MILLISECOND = Fraction(1, 1000)
UPRIGHT = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)  # the matrix of an MP4's track
QUARTER_TURN = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
DURATION = b"\x44\x89\x88"  # of a WebM: the name, and eight bytes to come


def write_video(
    path: Path,
    frames: Iterable[Pixels],
    times: Sequence[float],
    *,
    codec: str = "",
    pix_fmt: str = "yuv420p",
    flags: int = 0,
    about: Mapping[str, Any] | None = None,
    samples: Samples | None = None,
    **options: str,
) -> Path:
    """A video of these frames, uint8 RGB (h, w, 3), each shown from its time on, in seconds.

    samples: its sound, if any; about: attributes of the encoder; options: of the codec, as FFmpeg has them.
    """
    given = {"preset": "ultrafast", "deadline": "realtime", "cpu-used": "8"} | options
    with av.open(path, "w") as container:
        stream: Any = None  # PyAV cannot say that it is one of pictures
        for frame, at in zip(frames, times, strict=False):
            if stream is None:
                stream = container.add_stream(codec or CODECS[path.suffix], rate=25)
                stream.height, stream.width = frame.shape[:2]
                stream.pix_fmt, stream.options = pix_fmt, given
                stream.codec_context.flags |= flags
                if path.suffix != ".avi":  # whose clock is the frame rate
                    stream.codec_context.time_base = MILLISECOND
                for name, value in (about or {}).items():
                    setattr(stream.codec_context, name, value)
                encode_sound = None if samples is None else add_sound(container, samples, codec="aac")
            shown = av.VideoFrame.from_ndarray(frame, "rgb24")
            shown.pts, shown.time_base = round(at * 1000), MILLISECOND
            container.mux(stream.encode(shown))
        if stream is not None:
            container.mux(stream.encode())
            if encode_sound:
                encode_sound()
    return path


def every(seconds: float, *, until: float) -> list[float]:
    """Times from zero on, that far apart."""
    return [round(number * seconds, 3) for number in range(int(until / seconds + 1e-9))]


def still(frame: Pixels, count: int) -> list[Pixels]:
    return [frame] * count


def small_portrait(side: int = 320) -> Pixels:
    """The portrait, its face still large enough for a verdict."""
    return np.asarray(cv2.resize(portrait(), (side, side), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def moving_portrait(count: int, *, step: int = 6) -> list[Pixels]:
    """The portrait on a wall, going to the right: uint8 RGB (320, 512, 3)."""
    face, frames = small_portrait(), []
    for number in range(count):
        frame = np.full((320, 512, 3), (90, 110, 120), dtype=np.uint8)
        left = min(number * step, 512 - 320)
        frame[:, left : left + 320] = face
        frames.append(frame)
    return frames


def two_portraits(count: int) -> list[Pixels]:
    """Two of them side by side: uint8 RGB (320, 640, 3)."""
    face = small_portrait()
    return still(np.hstack([face, face[:, ::-1]]), count)


def write_sound(path: Path) -> Path:
    """A second of silence in a video's container."""
    with av.open(path, "w") as container:
        stream = container.add_stream("aac", rate=44_100)
        for number in range(40):
            sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), dtype=np.float32), "fltp", "mono")
            sound.sample_rate, sound.pts = 44_100, number * 1024
            container.mux(stream.encode(sound))
        container.mux(stream.encode())
    return path


def turn(path: Path) -> Path:
    """The same file, its header asking for a quarter turn to the right, as a phone held upright writes it."""
    data = path.read_bytes()
    assert data.count(UPRIGHT) >= 1
    at = data.index(UPRIGHT, data.index(b"tkhd"))
    path.write_bytes(data[:at] + QUARTER_TURN + data[at + len(UPRIGHT) :])
    return path


def forget_length(path: Path) -> Path:
    """The same WebM without its length, as a browser records it: the entry becomes an empty one (Void)."""
    data = path.read_bytes()
    at = data.index(DURATION)
    path.write_bytes(data[:at] + b"\xec\x89" + data[at + 2 :])
    return path


def write_talk(path: Path, samples: Samples, *, openings: Iterable[float], rate: float = 12.5) -> Path:
    """A video of the portrait with that sound, its mouth as wide open in each frame: from 0 to 1."""
    frames = [open_mouth(opening) for opening in openings]
    return write_video(path, frames, every(1 / rate, until=len(frames) / rate), samples=samples)


def open_mouth(opening: float) -> Pixels:
    """The portrait, what lies below its lips moved down and darkness between: uint8 RGB (512, 512, 3)."""
    face, gap = portrait().copy(), round(14 * opening)
    if gap:
        left, top, right, bottom = 198, 143, 248, 182  # of the mouth's lower half and the chin
        face[top + gap : bottom + gap, left:right] = portrait()[top:bottom, left:right]
        face[top : top + gap, left + 6 : right - 6] = (40, 15, 15)
    return face
