"""How a worker process starts: it takes the pipes, ends with its parent, confines itself, and only then loads anything.

`detectors.sandbox.process` starts it, with our process number and the module whose `serve` is to run. The first line of
its input is what it may reach.
"""

import ctypes
import importlib
import os
import signal
import sys
import traceback
from typing import IO

from detectors.sandbox.confinement import confine

DIE_WITH_PARENT, ADOPT_ORPHANS = 1, 36  # PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, linux/prctl.h


def run(parent: int, module: str) -> None:
    """Serve one program, named by its process number. The module's serve is told where orders come from and answers go.

    The kernel confines one thread and what it starts. So this comes first: NumPy alone brings threads along.
    """
    code = 1
    try:
        orders, answers = _take_pipes()
        _die_with(parent)
        confine(orders.readline().decode())
        importlib.import_module(module).serve(orders, answers)
        code = 0
    except BaseException:  # which the end below would otherwise keep to itself
        traceback.print_exc()
    finally:
        os._exit(code)  # whatever threads and exit handlers are left behind


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
    """End when the program ends, even in the middle of an order (Linux; elsewhere between two orders).

    What its children leave behind becomes its own child, so that the program finds it there.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(DIE_WITH_PARENT, signal.SIGKILL)
        libc.prctl(ADOPT_ORPHANS, 1, 0, 0, 0)
        if os.getppid() != parent:  # it was faster
            os._exit(0)


if __name__ == "__main__":
    run(int(sys.argv[1]), sys.argv[2])
