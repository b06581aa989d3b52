"""A plugin whose detectors start processes: some that outlive the call, leave their session, or hold a lot."""

import ctypes
import os
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import pluggy

from registry import Image
from registry.hookspecs import Register

hookimpl = pluggy.HookimplMarker("facejury")
ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER, linux/prctl.h
kept: list[object] = []


def stays_behind(image: Image) -> None:
    """What it starts leaves its session, keeps its pipes, and goes on; so does what that starts, once orphaned."""
    if not os.fork():
        os.setsid()
        if os.fork():
            time.sleep(0.2)
            os._exit(0)
        time.sleep(25)
        os._exit(0)
    time.sleep(25)


def leaves_one_behind(image: Image) -> None:
    """The same, and ends by itself."""
    if not os.fork():
        os.setsid()
        time.sleep(25)
        os._exit(0)
    time.sleep(0.3)
    os._exit(3)


def trickles(image: Image) -> None:
    """What it starts is nobody's child, and writes a byte now and then into every pipe."""
    ctypes.CDLL(None).prctl(ADOPT_ORPHANS, 0, 0, 0, 0)
    if os.fork():
        os.wait()
        time.sleep(25)
    os.setsid()
    if os.fork():
        os._exit(0)
    ends = time.monotonic() + 8
    while time.monotonic() < ends:
        for folder in Path("/proc/self/fd").iterdir():
            with suppress(OSError):
                if "pipe:" in os.readlink(folder):
                    os.write(int(folder.name), b" ")
        time.sleep(0.002)
    os._exit(0)


def hog_apart(image: Image) -> None:
    """Holds little itself, and a lot in a child."""
    if not os.fork():
        kept.append(np.ones(50_000_000))
    time.sleep(25)


def forks(image: Image) -> object:
    """What it holds before it forks is held once by all five of them."""
    kept.append(np.ones(5_000_000))
    for _ in range(4):
        if not os.fork():
            time.sleep(0.5)
            os._exit(0)
    for _ in range(4):
        os.wait()
    return 0.3


@hookimpl
def register_detectors(register: Register) -> None:
    for function in (stays_behind, leaves_one_behind, trickles, hog_apart, forks):
        key = function.__name__.replace("_", "-")
        seconds = 1 if function in (stays_behind, trickles) else 10
        register(key=key, title=key, load=partial(lambda given: given, function), seconds=seconds)
