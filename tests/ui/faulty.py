"""A plugin of detectors that each do one thing wrong on a photo; to a blank picture, which the page warms them up with,
all answer."""

import ctypes
import mmap
import os
import sys
import time
from pathlib import Path

import numpy as np
import pluggy

hookimpl = pluggy.HookimplMarker("facejury")
kept = []


def calm(image):
    return 0.3


def sleeps(image):
    time.sleep(3600)


def crashes(image):
    ctypes.string_at(0)


def leaves(image):
    os._exit(3)


def exits(image):
    sys.exit("goodbye")


def leaks(image):
    """Holds ever more of the same 64 MB: as much memory in its own account, and none that others would lack."""
    file = os.memfd_create("leak")
    os.ftruncate(file, 64_000_000)
    while True:
        kept.append(mmap.mmap(file, 64_000_000, flags=mmap.MAP_SHARED | mmap.MAP_POPULATE))


def nan(image):
    return float("nan")


def many(image):
    return np.zeros(7)


def above(image):
    return 1.5


def raises(image):
    raise KeyError("no such layer in /home/somebody/secret/weights.bin")


def ponders(image):
    """Says which process it is, and ponders long, the first time; answers at once when it was asked before."""
    note = Path(os.environ["PONDERER"])
    if not note.exists():
        note.with_suffix(".part").write_text(str(os.getpid()))
        note.with_suffix(".part").rename(note)
        time.sleep(3600)
    return 0.3


def unless_blank(examine):
    return lambda image: 0.5 if image.min() == image.max() else examine(image)


@hookimpl
def register_detectors(register):
    for examine in (calm, sleeps, crashes, leaves, exits, leaks, nan, many, above, raises, ponders):
        seconds = 15 if examine is sleeps else 60
        key = examine.__name__
        register(key=key, title=key.capitalize(), load=lambda e=examine: unless_blank(e), seconds=seconds)
