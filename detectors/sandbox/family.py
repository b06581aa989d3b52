"""A worker and the processes that it has started, also in sessions of their own: what they hold, and their end."""

import glob
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil

UNSEEN = (psutil.Error, OSError)  # it has ended, is not ours to look at, or there are too many open files
END_SECONDS = 1.0  # for what a worker has started, before the worker itself is ended
PAUSE_SECONDS = 0.01  # the kernel takes a moment over each


class Family:
    """A worker and its descendants. is_ended: whether it was told to end. Safe from many threads.

    Who has lost its parents is found if it was seen before; on Linux always (`bootstrap`), as long as the worker lives
    and has not undone that.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.is_ended = False
        self._process = process
        self._worker = psutil.Process(process.pid)  # the number alone may be somebody else's later on
        self._seen: set[psutil.Process] = set()
        self._lock = threading.RLock()  # the worker's object may be collected, and kill it, at any place of _look

    def exceeds(self, memory: int) -> bool:
        """Whether they hold more than that many bytes together; what they share, as after a fork, counts once."""
        together = [self._worker, *self._look()]
        if sum(map(_resident, together)) <= memory:
            return False
        return len(together) == 1 or sum(map(_proportional, together)) > memory

    def kill(self) -> None:
        """End them all: first what the worker has started, since only a living worker shows all of it."""
        self.is_ended = True
        with suppress(*UNSEEN):
            self._worker.suspend()  # or it would start more meanwhile
        deadline = time.monotonic() + END_SECONDS
        while (left := self._look()) and time.monotonic() < deadline:
            for one in left:
                with suppress(*UNSEEN):
                    one.kill()
            time.sleep(PAUSE_SECONDS)
        with suppress(OSError):  # it may have ended by itself
            if sys.platform == "win32":
                self._process.kill()
            elif self._worker.is_running() or not psutil.pid_exists(self._process.pid):
                os.killpg(self._process.pid, signal.SIGKILL)  # the group may outlive its first process

    def _look(self) -> list[psutil.Process]:
        """The descendants that run."""
        with self._lock:
            for one in (self._worker, *self._seen.copy()):
                with suppress(*UNSEEN):
                    if _may_have_children(one.pid):
                        self._seen |= set(one.children(recursive=True))
            self._seen = {one for one in self._seen.copy() if _runs(one)}
            return list(self._seen)


def _may_have_children(pid: int) -> bool:
    """A quick look: psutil asks every process of the machine for its parent."""
    files = glob.glob(f"/proc/{pid}/task/*/children")  # Linux has them, but not with every kernel
    with suppress(OSError):  # a thread that has ended
        return not files or any(Path(file).read_text() for file in files)
    return True


def _runs(process: psutil.Process) -> bool:
    with suppress(*UNSEEN):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def _resident(process: psutil.Process) -> int:
    """Bytes it holds in memory; 0 where that cannot be read, and the process's own limit remains."""
    with suppress(*UNSEEN):
        return int(process.memory_info().rss)
    return 0


def _proportional(process: psutil.Process) -> int:
    """Bytes it holds in memory, of shared ones its share; all of them where the system or the process does not tell."""
    with suppress(*UNSEEN, AttributeError):
        return int(process.memory_full_info().pss)
    return _resident(process)
