"""The worker of `detectors.inputs.audio.read`: decodes one sound in a process of its own.

Its one order: {"open": path, "memory": bytes, "start": seconds, "most": samples} -> {"seconds", "rate", "channels",
"codec", "lost", "tracks"} with float32 samples (n,). What goes wrong is {"error": a sentence}.
"""

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import islice
from typing import IO

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.filter import Graph
from av.stream import Disposition

from detectors.inputs.audio.kinds import CONTAINERS, DECODERS, ENCRYPTED, say_codec
from detectors.inputs.audio.read import DAMAGED, NO_SOUND, NOTHING, RATE, UNHEARD_SECONDS
from detectors.sandbox import bootstrap
from detectors.sandbox.protocol import Values, receive, send
from registry.contract import Samples

OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": CONTAINERS,
    "codec_whitelist": ",".join(sorted(DECODERS)),
}
MAX_LOST = 1000  # packets in error; from there on the rest of the file is taken for noise
SEEK_FROM_SECONDS = 20.0  # farther ahead, jumping is faster than decoding up to there
LONGEST_SECONDS = 100_000_000.0  # more than that is no length, but a header that says none
MIN_RATE, MAX_RATE = 1_000, 768_000  # samples a second: a resampler's filter grows with what it is told
GAP_SECONDS = 0.1  # a longer time without a sample is silence; less is how clocks differ
MICROSECOND = 1_000_000  # a container counts in these
# Channels are weighted so that their sum cannot exceed one: by itself the mixer lets two loud channels clip.
MIX = f"{RATE}:out_chlayout=mono:out_sample_fmt=flt:rematrix_maxval=1"
LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}


class UnheardError(ValueError):
    """The message is one sentence for the visitor."""


class SoundReader:
    """An open file with sound. lost: pieces in error so far."""

    def __init__(self, path: str) -> None:
        self._path, self.lost = path, 0
        self._reopen()

    def _reopen(self) -> None:
        """To the beginning. Raises UnheardError."""
        try:
            self._container: InputContainer = av.open(self._path, options=OPTIONS)
        except (av.FFmpegError, UnicodeDecodeError) as error:
            raise UnheardError(NOTHING) from error
        stream = self._container.streams.best("audio")
        if not isinstance(stream, AudioStream):
            raise UnheardError(NO_SOUND if self._container.streams.video else NOTHING)
        context = stream.codec_context
        if said := say_codec(context.name if context else ""):
            raise UnheardError(said)
        self._stream = stream
        self._is_beside_pictures = any(
            not one.disposition & Disposition.attached_pic for one in self._container.streams.video
        )
        self._begins = min([(self._container.start_time or 0) / MICROSECOND, *self._find_pictures()])

    def _find_pictures(self) -> list[float]:
        """Where the pictures of a Matroska file begin: no header tells, and they are not decoded here."""
        if not self._is_beside_pictures or "matroska" not in self._container.format.name:
            return []
        with av.open(self._path, options=OPTIONS) as again:
            packets = again.demux(again.streams.video)
            times = (float(one.pts * one.time_base) for one in packets if one.pts is not None and one.time_base)
            return list(islice(times, 1))

    def read(self, start: float, most: int) -> tuple[Values, Samples]:
        """The samples from that second on, and what the file is. Raises UnheardError."""
        if start > SEEK_FROM_SECONDS:
            self._jump(start)
        heard, at_end = self._collect(start, most)
        if start and not heard.size:  # jumping may lead anywhere; only a whole reading tells that it ends before
            self._reopen()
            heard, at_end = self._collect(start, most)
        if not self._shape:
            raise UnheardError(DAMAGED if self.lost else NOTHING)
        rate, channels = self._shape
        # A start beyond the end is told with where the sound ends, whatever the header says.
        seconds = self._find_length(at_end=at_end) if heard.size else self._end
        values: Values = {"seconds": round(seconds, 3), "rate": rate, "channels": channels}
        values |= {"codec": self._stream.codec_context.name, "lost": self.lost}
        return values | {"tracks": len(self._container.streams.audio)}, heard

    def _collect(self, start: float, most: int) -> tuple[Samples, bool]:
        """At most so many samples, and whether the sound ends there. Silence stands where the file has a gap."""
        first = round(start * RATE)
        pieces: list[Samples] = []
        place, self._end = 0, 0.0  # of the next sample, counted from the file's beginning
        self._shape: tuple[int, int] | None = None
        for at, samples in self._resample():
            is_late = not pieces and self._is_beside_pictures  # which is no drift: lips would seem to lag
            if at is not None and (began := round(at * RATE)) - place > (0 if is_late else GAP_SECONDS * RATE):
                pieces += [np.zeros(max(0, min(began, first + most) - max(place, first)), np.float32)]
                place = began
            pieces += [samples[max(0, first - place) : max(0, first + most - place)]]
            place += samples.size
            self._end = place / RATE
            if place >= first + most:
                return _join(pieces), False
        return _join(pieces), True

    def _resample(self) -> Iterator[tuple[float | None, Samples]]:
        """Mono pieces of RATE samples a second, each with the time of its frame; rate and channels may change."""
        graph, form = None, None
        for frame in self._decode():
            if form != (frame.sample_rate, frame.layout.name, frame.format.name):
                yield from ((None, piece) for piece in _drain(graph))
                form = (frame.sample_rate, frame.layout.name, frame.format.name)
                if not MIN_RATE <= frame.sample_rate <= MAX_RATE:
                    raise UnheardError(DAMAGED)
                graph = _build(frame)
                self._shape = self._shape or (frame.sample_rate, frame.layout.nb_channels)
            at = None if frame.time is None else frame.time - self._begins
            if graph is not None:
                frame.pts = None
                graph.push(frame)
                yield from ((at if number == 0 else None, piece) for number, piece in enumerate(_pull(graph)))
        yield from ((None, piece) for piece in _drain(graph))

    def _decode(self) -> Iterator[AudioFrame]:
        """Every frame that could be decoded."""
        packets = self._container.demux(self._stream)
        while self.lost <= MAX_LOST:
            try:
                packet = next(packets)
                if packet.has_sidedata("encryption_info"):
                    raise UnheardError(ENCRYPTED)
                for frame in packet.decode():
                    if isinstance(frame, AudioFrame) and frame.samples:
                        yield frame
            except (StopIteration, av.EOFError):
                return
            except av.FFmpegError:
                self.lost += 1

    def _find_length(self, *, at_end: bool) -> float:
        """Of the whole sound, in seconds, also where the file breaks off before; 0 where it is not known.

        FFmpeg guesses an MP3's from the bit rate at its beginning. Of a file without lengths of its own for each
        stream, that of the pictures may be read, so that sound which ends before them would seem to be missing.
        """
        said, is_guess = self._read_length(), self._container.format.name == "mp3"
        is_longer = said - self._end > UNHEARD_SECONDS
        if not at_end:
            return said if is_longer and not is_guess else self._measure()
        is_own = not is_guess and (bool(self._stream.duration) or not self._is_beside_pictures)
        return said if is_longer and is_own else self._end

    def _measure(self) -> float:
        """Where the last packet ends, in seconds; 0 where its time is not known. Nothing more is decoded for it."""
        ends = self._end
        try:
            for packet in self._container.demux(self._stream):
                if packet.pts is not None and packet.time_base is not None:
                    ends = max(ends, float((packet.pts + (packet.duration or 0)) * packet.time_base) - self._begins)
                elif packet.size:  # the last one is empty
                    return 0.0
        except av.FFmpegError:
            return 0.0
        return ends if ends < LONGEST_SECONDS else 0.0

    def _read_length(self) -> float:
        """What the header says, in seconds; 0 where it says nothing."""
        stream = self._stream
        if stream.duration and stream.time_base:
            seconds = float((stream.start_time or 0) * stream.time_base) - self._begins
            seconds += float(stream.duration * stream.time_base)
        else:
            seconds = (self._container.duration or 0) / MICROSECOND
            if "matroska" in self._container.format.name:  # there it is the time of the end, whenever the file begins
                seconds -= self._begins
        return seconds if 0 < seconds < LONGEST_SECONDS else 0.0

    def _jump(self, start: float) -> None:
        """To somewhere before that time; to the beginning where the file does not lead there."""
        with suppress(av.FFmpegError, UnheardError):
            self._container.seek(round((start - 1 + self._begins) * MICROSECOND))
            frame = next(self._decode(), None)
            if frame is not None and frame.time is not None and frame.time - self._begins <= start:
                return
        self._reopen()


