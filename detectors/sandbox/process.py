"""A worker process that answers orders: when it times out, outgrows its memory or crashes, only its own answer is
lost.

Spawned, not forked. This guards against faults; the process has the rights of the user who started the program.
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
from pathlib import Path
from typing import IO

from detectors.sandbox.protocol import Array, Values, receive, send

ROOT = Path(__file__).parent.parent.parent
WATCH_SECONDS = 0.05

# The kernel ends a worker with the *thread* that started it, so all are started by one thread that stays.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="starter")


class WorkerFaultError(RuntimeError):
    """A worker gave no answer, and is gone. The message is one sentence."""


class WorkerProcess:
    """One running process of a module of ours, which is told our process number.

    memory: bytes it may hold; limit: bytes of an array it may answer with. Its orders come one at a time. It ends with
    this object, and with the program.
    """

    def __init__(self, module: str, *, memory: int, limit: int) -> None:
        self._memory, self._limit = memory, limit
        self._process = process = _starter.submit(_spawn, module).result()
        self.end = weakref.finalize(self, _kill, process)

    @property
    def runs(self) -> bool:
        """Whether the process is still there."""
        return self._process.poll() is None

    def ask(self, order: Values, image: Array | None = None, *, seconds: float) -> tuple[Values, Array | None]:
        """The answer to one order. Raises WorkerFaultError, after which the process is gone."""
        watch = _Watch(self._process, seconds, self._memory)
        try:
            with watch:
                send(_need(self._process.stdin), order, image)
                return receive(_need(self._process.stdout), limit=self._limit)
        except (OSError, EOFError, ValueError) as error:
            self.end()
            raise WorkerFaultError(watch.reason or _say_end(self._process, error)) from None
        except BaseException:  # interrupted: the answer is still to come, and would be taken for the next one
            self.end()
            raise


def _need(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise EOFError("the process has no pipe")
    return pipe


def _spawn(module: str) -> subprocess.Popen[bytes]:
    """A fresh worker that finds the same packages, in a session of its own, so that Ctrl-C is ours to answer."""
    paths = os.pathsep.join(str(path) for path in dict.fromkeys([str(ROOT), *sys.path]) if path)
    return subprocess.Popen(  # noqa: S603  # our own module in our own interpreter
        [sys.executable, "-m", module, str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": paths},
        start_new_session=True,
    )


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a worker and what it started, and wait until it is gone."""
    _send_kill(process)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError, ValueError):  # what could not be written any more
            if pipe:
                pipe.close()


def _send_kill(process: subprocess.Popen[bytes]) -> None:
    """To the whole group: a process forked by the detector would keep the pipe open."""
    with suppress(OSError):  # it may have ended by itself
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)


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

    def __init__(self, process: subprocess.Popen[bytes], seconds: float, memory: int) -> None:
        self.reason = ""
        self._process, self._seconds, self._memory = process, seconds, memory
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
            if _resident(self._process.pid) > self._memory:
                self._stop(f"it exceeded its memory limit of {self._memory / 1e9:g} GB")
                return
        self._stop(f"it took longer than {self._seconds:g} s")

    def _stop(self, reason: str) -> None:
        if self._over.is_set():
            return
        self.reason = reason
        _send_kill(self._process)


def _resident(pid: int) -> int:
    """Bytes a process holds in memory; 0 where that cannot be read, and the process's own limit remains."""
    import psutil  # here: it takes as long as a small network, and only plugins and videos need it

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
