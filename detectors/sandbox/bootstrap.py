"""How a worker process starts: it takes the pipes, ends with its parent, and bounds its memory.

`detectors.sandbox.process` starts it.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from typing import IO

DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG, linux/prctl.h


def run(serve: Callable[[IO[bytes], IO[bytes]], None]) -> None:
    """Serve one program, named by the process number it gave. serve: told where orders come from and answers go."""
    orders, answers = _take_pipes()
    _die_with(int(sys.argv[1]))
    try:
        serve(orders, answers)
    finally:
        os._exit(0)  # whatever threads and exit handlers are left behind


def limit_memory(limit: int) -> None:
    """No core dumps, and no single allocation far beyond the limit that the parent process enforces, in bytes."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_DATA, (4 * limit, 4 * limit))


def _take_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """The pipes from and to the program, moved to where code that reads or prints does not meet them."""
    orders, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return orders, answers


def _die_with(parent: int) -> None:
    """End when the program ends, even in the middle of an order (Linux; elsewhere between two orders)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:  # it was faster
            os._exit(0)