def _join(pieces: list[Samples]) -> Samples:
    """One after the other, in [-1, 1]: floats in a file may be anything."""
    joined = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
    return np.clip(np.nan_to_num(joined, nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0)


def _build(frame: AudioFrame) -> Graph:
    """A graph that makes RATE samples a second in one channel of frames like this one."""
    graph, channels = Graph(), frame.layout.nb_channels
    layout = LAYOUTS[channels] if frame.layout.name == f"{channels} channels" and channels in LAYOUTS else frame.layout
    source = graph.add_abuffer(
        format=frame.format.name,
        sample_rate=frame.sample_rate,
        layout=layout if isinstance(layout, str) else layout.name,
        time_base=Fraction(1, frame.sample_rate),
    )
    graph.link_nodes(source, graph.add("aresample", MIX), graph.add("abuffersink")).configure()
    return graph


def _drain(graph: Graph | None) -> Iterator[Samples]:
    """What a graph still holds."""
    if graph is not None:
        graph.push(None)
        yield from _pull(graph)


def _pull(graph: Graph) -> Iterator[Samples]:
    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        if isinstance(frame, AudioFrame):
            yield np.asarray(frame.to_ndarray(), dtype=np.float32).reshape(-1)


def serve(orders: IO[bytes], answers: IO[bytes]) -> None:
    """Answer the one order."""
    av.logging.set_level(av.logging.PANIC)  # a broken file may complain without end
    order, _ = receive(orders)
    bootstrap.limit_memory(int(order["memory"]))
    try:
        send(answers, *SoundReader(order["open"]).read(float(order["start"]), int(order["most"])))
    except UnheardError as error:
        send(answers, {"error": str(error)})
    except (av.FFmpegError, MemoryError, ValueError):
        send(answers, {"error": DAMAGED})
