"""The audit of a detector under check: records what it opens, writes and connects to while it works.

Python's own audit events (PEP 578) are recorded. What a compiled library does without Python is not.
"""

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from registry import DetectorSpec, Image, to_examine
from registry.contract import Clip, Examine, ExamineResult, Samples, Times

NETWORK = {
    "socket.bind",
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyaddr",
    "socket.gethostbyname",
    "socket.sendmsg",
    "socket.sendto",
}
PROGRAMS = {"os.exec", "os.posix_spawn", "os.system", "subprocess.Popen"}  # could connect for it
CHANGES = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.truncate"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
SYSTEM = ("/dev/", "/proc/", "/sys/")  # no files
FINISH_SECONDS = 0.5
CACHES = ("XDG_CACHE_HOME", "HF_HOME", "TORCH_HOME", "KERAS_HOME", "MPLCONFIGDIR", "NUMBA_CACHE_DIR")


class AuditedDetector:
    """One detector and what it did. scratch: its folder for temporary files; without one, nothing is recorded.

    read, written: paths opened. connected: what it asked of the network while examining, and its threads at any time
    after loading, which is refused.
    """

    def __init__(self, find: Callable[[], DetectorSpec], *, scratch: str = "") -> None:
        self.read: list[str] = []
        self.written: list[str] = []
        self.connected: list[str] = []
        self._find, self._scratch = find, scratch
        self._watching = threading.local()  # the checks themselves open files too, in the thread that loads it
        self._is_loaded = False

    def load(self) -> None:
        """Find the detector and load it, once. Raises what it raises."""
        self._checks = threading.get_ident()
        if self._scratch:
            tempfile.tempdir = self._scratch
            sys.dont_write_bytecode = True  # what Python itself would write is not the detector's doing
            sys.addaudithook(self._hear)
        with self._watched():
            self.spec = self._find()
            self._examine: Examine = to_examine(self.spec.load())
        self._is_loaded = True

    def examine(self, image: Image | Clip | Samples, more: Times | int | None = None) -> ExamineResult:
        """The detector's own answer, unchecked, to an image, to a clip and its times, or to samples and their rate."""
        given = (image,) if more is None else (image, more)
        if not self._scratch:
            return self._examine(*given)
        with self._watched(examining=True):
            return self._examine(*given)

    def finish(self) -> None:
        """Wait a little for the threads that it has left running: what they do counts as well."""
        deadline = time.monotonic() + FINISH_SECONDS
        for thread in threading.enumerate():
            if thread is not threading.current_thread():
                thread.join(max(0.0, deadline - time.monotonic()))

    @contextmanager
    def _watched(self, *, examining: bool = False) -> Iterator[None]:
        self._watching.now, self._watching.examining = True, examining
        try:
            yield
        finally:
            self._watching.now = False

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit event. Raises PermissionError on what a detector may not do while it examines a picture."""
        is_checks = threading.get_ident() == self._checks  # any other thread is the detector's doing
        if is_checks and not getattr(self._watching, "now", False):
            return
        examining = self._watching.examining if is_checks else self._is_loaded
        if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
            self._hear_open(os.fsdecode(arguments[0]), arguments[2])
        elif event in CHANGES and not isinstance(arguments[0], int):
            self._hear_open(os.fsdecode(arguments[0]), os.O_WRONLY)
        elif event in NETWORK | PROGRAMS and examining:
            self._hear_network(event, arguments)

    def _hear_open(self, name: str, flags: int) -> None:
        path = os.path.abspath(name)
        if path.startswith(SYSTEM):
            return
        if not flags & WRITING:
            self.read.append(path)
        elif not any(Path(path).is_relative_to(folder) for folder in self._may_write()):
            self.written.append(path)

    def _may_write(self) -> Iterator[str]:
        yield os.path.abspath(self._scratch)
        yield str(Path.home() / ".cache")
        yield from (os.path.abspath(os.environ[name]) for name in CACHES if os.environ.get(name))

    def _hear_network(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in NETWORK and isinstance(arguments[-1], str | bytes) and not event.startswith("socket.get"):
            return  # a socket of this machine's file system
        self.connected.append(f"{event} {arguments[-1]!r}" if event in NETWORK else event)
        raise PermissionError("a detector may neither use the network nor start a program while it examines a picture")
