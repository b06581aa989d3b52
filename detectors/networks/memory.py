"""The memory of a process: what one thread freed is there for the next, or goes back to the system."""

import ctypes
import sys
from threading import Event

ARENAS = 2
M_ARENA_MAX = -8  # glibc's malloc.h
_frugal = Event()


def bound_arenas() -> None:
    """Let all threads share ARENAS arenas; before any is started. Elsewhere than under glibc nothing happens.

    By itself glibc makes eight a core, each of which keeps what was freed in it: every thread that judges would hold on
    to a picture's worth (mallopt(3)).
    """
    _call("mallopt", M_ARENA_MAX, ARENAS)


def be_frugal() -> None:
    """Let networks that are opened from now on keep no memory from run to run.

    For what judges a picture or two and ends: a picture after the first takes up to a tenth longer.
    """
    bound_arenas()
    _frugal.set()


def is_frugal() -> bool:
    """Whether networks should keep nothing from run to run."""
    return _frugal.is_set()


def trim() -> None:
    """Give back to the system the pages that are free between those in use (malloc_trim(3)): they add up otherwise."""
    _call("malloc_trim", 0)


def _call(name: str, *arguments: int) -> None:
    """A function of glibc, without Python's lock; musl and other systems have none of these."""
    function = getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
    if function:
        function(*arguments)
