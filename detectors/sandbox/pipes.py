"""The pipes to a worker. Nobody waits at them longer than it runs, even where what it started holds or fills them."""

import io
import os
import select
import subprocess
import sys
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

    from detectors.sandbox.family import Family

LOOK_MILLISECONDS = 50  # between two looks at whether the worker still runs, while nothing comes


def open_pipes(process: subprocess.Popen[bytes], family: "Family") -> tuple[IO[bytes], IO[bytes]]:
    """For orders to a worker that was started without buffers, and for its answers.

    Writing to one that is gone raises OSError; reading ends. On Windows what a worker starts is not handed its pipes.
    """
    if process.stdin is None or process.stdout is None:
        raise ValueError("the process was started without pipes")
    if sys.platform == "win32":
        return io.BufferedWriter(process.stdin), io.BufferedReader(process.stdout)  # type: ignore[type-var]
    os.set_blocking(process.stdin.fileno(), False)  # or a part that does not fit would be waited for
    orders, answers = (_Pipe(pipe, process, family) for pipe in (process.stdin, process.stdout))
    return io.BufferedWriter(orders), io.BufferedReader(answers)


class _Pipe(io.RawIOBase):
    """One of them. Reads and writes what there is, or room for, at once."""

    def __init__(self, pipe: IO[bytes], process: subprocess.Popen[bytes], family: "Family") -> None:
        self._pipe, self._process, self._family = pipe, process, family
        self._poll = select.poll()
        self._poll.register(pipe, select.POLLIN if pipe.readable() else select.POLLOUT)

    def readable(self) -> bool:
        return self._pipe.readable()

    def writable(self) -> bool:
        return self._pipe.writable()

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        return os.readv(self._pipe.fileno(), [buffer]) if self._wait() else 0

    def write(self, data: "ReadableBuffer", /) -> int:
        if not self._wait():
            raise BrokenPipeError("the worker is gone")
        return os.write(self._pipe.fileno(), data)

    def close(self) -> None:
        self._pipe.close()
        super().close()

    def _wait(self) -> bool:
        """Whether there is something to read, room to write, or an end; False once the worker is gone or is to go."""
        is_gone = False
        while not self._family.is_ended and not self._poll.poll(0 if is_gone else LOOK_MILLISECONDS):
            if is_gone:
                return False
            is_gone = self._process.poll() is not None  # what it wrote before that is still read
        return not self._family.is_ended
