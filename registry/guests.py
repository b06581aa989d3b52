"""What a plugin may do while it is asked what it offers: print beside the results, and change nothing that lasts."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress


@contextmanager
def keep_house() -> Iterator[None]:
    """Leave working folder and environment as they were, and let prints go to the error stream.

    A plugin's own process, in which it works, is its own to change.
    """
    folder, environment = os.getcwd(), dict(os.environ)
    try:
        with _print_beside():
            yield
    finally:
        os.environ.clear()
        os.environ.update(environment)
        with suppress(OSError):  # it is gone
            os.chdir(folder)


@contextmanager
def _print_beside() -> Iterator[None]:
    """What is printed goes to the error stream, also what programs print that are started meanwhile."""
    sys.stdout.flush()
    try:
        kept = os.dup(1)
    except OSError:  # closed from the start: nothing can be printed there
        yield
        return
    try:
        with suppress(OSError):
            os.dup2(2, 1)
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
