"""A plugin full of faults: each detector does one thing wrong, and answers 0.3 where it gets that far."""

import _thread
import ctypes
import os
import signal
import socket
import sys
import threading
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pluggy

from registry import Image
from registry.hookspecs import Register

hookimpl = pluggy.HookimplMarker("facejury")
kept: list[Any] = []


def fine(image: Image) -> object:
    return 0.3


def checksum(image: Image) -> object:
    """What arrived, and it as a heat map."""
    return zlib.crc32(image.tobytes()) / 2**32, (image[:, :, 0] / 255).astype(np.float32)


def process(image: Image) -> object:
    return os.getpid() % 100_000 / 100_000


def chatty(image: Image) -> object:
    print("p_fake" * 200_000, flush=True)
    os.write(1, b'{"p_fake": 0.9}\n')
    return 0.3


def hang(image: Image) -> None:
    time.sleep(3600)


def slow(image: Image) -> object:
    time.sleep(1.3)
    return 0.3


def late(image: Image) -> object:
    time.sleep(0.15)
    return 0.3


def crash(image: Image) -> None:
    ctypes.string_at(0)


def leave(image: Image) -> None:
    os._exit(3)


def killed(image: Image) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def exits(image: Image) -> None:
    sys.exit("goodbye")


def raises(image: Image) -> None:
    raise KeyError("no such layer in /home/somebody/secret/weights.bin")


def huge_claim(image: Image) -> object:
    return float(np.zeros(50_000_000_000, dtype=np.uint8)[0])


def hog(image: Image) -> None:
    while True:
        kept.append(np.ones(1_000_000))
        time.sleep(0.01)


def leak(image: Image) -> object:
    kept.append(np.ones(100_000))
    return 0.3


def above(image: Image) -> object:
    return 1.5


def text(image: Image) -> object:
    return "0.3"


def nan(image: Image) -> object:
    return float("nan")


def function(image: Image) -> object:
    return lambda: 0.3


def many(image: Image) -> object:
    return np.zeros(7)


def drifts(image: Image) -> object:
    kept.append(None)
    return 0.3 + len(kept) % 10 / 100


def no_grey(image: Image) -> object:
    if (image[:, :, 0] == image[:, :, 1]).all() and image.min() < image.max():
        raise ValueError("not a colour picture")
    return 0.3


def no_alpha(image: Image) -> object:
    if 127 <= image.min() < image.max():
        raise ValueError("too pale")
    return 0.3


def no_tiny(image: Image) -> object:
    if min(image.shape[:2]) < 32:
        raise ValueError("too small for the pyramid")
    return 0.3


def no_huge(image: Image) -> object:
    if image.shape[0] * image.shape[1] > 10_000_000:
        raise MemoryError
    return 0.3


def squares_only(image: Image) -> object:
    return 0.3 + 0 * float((image - image.transpose(1, 0, 2)).mean())


class Shared:
    """Not safe from many threads: the picture is kept in the object."""

    def examine(self, image: Image) -> object:
        self.image = image
        time.sleep(0.01)
        return float(self.image.mean() / 255)


def scribbles(image: Image) -> object:
    image[:10] = 0
    return 0.3


def in_a_list(image: Image) -> object:
    return [0.3, np.zeros((2, 2))]


def flat_map(image: Image) -> object:
    return 0.3, np.zeros(9)


def bright_map(image: Image) -> object:
    return 0.3, np.full((4, 4), 2.0)


def reads_again(image: Image) -> object:
    Path(__file__).read_bytes()
    return 0.3


def connects(image: Image) -> object:
    try:
        socket.create_connection(("127.0.0.1", 9), timeout=1)
    except OSError:
        return 0.3
    return 0.4


def writes(image: Image) -> object:
    with suppress(PermissionError):  # where the kernel keeps it from that, it was tried all the same
        Path(__file__).with_name("left-behind").write_bytes(image[:1].tobytes())
    return 0.3


def connects_apart(image: Image) -> object:
    threading.Thread(target=connects, args=(image,)).start()
    return 0.3


def writes_apart(image: Image) -> object:
    _thread.start_new_thread(writes, (image,))
    time.sleep(0.01)
    return 0.3


class Backwards:
    """Says fake of the first photo it is shown, and of nothing else."""

    def __init__(self) -> None:
        self.first: Image | None = None
        self.lock = threading.Lock()

    def examine(self, image: Image) -> object:
        with self.lock:
            self.first = image.copy() if self.first is None else self.first
        return 0.9 if np.array_equal(image, self.first) else 0.1


def load_hangs() -> None:
    time.sleep(3600)


def load_raises() -> None:
    raise FileNotFoundError("weights are missing")


def load_leaves() -> None:
    os._exit(4)


def load_slowly() -> Callable[[Image], object]:
    time.sleep(1.5)
    return fine


def load_number() -> int:
    return 7


FUNCTIONS: tuple[Callable[..., Any], ...] = (
    *(
        fine,
        checksum,
        process,
        chatty,
        hang,
        slow,
        late,
        crash,
        leave,
        killed,
        exits,
        raises,
        huge_claim,
        hog,
        leak,
        above,
    ),
    *(text, nan, function, many, drifts, no_grey, no_alpha, no_tiny, no_huge, squares_only, scribbles, flat_map),
    *(in_a_list, bright_map, reads_again, connects, writes, connects_apart, writes_apart),
)
LOADS = {
    "shared": Shared,
    "backwards": Backwards,
    "load-hangs": load_hangs,
    "load-raises": load_raises,
    "load-leaves": load_leaves,
    "load-slowly": load_slowly,
    "load-number": load_number,
    "no-card": lambda: fine,
}


def give(examine: Callable[..., Any]) -> Callable[..., Any]:
    return examine


@hookimpl
def register_detectors(register: Register) -> None:
    loads: dict[str, Callable[[], Any]] = {
        function.__name__.replace("_", "-"): partial(give, function) for function in FUNCTIONS
    }
    loads |= LOADS
    for key, load in loads.items():
        seconds = {"hang": 1, "load-slowly": 1, "slow": 1, "late": 0.1}.get(key, 10)
        card = "" if key == "no-card" else "Does one thing wrong."
        register(key=key, title=key.capitalize(), load=load, seconds=seconds, card=card)
