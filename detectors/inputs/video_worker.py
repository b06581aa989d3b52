"""The worker of `detectors.inputs.video`: opens and decodes one video in a process of its own.

Orders: {"open": path, "memory": bytes, "longest": seconds} -> {"width", "height", "seconds"}, then {"at": seconds} ->
{"at": seconds} with a frame, or {} at the end. What goes wrong is {"error": a sentence}.
"""

import math
import os
from dataclasses import dataclass, field
from typing import IO

from detectors.inputs.video import DAMAGED, NOTHING
from detectors.sandbox import bootstrap
from detectors.sandbox.protocol import Array, Values, receive, send

# Read by OpenCV when it opens a file: no other protocol, no other container, whatever the file itself would like.
os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "protocol_whitelist;file|format_whitelist;mov,matroska"
os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "-8"  # AV_LOG_QUIET: a broken file may complain without end
os.environ["OPENCV_LOG_LEVEL"] = "OFF"
import cv2

THREADS = 2  # of the decoder: each holds a frame
SEEK_FROM_SECONDS = 20.0  # farther ahead, jumping to a key frame is faster than decoding up to there
LONGEST_SECONDS = 100_000_000.0  # more than that is no length, but a header that says none


class UnreadableError(ValueError):
    """The message is one sentence for the visitor."""


@dataclass
class Reader:
    """An open video. at: seconds, of the frame that was decoded last; -1 before the first."""

    path: str
    at: float = -1.0
    capture: cv2.VideoCapture = field(init=False)

    def __post_init__(self) -> None:
        self.reopen()

    def reopen(self) -> None:
        """To the beginning. Raises UnreadableError."""
        options = [cv2.CAP_PROP_N_THREADS, THREADS, cv2.CAP_PROP_HW_ACCELERATION, cv2.VIDEO_ACCELERATION_NONE]
        self.capture, self.at = cv2.VideoCapture(self.path, cv2.CAP_FFMPEG, options), -1.0
        if not self.capture.isOpened():
            raise UnreadableError(NOTHING)

    def describe(self, longest: float) -> Values:
        """What the header says. One that says no length is read through once, up to `longest` seconds."""
        width, height = (int(self.capture.get(side)) for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        return {"width": width, "height": height, "seconds": self._read_length() or self._measure(longest)}

    def _read_length(self) -> float:
        count, rate = self.capture.get(cv2.CAP_PROP_FRAME_COUNT), self.capture.get(cv2.CAP_PROP_FPS)
        seconds = count / rate if rate > 0 else 0.0
        return seconds if math.isfinite(seconds) and 0 < seconds < LONGEST_SECONDS else 0.0

    def _measure(self, longest: float) -> float:
        while self.at <= longest and self._step():
            pass
        seconds = self.at
        self.reopen()
        return max(0.0, seconds)

    def find(self, at: float) -> tuple[Values, Array | None]:
        """The first frame at or after that time; nothing where the video ends before it."""
        if at > self.at + SEEK_FROM_SECONDS:
            self._jump(at)
        while self.at < at:
            if not self._step():
                return {}, None
        taken, pixels = self.capture.retrieve()
        if not taken or pixels is None:
            raise UnreadableError(DAMAGED)
        return {"at": round(self.at, 3)}, cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)

    def _step(self) -> bool:
        """Decode the next frame, without turning it into a picture. Its time is the file's own: rates may vary."""
        if not self.capture.grab():
            return False
        at = self.capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        self.at = at if at > self.at else self.at + 0.001  # time goes on, whatever the file says
        return True

    def _jump(self, at: float) -> None:
        """To somewhere before that time. OpenCV counts in frames, so where rates vary it may land too far."""
        place = at
        while place > 1.0:
            self.at = -1.0
            self.capture.set(cv2.CAP_PROP_POS_MSEC, place * 1000)
            if self._step() and self.at <= at:
                return
            place /= 2
        self.reopen()


def serve(orders: IO[bytes], answers: IO[bytes]) -> None:
    """Open the video of the first order, then give its frames until the other side closes the pipe."""
    reader = None
    while True:
        try:
            order, _ = receive(orders)
        except EOFError:
            return
        try:
            if reader is None:
                bootstrap.limit_memory(int(order["memory"]))
                reader = Reader(order["open"])
                send(answers, reader.describe(order["longest"]))
            else:
                send(answers, *reader.find(order["at"]))
        except UnreadableError as error:
            send(answers, {"error": str(error)})
        except (cv2.error, MemoryError):
            send(answers, {"error": DAMAGED})


if __name__ == "__main__":
    bootstrap.run(serve)
