"""A video file as a sequence of frames with their times, decoded in a process of its own.

A video is untrusted input to a large decoder, which therefore runs where it can be timed out and killed, in bounded
memory. What the file is, is told by its first bytes, never by its name; anything but MP4, MOV, WebM, MKV and AVI is
refused before it is opened, and the decoder may open neither other files nor addresses. Everything refused is a
VideoError.
"""

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from detectors.inputs import video_kinds
from detectors.inputs.container import Readable, check_container
from detectors.inputs.images import ImageError
from detectors.sandbox.confinement import Confinement
from detectors.sandbox.process import WorkerFaultError, WorkerProcess
from detectors.sandbox.protocol import Array, Values
from registry import Image

MAX_BYTES = 250_000_000
MAX_SECONDS = 600.0  # judged at once
MAX_PIXELS = 4096 * 2304  # of a frame: 4K of a camera or a cinema
MIN_SIDE = 16
MEMORY_BYTES = 1_000_000_000  # the decoder's, resident
OPEN_SECONDS = 120.0  # a file that says no length is read through once
FRAME_SECONDS = 60.0  # to the next wanted frame: some hundred frames of 4K lie between two on a slow machine

NOTHING = "No moving pictures can be read from this file: it is damaged, or holds only sound."
DAMAGED = "The video is damaged and cannot be decoded."
TOO_LARGE = f"The video has frames of more than {MAX_PIXELS / 1e6:.0f} million pixels."
TOO_SLOW = "The video takes too long to decode; make it smaller and try again."


class VideoError(ImageError):
    """This is not a video we can judge. The message is one sentence for the visitor."""


@dataclass(frozen=True)
class Frame:
    """One picture of a video. at: seconds from its beginning; pixels: uint8 RGB (h, w, 3), upright."""

    at: float
    pixels: Image


@dataclass(frozen=True)
class VideoHeader:
    """What a video's header says. seconds: its length; tracks: of moving pictures, of which one is judged."""

    width: int
    height: int
    seconds: float
    tracks: int = 1


READABLE = Readable("video", video_kinds.is_readable, video_kinds.say_container, VideoError)


def check_video(path: Path) -> None:
    """Refuse what need not be opened to be refused. Raises VideoError."""
    check_container(path, READABLE, limit=MAX_BYTES)


def hash_file(path: Path) -> str:
    """The SHA-256 of a file of any size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def reach_of_decoder(path: Path) -> Confinement:
    """What the process that decodes a video may reach: that file."""
    return Confinement(files=(path.resolve(),))


@contextmanager
def open_video(path: Path) -> Iterator["Video"]:
    """A checked video, open until left. Raises VideoError."""
    check_video(path)
    reach = reach_of_decoder(path)
    worker = WorkerProcess("detectors.inputs.video_decoder", memory=MEMORY_BYTES, limit=3 * MAX_PIXELS, reach=reach)
    try:
        yield Video(worker, path)
    finally:
        worker.end()


class Video:
    """An open video. about: what its header says; lost: pieces that could not be decoded so far; ends: where the last
    frame ends, in seconds, once that was reached.
    """

    def __init__(self, worker: WorkerProcess, path: Path) -> None:
        self._worker = worker
        self._last, self.lost = -1.0, 0
        self.ends: float | None = None
        order = {"open": str(path.resolve()), "memory": MEMORY_BYTES, "pixels": MAX_PIXELS}
        self.about = _check(VideoHeader(**self._ask(order, seconds=OPEN_SECONDS)[0]))

    def frames(self, times: Iterable[float]) -> Iterator[Frame]:
        """The first frame at or after each of these times, in seconds, ascending; ends where the video does.

        A frame that stands for long is given once. The next one is decoded while this one is looked at. Raises
        VideoError.
        """
        left = iter(times)
        ahead = ThreadPoolExecutor(1, thread_name_prefix="frames")
        try:
            coming = ahead.submit(self._find_next, left)
            while frame := coming.result():
                coming = ahead.submit(self._find_next, left)
                yield frame
        finally:  # also when nobody wants the next one any more, which need not be waited for
            ahead.shutdown(wait=False, cancel_futures=True)

    def _find_next(self, times: Iterator[float]) -> Frame | None:
        at = next((time for time in times if time > self._last), None)
        if at is None:
            return None
        values, pixels = self._ask({"at": at}, seconds=FRAME_SECONDS)
        self.lost = int(values["lost"])
        if pixels is None:
            self.ends = float(values["at"])
            return None
        self._last = float(values["at"])
        return Frame(self._last, _check_pixels(pixels))

    def _ask(self, order: Values, *, seconds: float) -> tuple[Values, Array | None]:
        try:
            values, pixels = self._worker.ask(order, seconds=seconds)
        except WorkerFaultError as error:
            raise VideoError(TOO_SLOW if "longer than" in str(error) else DAMAGED) from error
        if "error" in values:
            raise VideoError(str(values["error"]))
        return values, pixels


def _check(about: VideoHeader) -> VideoHeader:
    if about.width * about.height > MAX_PIXELS:
        raise VideoError(TOO_LARGE)
    if min(about.width, about.height) < MIN_SIDE:
        raise VideoError(f"The video is too small: {about.width} x {about.height}, at least {MIN_SIDE} a side.")
    return about


def _check_pixels(pixels: Array) -> Image:
    """A frame as it came, which may be of another size than the header said."""
    if pixels.ndim != 3 or pixels.shape[2] != 3 or min(pixels.shape[:2]) < MIN_SIDE:
        raise VideoError(DAMAGED)
    if pixels.shape[0] * pixels.shape[1] > MAX_PIXELS:
        raise VideoError(TOO_LARGE)
    return np.asarray(pixels, dtype=np.uint8)
