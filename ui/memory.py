"""The page's memory: few malloc arenas, so that what one request freed is there for the next."""

import ctypes
import sys

ARENAS = 2
M_ARENA_MAX = -8  # glibc's malloc.h


def bound_arenas() -> None:
    """Let all threads share ARENAS arenas; before any is started. Elsewhere than under glibc nothing happens.

    By itself glibc makes eight a core, each of which keeps what was freed in it: every thread that judges would hold on
    to a picture's worth (mallopt(3)).
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        if mallopt:
            mallopt(M_ARENA_MAX, ARENAS)
