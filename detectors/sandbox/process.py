"""A worker process that answers orders: when it times out, outgrows its memory or crashes, only its own answer is
lost.

Spawned, not forked, and confined (`detectors.sandbox.confinement`) before it loads anything.
"""

import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from detectors.sandbox.confinement import Confinement
from detectors.sandbox.pipes import open_pipes
from detectors.sandbox.protocol import Array, Values, receive, send

if TYPE_CHECKING:
    from detectors.sandbox.family import Family  # brings psutil, which takes as long as a small network

WATCH_SECONDS = 0.05

# The kernel ends a worker with the *thread* that started it, so all are started by one thread that stays.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="starter")


class WorkerFaultError(RuntimeError):
    """A worker gave no answer, and is gone. The message is one sentence."""


class WorkerProcess:
    """One running process of a module of ours, which is told our process number.

    memory: bytes it may hold; limit: bytes of an array it may answer with; reach: what it may read and change. Its
    orders come one at a time. It ends with this object, and with the program.
    """

    def __init__(self, module: str, *, memory: int, limit: int, reach: Confinement) -> None:
        from detectors.sandbox.family import Family

        rules, self._memory, self._limit = reach.rules(), memory, limit
        self._process = process = _starter.submit(_spawn, module, reach).result()
        self._family = Family(process)
        self._orders, self._answers = open_pipes(process, self._family)
        self.end = weakref.finalize(self, _kill, process, self._family, (self._orders, self._answers))
        with suppress(OSError):  # it has ended already, which the first order will find
            self._orders.write(rules.encode() + b"\n")
            self._orders.flush()

    @property
    def runs(self) -> bool:
        """Whether the process is still there."""
        return self._process.poll() is None

    def ask(self, order: Values, image: Array | None = None, *, seconds: float) -> tuple[Values, Array | None]:
        """The answer to one order. Raises WorkerFaultError, after which the process is gone."""
        watch = _Watch(self._family, seconds, self._memory)
        try:
            with watch:
                send(self._orders, order, image)
                return receive(self._answers, limit=self._limit)
        except (OSError, EOFError, ValueError) as error:
            self.end()
            raise WorkerFaultError(watch.reason or _say_end(self._process, error)) from None
        except BaseException:  # interrupted: the answer is still to come, and would be taken for the next one
            self.end()
            raise


def _spawn(module: str, reach: Confinement) -> subprocess.Popen[bytes]:
    """A fresh worker that finds the same packages, in a session of its own, so that Ctrl-C is ours to answer."""
    return subprocess.Popen(  # noqa: S603  # our own module in our own interpreter
        [sys.executable, "-P", "-m", "detectors.sandbox.bootstrap", str(os.getpid()), module],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if sys.__stderr__ else subprocess.DEVNULL,  # closed from the start: its pipes would be number 2
        env=reach.environment(),
        start_new_session=True,
    )


def _kill(process: subprocess.Popen[bytes], family: "Family", pipes: tuple[IO[bytes], ...]) -> None:
    """End a worker and what it started, and wait until it is gone."""
    family.kill()
    process.wait()
    for pipe in pipes:
        with suppress(OSError, ValueError):  # what could not be written any more
            pipe.close()


def _say_end(process: subprocess.Popen[bytes], error: Exception) -> str:
    code = process.returncode
    if isinstance(error, ValueError):
        return f"its process sent no readable answer: {error}"
    if code is not None and code < 0:
        return f"its process was ended by {_name_signal(-code)}"
    return f"its process ended by itself, with exit code {code}"


def _name_signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


class _Watch:
    """Looks after one call: ends the process when it takes too long or holds too much. reason: why, or nothing."""

    def __init__(self, family: "Family", seconds: float, memory: int) -> None:
        self.reason = ""
        self._family, self._seconds, self._memory = family, seconds, memory
        self._over = threading.Event()

    def __enter__(self) -> None:
        threading.Thread(target=self._look, daemon=True, name="watch").start()

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def _look(self) -> None:
        deadline = time.monotonic() + self._seconds
        while (left := deadline - time.monotonic()) > 0:
            if self._over.wait(min(left, WATCH_SECONDS)):
                return
            if self._family.exceeds(self._memory):
                self._stop(f"it exceeded its memory limit of {self._memory / 1e9:g} GB")
                return
        self._stop(f"it took longer than {self._seconds:g} s")

    def _stop(self, reason: str) -> None:
        if self._over.is_set():
            return
        self.reason = reason
        self._family.kill()
