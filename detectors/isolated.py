"""A stranger's detector in a process of its own: it can be timed out, outgrow its memory or crash, and only its own
verdict is lost.

Spawned, not forked; one process a detector, kept warm, and started again after a fault. This guards against faults,
not against malice: the process has the rights of the user who started the jury.
"""

import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import IO

from detectors.messages import MAX_HEATMAP_BYTES, Array, Values, receive, send
from registry import DetectorSpec, Image, to_examine
from registry.contract import Answer, Examine

ROOT = Path(__file__).parent.parent
LOAD_SECONDS = 60.0  # importing and loading, apart from the detector's own `seconds`
MEMORY_BYTES = 2_000_000_000  # resident, as a whole: python, libraries, weights and one picture
WATCH_SECONDS = 0.05

# The kernel ends a worker with the *thread* that started it, so all are started by one thread that stays.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="starter")


class DetectorFaultError(RuntimeError):
    """A detector in its own process gave no usable answer. The message is one sentence."""


def open_detector(spec: DetectorSpec) -> "Examine | Isolated":
    """A detector ready to examine: ours in this process, one that a plugin brought in a process of its own.

    One without a plugin was made by this program's own code; there is nobody to ask for it again.
    """
    if spec.plugin and not spec.builtin:
        return Isolated(spec)
    return to_examine(spec.load())


class Isolated:
    """One detector in its own process. Safe from many threads: its calls queue.

    memory: bytes it may hold. scratch: a folder for its temporary files, given when it is to be checked as well.
    """

    def __init__(self, spec: DetectorSpec, *, memory: int = MEMORY_BYTES, scratch: str = "") -> None:
        self._spec, self._memory, self._scratch = spec, memory, scratch
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._end: Callable[[], object] = bool  # nothing to end yet
        self._closed = False

    def __call__(self, image: Image) -> Answer:
        """P(fake) of a uint8 RGB image (h, w, 3), alone or with a heat map. Raises DetectorFaultError."""
        values, heatmap = self.ask({}, image, seconds=self._spec.seconds)
        p_fake = values.get("p_fake")  # read_finding has looked at it over there, and the jury will here
        return p_fake if heatmap is None else (p_fake, heatmap)  # type: ignore[return-value]

    def start(self) -> None:
        """Have the process running and the detector loaded. Raises DetectorFaultError."""
        with self._lock:
            self._start()

    def ask(self, order: Values, image: Image | None = None, *, seconds: float) -> tuple[Values, Array | None]:
        """The answer to one order. Raises DetectorFaultError; the order after a fault starts a new process."""
        with self._lock:
            return self._ask(self._start(), order, image, seconds)

    def close(self) -> None:
        """End the process, also in the middle of a picture. What is asked afterwards is a DetectorFaultError."""
        self._closed = True
        self._end()

    def _start(self) -> subprocess.Popen[bytes]:
        if self._closed:
            raise DetectorFaultError("its process has been closed")
        if self._process and self._process.poll() is None:
            return self._process
        self._end()
        self._process = process = _starter.submit(_spawn).result()
        self._end = weakref.finalize(self, _kill, process)  # also when this object or the program ends
        order = {"plugin": self._spec.plugin, "key": self._spec.key, "memory": self._memory, "scratch": self._scratch}
        try:
            self._ask(process, order, None, LOAD_SECONDS)
        except DetectorFaultError:
            self._end()  # it has said why, and must not be taken for one that is ready
            raise
        return process

    def _ask(
        self, process: subprocess.Popen[bytes], order: Values, image: Image | None, seconds: float
    ) -> tuple[Values, Array | None]:
        watch = _Watch(process, seconds, self._memory)
        try:
            with watch:
                values, array = _exchange(process, order, image)
        except (OSError, EOFError, ValueError) as error:
            self._end()
            raise DetectorFaultError(watch.reason or _say_end(process, error)) from None
        except BaseException:  # interrupted: the answer is still to come, and would be taken for the next one
            self._end()
            raise
        if "error" in values:
            raise DetectorFaultError(_say_error(values["error"]))
        return values, array


def _exchange(process: subprocess.Popen[bytes], order: Values, image: Image | None) -> tuple[Values, Array | None]:
    send(_need(process.stdin), order, image)
    return receive(_need(process.stdout), limit=MAX_HEATMAP_BYTES)


def _need(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise EOFError("the process has no pipe")
    return pipe


def _spawn() -> subprocess.Popen[bytes]:
    """A fresh worker that finds the same packages, in a session of its own, so that Ctrl-C is ours to answer."""
    paths = os.pathsep.join(str(path) for path in dict.fromkeys([str(ROOT), *sys.path]) if path)
    return subprocess.Popen(  # noqa: S603  # our own module in our own interpreter
        [sys.executable, "-m", "detectors.worker", str(os.getpid())],
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


def _say_error(error: object) -> str:
    """What a stranger's process says went wrong, as text that can be written anywhere: half a surrogate cannot."""
    return str(error)[:1000].encode(errors="replace").decode()


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
                self._stop(f"it grew past its memory limit of {self._memory / 1e9:g} GB")
                return
        self._stop(f"it took longer than {self._seconds:g} s")

    def _stop(self, reason: str) -> None:
        if self._over.is_set():
            return
        self.reason = reason
        _send_kill(self._process)


def _resident(pid: int) -> int:
    """Bytes a process holds in memory (Linux); 0 where that cannot be read, and the process's own limit remains."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
