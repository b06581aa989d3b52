"""The worker of `detectors.inputs.video`: opens and decodes one video in a process of its own.

Orders: {"open": path, "memory": bytes, "pixels": most of a frame} -> {"width", "height", "seconds", "tracks"}, then
{"at": seconds} -> {"at": seconds, "lost": pieces in error so far} with a frame, or at the end without one, `at` then
being where the last frame ends. What goes wrong is {"error": a sentence}.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import IO

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from detectors.inputs.video import DAMAGED, NOTHING, TOO_LARGE
from detectors.inputs.video_kinds import CONTAINERS, DECODERS, ENCRYPTED, say_codec
from detectors.inputs.video_picture import deinterlace, find_shape, is_on_its_side, to_picture
from detectors.sandbox import bootstrap
from detectors.sandbox.protocol import Array, Values, receive, send

# Whatever the file itself would like: no other protocol, container or decoder, also where streams are only probed.
OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": CONTAINERS,
    "codec_whitelist": ",".join(sorted(DECODERS)),
}
THREADS = 2  # of the decoder: each holds a frame
MAX_LOST = 1000  # packets in error; from there on the rest of the file is taken for noise
SEEK_FROM_SECONDS = 20.0  # farther ahead, jumping to a key frame is faster than decoding up to there
LONGEST_SECONDS = 100_000_000.0  # more than that is no length, but a header that says none
MICROSECOND = 1_000_000  # a container counts in these


class UnreadableError(ValueError):
    """The message is one sentence for the visitor."""


class Reader:
    """An open video. at: seconds, of the frame that was decoded last; -1 before the first; lost: packets in error."""

    def __init__(self, path: str, *, pixels: int) -> None:
        self._path, self._pixels, self.lost = path, pixels, 0
        self._reopen()

    def _reopen(self) -> None:
        """To the beginning. Raises UnreadableError."""
        try:
            self._container: InputContainer = av.open(self._path, options=OPTIONS)
            self._stream = _choose(self._container)
        except (av.FFmpegError, UnicodeDecodeError) as error:
            raise UnreadableError(NOTHING) from error
        context = self._stream.codec_context
        if context is None:
            raise UnreadableError(say_codec("") or NOTHING)
        if said := say_codec(context.name):
            raise UnreadableError(said)
        if context.width * context.height > self._pixels:
            raise UnreadableError(TOO_LARGE)
        context.thread_count, context.thread_type = THREADS, "AUTO"
        self._begins = (self._container.start_time or 0) / MICROSECOND
        self._restart()

    def _restart(self) -> None:
        """Decode on from where the container stands."""
        self._frames = deinterlace(self._decode())
        self._frame: VideoFrame | None = None
        self.at = self._until = -1.0

    def _decode(self) -> Iterator[VideoFrame]:
        """Every frame that could be decoded whole, and that builds on none which could not."""
        broken: int | None = None  # the kind of a frame that others may build on
        for frame in self._decode_all():
            if self.lost > MAX_LOST:
                return
            if frame is None or frame.is_corrupt:
                self.lost += 1
                kind = PictureType.NONE if frame is None else frame.pict_type
                broken = kind if broken in (None, PictureType.B) else broken
            elif broken is None or frame.key_frame or (broken == PictureType.B != frame.pict_type):
                broken = None
                yield frame

    def _decode_all(self) -> Iterator[VideoFrame | None]:
        """Every frame, None in place of what could not be decoded."""
        for packet in self._packets():
            if packet.has_sidedata("encryption_info"):
                raise UnreadableError(ENCRYPTED)
            try:
                yield from (frame if isinstance(frame, VideoFrame) else None for frame in packet.decode())
            except av.EOFError:
                return
            except av.FFmpegError:
                yield None

    def _packets(self) -> "Iterator[Packet[VideoStream]]":
        """The stream's packets, last an empty one for what the decoder still holds."""
        while self.lost <= MAX_LOST:
            try:
                yield from self._container.demux(self._stream)
                return
            except av.EOFError:
                return
            except av.FFmpegError:  # what follows may be whole
                self.lost += 1

    def describe(self) -> Values:
        """The first frame's shape, and the length. A file that says none is read through."""
        if not self._step() or self._frame is None:
            name = self._stream.codec_context.codec.long_name
            raise UnreadableError(f"No frame of this video could be decoded ({name}): it is damaged or incomplete.")
        width, height = self._find_size(self._frame)
        seconds = self._read_length() or self._measure()
        return {"width": width, "height": height, "seconds": seconds, "tracks": self._count_tracks()}

    def _count_tracks(self) -> int:
        """Of moving pictures: a cover is none."""
        covers = Disposition.attached_pic | Disposition.timed_thumbnails
        return sum(not stream.disposition & covers for stream in self._container.streams.video)

    def _find_size(self, frame: VideoFrame) -> tuple[int, int]:
        """Of the frame as it is shown. Raises UnreadableError."""
        width, height = find_shape(frame.width, frame.height, self._stream.sample_aspect_ratio)
        if width * height > self._pixels:
            raise UnreadableError(TOO_LARGE)
        return (height, width) if is_on_its_side(frame) else (width, height)

    def _read_length(self) -> float:
        """Up to the end of the last frame that plays, in seconds; 0 where nothing is said of it."""
        stream, container = self._stream, self._container
        if stream.duration and stream.time_base:
            begins = float((stream.start_time or 0) * stream.time_base)
            seconds = begins + float(stream.duration * stream.time_base) - self._begins
        else:
            seconds = (container.duration or 0) / MICROSECOND
            if "matroska" in container.format.name:  # there it is the time of the end, whenever the first frame is
                seconds -= self._begins
        return seconds if 0 < seconds < LONGEST_SECONDS else 0.0

    def _measure(self) -> float:
        """Where the last packet's frame ends, in seconds; nothing is decoded for it."""
        ends = 0.0
        for packet in self._packets():
            if packet.pts is not None and packet.time_base is not None:
                ends = max(ends, float((packet.pts + (packet.duration or 0)) * packet.time_base) - self._begins)
        self._reopen()
        return ends if ends < LONGEST_SECONDS else 0.0

    def find(self, at: float) -> tuple[Values, Array | None]:
        """The first frame at or after that time, if the video does not end before it."""
        lost, jumps = self.lost, at > self.at + SEEK_FROM_SECONDS
        if jumps:
            self._jump(at)
        while self.at < at:
            if not self._step():
                return {"at": round(self._until, 3), "lost": self.lost}, None
        if jumps:  # frames that build on what was jumped over are not damaged
            self.lost = lost
        if self._frame is None:
            raise UnreadableError(DAMAGED)
        self._find_size(self._frame)
        return {"at": round(self.at, 3), "lost": self.lost}, to_picture(self._frame, self._stream.sample_aspect_ratio)

    def _step(self) -> bool:
        """Decode the next frame, without turning it into a picture. Its time is the file's own: rates may vary."""
        self._frame = next(self._frames, None)
        if self._frame is None:
            return False
        at = self.at if self._frame.time is None else self._frame.time - self._begins
        self.at = at if at > self.at else self.at + 0.001  # time goes on, whatever the file says
        self._until = self.at + float((self._frame.duration or 0) * (self._frame.time_base or 0))
        return True

    def _jump(self, at: float) -> None:
        """To a key frame before that time; to the beginning where the file does not lead there."""
        place = at
        while place > 1.0:
            with suppress(av.FFmpegError):
                self._container.seek(round((place + self._begins) * MICROSECOND))
                self._restart()
                if self._step() and self.at <= at:
                    return
            place /= 2
        self._reopen()


def _choose(container: InputContainer) -> VideoStream:
    """The moving pictures. Raises UnreadableError where there is only sound, or sound with a cover."""
    stream = container.streams.best("video")
    if not isinstance(stream, VideoStream) or stream.disposition & Disposition.attached_pic:
        raise UnreadableError(NOTHING)
    return stream


def serve(orders: IO[bytes], answers: IO[bytes]) -> None:
    """Open the video of the first order, then give its frames until the other side closes the pipe."""
    av.logging.set_level(av.logging.PANIC)  # a broken file may complain without end
    reader = None
    while True:
        try:
            order, _ = receive(orders)
        except EOFError:
            return
        try:
            if reader is None:
                bootstrap.limit_memory(int(order["memory"]))
                reader = Reader(order["open"], pixels=int(order["pixels"]))
                send(answers, reader.describe())
            else:
                send(answers, *reader.find(order["at"]))
        except UnreadableError as error:
            send(answers, {"error": str(error)})
        except (av.FFmpegError, MemoryError):
            send(answers, {"error": DAMAGED})
