"""The sound of a file, as 16,000 samples a second in one channel, decoded in a process of its own.

As with videos, the decoder can be timed out and killed, its memory is bounded, and it may open no other file and no
address. What the file is, is told by its first bytes. Everything refused is a SoundError.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from detectors.inputs.audio.kinds import is_readable, say_container
from detectors.inputs.container import Readable, check_container
from detectors.inputs.images import ImageError
from detectors.inputs.timecode import say_at
from detectors.inputs.video import reach_of_decoder
from detectors.sandbox.process import WorkerFaultError, WorkerProcess
from registry.contract import AUDIO_RATE, Samples

RATE = AUDIO_RATE  # what speech detectors are trained at; speech has little above 8 kHz
MAX_BYTES = 250_000_000
MAX_SECONDS = 600.0  # heard at once
MEMORY_BYTES = 1_000_000_000  # the decoder's, resident
DECODE_SECONDS = 120.0
UNHEARD_SECONDS = 1.0  # missing at the end; a header's length and the samples differ by less
SAMPLE_BYTES = 4

NOTHING = "No sound can be read from this file: it is damaged, or holds none."
NO_SOUND = "This video has no sound."
DAMAGED = "The sound is damaged and cannot be decoded."
TOO_SLOW = "The sound takes too long to decode; make the file shorter and try again."


class SoundError(ImageError):
    """This is not a sound we can judge. The message is one sentence for the visitor."""


@dataclass(frozen=True, eq=False)
class Sound:
    """A decoded sound. samples: float32 (n,) in [-1, 1], RATE a second, all channels mixed into one.

    seconds: the whole length, also where the file breaks off before; 0 where it is not known; start: where the samples
    begin, in seconds; rate, channels, codec: the file's own; lost: pieces that could not be decoded; tracks: of sound,
    of which one is heard.
    """

    samples: Samples = field(repr=False)
    seconds: float
    start: float
    rate: int
    channels: int
    codec: str
    lost: int = 0
    tracks: int = 1

    @property
    def end(self) -> float:
        """Where the samples end, in seconds."""
        return self.start + self.samples.size / RATE


READABLE = Readable("file", is_readable, say_container, SoundError)  # which may be a video


def check_sound(path: Path) -> None:
    """Refuse what need not be opened to be refused. Raises SoundError."""
    check_container(path, READABLE, limit=MAX_BYTES)


def read_sound(path: Path, *, start: float = 0.0) -> Sound:
    """What is heard from that second on, MAX_SECONDS at most. Raises SoundError."""
    check_sound(path)
    most = round(MAX_SECONDS * RATE)
    reach, limit = reach_of_decoder(path), SAMPLE_BYTES * most
    worker = WorkerProcess("detectors.inputs.audio.decoder", memory=MEMORY_BYTES, limit=limit, reach=reach)
    order = {"open": str(path.resolve()), "memory": MEMORY_BYTES, "start": start, "most": most}
    try:
        values, samples = worker.ask(order, seconds=DECODE_SECONDS)
    except WorkerFaultError as error:
        raise SoundError(TOO_SLOW if "longer than" in str(error) else DAMAGED) from error
    finally:
        worker.end()
    if "error" in values:
        raise SoundError(str(values["error"]))
    if samples is None or samples.ndim != 1 or samples.dtype != np.float32:
        raise SoundError(DAMAGED)
    sound = Sound(np.asarray(samples, dtype=np.float32), start=start, **values)
    if start and not sound.samples.size:
        raise SoundError(f"The sound is {say_at(sound.seconds)} long; it ends before the chosen start.")
    return sound
