"""The memory of a process: what one thread freed is there for the next, or goes back to the system."""

import ctypes
import sys

ARENAS = 2
M_ARENA_MAX = -8  # glibc's malloc.h


def bound_arenas() -> None:
    """Let all threads share ARENAS arenas; before any is started. Elsewhere than under glibc nothing happens.

    By itself glibc makes eight a core, each of which keeps what was freed in it: every thread that judges would hold on
    to a picture's worth (mallopt(3)).
    """
    _call("mallopt", M_ARENA_MAX, ARENAS)


def trim() -> None:
    """Give back to the system the pages that are free between those in use (malloc_trim(3)): they add up otherwise."""
    _call("malloc_trim", 0)


def _call(name: str, *arguments: int) -> None:
    """A function of glibc, without Python's lock; musl and other systems have none of these."""
    function = getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
    if function:
        function(*arguments)
