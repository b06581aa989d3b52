"""A process that may die: what is tried in it costs so much time and memory and no more, and nothing dies with it.

The parent gives a generator by its name, "module:function"; the child runs through it and says a line of each input.
One that kills the child, by a crash or by the kernel's limit of time, is the one after the last line; the next child
goes on behind it.
"""

import importlib
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAX_SECONDS = 5.0  # of processor time, for one input
MAX_MEGABYTES = 1000.0  # resident, Python and its libraries included
HARD_MEGABYTES = 4000  # the system gives no more
PATIENCE_SECONDS = 300  # of the clock, for one input that waits instead of working

Attempt = tuple[Callable[[bytes], str], bytes]
"""What is called, and the bytes it is given."""


@dataclass(frozen=True)
class Tried:
    """What came of one input. said: what the function returned, or "finding: …". megabytes: at most, while it ran.

    allowed: seconds of processor time.
    """

    number: int
    said: str
    seconds: float
    megabytes: float
    allowed: float = MAX_SECONDS

    @property
    def finding(self) -> str:
        """What is wrong with it; empty when nothing is."""
        if self.said.startswith("finding: "):
            return self.said.removeprefix("finding: ")
        if self.megabytes > MAX_MEGABYTES:  # first, for it also takes long to hold so much
            return f"held {self.megabytes:.0f} MB"
        return f"took {self.seconds:.1f} s" if self.seconds > self.allowed else ""


def run_through(inputs: str, *, first: int = 0, last: int, allowed: float = MAX_SECONDS) -> Iterator[Tried]:
    """Every input from `first` up to, not including, `last`. inputs: "module:function", called with `first`."""
    while first < last:
        for tried in _run_child(inputs, first, last, allowed):
            first = tried.number + 1
            yield tried


def _run_child(inputs: str, first: int, last: int, allowed: float) -> Iterator[Tried]:
    numbers = (str(first), str(last), str(allowed))
    command = [sys.executable, "-X", "faulthandler", "-m", "tests.attack.isolated", inputs, *numbers]
    with tempfile.TemporaryDirectory() as scratch:
        everything = os.environ | {"TMPDIR": scratch, "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
        child = subprocess.Popen(
            command, cwd=ROOT, env=everything, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            assert child.stdout is not None
            for line in child.stdout:
                number, seconds, megabytes, said = line.rstrip("\n").split(" ", 3)
                first = int(number) + 1
                yield Tried(int(number), said, float(seconds), float(megabytes), allowed)
            if code := child.wait():
                yield Tried(first, f"finding: the process ended by {_name(code)}", 0.0, 0.0)
        finally:
            child.kill()
            child.wait()
            if child.stdout:
                child.stdout.close()


def _name(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def main() -> None:
    """The child."""
    module, _, function = sys.argv[1].partition(":")
    first, last, allowed = int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    make: Callable[[int], Iterator[Attempt]] = getattr(importlib.import_module(module), function)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (HARD_MEGABYTES * 1_000_000,) * 2)
    for number, (attempt, data) in enumerate(islice(make(first), last - first), first):
        _say(_try(number, attempt, data, allowed))


def _try(number: int, attempt: Callable[[bytes], str], data: bytes, allowed: float) -> Tried:
    began = time.process_time()
    _limit(began, allowed)
    try:
        said = attempt(data)
    except (Exception, SystemExit) as error:
        said = f"finding: {type(error).__module__}.{type(error).__name__}: {error!s:.200}"
    return Tried(number, said, time.process_time() - began, _peak())


def _limit(used: float, allowed: float) -> None:
    """The kernel ends what computes for longer, in C as well, and what waits."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(used + 2 * allowed) + 1, resource.RLIM_INFINITY))
    signal.setitimer(signal.ITIMER_REAL, PATIENCE_SECONDS)


def _peak() -> float:
    """Megabytes. Not getrusage's: a process begins with the peak of the one that started it, and never forgets it."""
    megabytes = int(re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[0]) * 1.024 / 1000
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # Linux: the peak begins anew
    return megabytes


def _say(tried: Tried) -> None:
    said = tried.said.encode("ascii", "backslashreplace").decode().replace("\n", "\\n")
    print(tried.number, f"{tried.seconds:.4f}", f"{tried.megabytes:.0f}", said, flush=True)


if __name__ == "__main__":
    main()
