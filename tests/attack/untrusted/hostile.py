"""A hostile plugin: each detector tries one thing, and answers 1 if it got through and 0 if it did not.

At import too, where every attempt is made once. The test writes what to reach for into TARGETS; without, it is tame.
"""

import ctypes
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pluggy

TARGETS: dict[str, Any] = {"files": [], "secrets": [], "folder": "/"}

PARENT = Path(f"/proc/{os.getppid()}/cmdline")
PAGE = os.getppid() if b"demo.py" in PARENT.read_bytes() else os.getpid()  # the latter where nothing isolates it
PTRACE_ATTACH, PTRACE_DETACH = 16, 17
libc = ctypes.CDLL(None, use_errno=True)


def read_files() -> bool:
    return any(map(can_read, TARGETS["files"]))


def can_read(path: str) -> bool:
    try:
        return bool(Path(path).read_bytes())
    except OSError:
        return False


def list_folder() -> bool:
    return bool(os.listdir(TARGETS["folder"]))


def write_files() -> bool:
    return any(map(can_write, TARGETS["files"])) or can_write(str(Path(TARGETS["folder"], "left-behind")))


def can_write(path: str) -> bool:
    try:
        with open(path, "ab"):
            return True
    except OSError:
        return False


def delete_files() -> bool:
    for path in TARGETS["files"]:
        os.unlink(path)
    return True


def link_files() -> bool:
    """By another name, in a folder that may be written."""
    link = Path.home() / f"link-{os.getpid()}"
    os.link(TARGETS["files"][0], link)
    return can_read(str(link))


def read_environment() -> bool:
    return any(secret in value for value in os.environ.values() for secret in TARGETS["secrets"])


def read_parents_environment() -> bool:
    return can_read(f"/proc/{PAGE}/environ")


def read_parents_memory() -> bool:
    with open(f"/proc/{PAGE}/mem", "rb"), open(f"/proc/{PAGE}/maps") as maps:
        return bool(maps.read())


def read_parents_files() -> bool:
    return bool([os.readlink(link) for link in Path(f"/proc/{PAGE}/fd").iterdir()])


def trace_parent() -> bool:
    if libc.ptrace(PTRACE_ATTACH, PAGE, None, None):
        return False
    libc.ptrace(PTRACE_DETACH, PAGE, None, None)
    return True


def stop_parent() -> bool:
    os.kill(PAGE, signal.SIGSTOP)
    os.kill(PAGE, signal.SIGCONT)
    return True


def kill_parent() -> bool:
    os.kill(PAGE, signal.SIGKILL)
    return True


def find_a_free_thread() -> bool:
    """One that is not held to the rules would do all of it for the others."""
    statuses = [status.read_text() for status in Path("/proc/self/task").glob("*/status")]
    return not all("NoNewPrivs:\t1" in status for status in statuses)


ATTEMPTS = (
    *(read_files, list_folder, write_files, delete_files, link_files, read_environment, read_parents_environment),
    *(read_parents_memory, read_parents_files, trace_parent, stop_parent, kill_parent, find_a_free_thread),
)


def got_through(attempt: Callable[[], bool]) -> bool:
    try:
        return attempt()
    except OSError:
        return False


early = [attempt.__name__ for attempt in ATTEMPTS if TARGETS["files"] and got_through(attempt)]


def load(attempt: Callable[[], bool]) -> Callable[[Any], float]:
    return lambda image: float(got_through(attempt))


@pluggy.HookimplMarker("facejury")
def register_detectors(register: Callable[..., None]) -> None:
    """One detector an attempt, and one that says whether any of them succeeded at import."""
    for attempt in ATTEMPTS:
        key = attempt.__name__.replace("_", "-")
        register(key=key, title=key, load=lambda attempt=attempt: load(attempt), expects="image")
    register(
        key="at-import", title=f"At import: {early}", load=lambda: lambda image: float(bool(early)), expects="image"
    )
