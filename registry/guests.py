"""What a plugin may do while it is asked what it offers: print beside the results, and change nothing that lasts."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout, suppress


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
    """What is printed goes to the error stream, also what programs print that are started meanwhile.

    A stream that was closed from the start is None, and its number may be any file's by now: that is left alone.
    """
    if sys.stdout:
        sys.stdout.flush()
    with redirect_stdout(sys.stderr), _swap_output() if sys.__stdout__ else nullcontext():
        yield


@contextmanager
def _swap_output() -> Iterator[None]:
    """Number 1 is the error stream's file meanwhile."""
    kept = os.dup(1)
    beside = os.dup(2) if sys.__stderr__ else os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(beside, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(beside)
