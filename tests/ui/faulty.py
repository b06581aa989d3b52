"""A plugin of detectors that each do one thing wrong on a photo; to a blank picture, which the page warms them up with,
all answer."""

import ctypes
import mmap
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pluggy

from registry import Image
from registry.hookspecs import Register

hookimpl = pluggy.HookimplMarker("facejury")
kept: list[mmap.mmap] = []


def calm(image: Image) -> object:
    return 0.3


def sleeps(image: Image) -> None:
    time.sleep(3600)


def crashes(image: Image) -> None:
    ctypes.string_at(0)


def leaves(image: Image) -> None:
    os._exit(3)


def exits(image: Image) -> None:
    sys.exit("goodbye")


def leaks(image: Image) -> None:
    """Holds ever more of the same 64 MB: as much memory in its own account, and none that others would lack."""
    file = os.memfd_create("leak")
    os.ftruncate(file, 64_000_000)
    while True:
        kept.append(mmap.mmap(file, 64_000_000, flags=mmap.MAP_SHARED | mmap.MAP_POPULATE))


def nan(image: Image) -> object:
    return float("nan")


def many(image: Image) -> object:
    return np.zeros(7)


def above(image: Image) -> object:
    return 1.5


def raises(image: Image) -> None:
    raise KeyError("no such layer in /home/somebody/secret/weights.bin")


def ponders(image: Image) -> object:
    """Says which process it is, and ponders long, the first time; answers at once when it was asked before."""
    note = Path.home() / "process"  # a plugin's own
    if not note.exists():
        note.with_suffix(".part").write_text(str(os.getpid()))
        note.with_suffix(".part").rename(note)
        time.sleep(3600)
    return 0.3


def unless_blank(examine: Callable[[Image], Any]) -> Callable[[Image], Any]:
    return lambda image: 0.5 if image.min() == image.max() else examine(image)


@hookimpl
def register_detectors(register: Register) -> None:
    for examine in (calm, sleeps, crashes, leaves, exits, leaks, nan, many, above, raises, ponders):
        seconds = 15 if examine is sleeps else 60
        key = examine.__name__
        register(key=key, title=key.capitalize(), load=partial(unless_blank, examine), seconds=seconds)
