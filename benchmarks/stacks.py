"""What `facejury models speed` puts side by side: each stack in a process of its own, called again and again.

A stack is opened by name and gives its tasks: what is timed, each a function without arguments. The network stacks
have the same crop; the request stacks the same JPEG, and draw the same overlay.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from statistics import median
from typing import IO, Any, cast

from benchmarks.jury_stacks import open_crowd, open_eight, open_jury, open_large, open_scan
from benchmarks.network_stacks import Task, Tasks, open_onnx, open_peak, open_predict, open_savedmodel, open_torch
from benchmarks.request_stacks import open_naive, open_request
from models.errors import ModelsError

STACKS: Mapping[str, Callable[[str], Tasks]] = {
    "onnx": open_onnx,
    "predict": open_predict,
    "savedmodel": open_savedmodel,
    "torch": open_torch,
    "peak": open_peak,
    "request": open_request,
    "naive": open_naive,
    "jury": open_jury,
    "12 megapixels": open_large,
    "forty faces": open_crowd,
    "eight detectors": open_eight,
    "scan": open_scan,
}


def serve(stack: str, key: str) -> None:
    """Answer on standard output, in JSON: once when everything has run once, and then each line of seconds.

    Such a line is answered by the milliseconds of every call that was made in so much time, by task.
    """
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is no answer
    tasks = STACKS[stack](key)
    _forget_peak()
    for task in tasks.values():
        task()
    print(json.dumps(_held()), file=answers)
    for line in sys.stdin:
        times = {name: _call_for(task, float(line)) for name, task in tasks.items()}
        print(json.dumps({"ms": times, **_held()}), file=answers)


def _call_for(task: Task, seconds: float) -> list[float]:
    """The milliseconds of each call; at least one."""
    times: list[float] = []
    ends = time.perf_counter() + seconds
    while not times or time.perf_counter() < ends:
        began = time.perf_counter()
        task()
        times.append((time.perf_counter() - began) * 1000)
    return times


def _forget_peak() -> None:
    """Let the most memory held so far count as none: making the pictures is not what is measured. Linux."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _held() -> dict[str, float]:
    """Megabytes in memory, now and at most. Linux."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    kilobytes = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Vm")}
    held = {"megabytes": "VmRSS", "peak_megabytes": "VmHWM"}
    return {name: int(kilobytes[line]) * 1024 / 1e6 for name, line in held.items()}


class Worker:
    """One stack in a process of its own. cold: seconds from its start until everything in it had run once."""

    def __init__(self, stack: str, key: str, log: IO[str]) -> None:
        self.stack = stack
        self.times: dict[str, list[list[float]]] = {}
        self.held: dict[str, float] = {}
        self._log = log
        began = time.perf_counter()
        self._process = subprocess.Popen(  # our own module in our own interpreter
            [sys.executable, "-m", "benchmarks.stacks", stack, key],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=Path(__file__).parent.parent,
        )
        self._read()
        self.cold = time.perf_counter() - began

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def measure(self, seconds: float) -> None:
        """Call its tasks, each for so long, and keep the times."""
        orders = cast("IO[str]", self._process.stdin)
        orders.write(f"{seconds}\n")
        orders.flush()
        for name, times in self._read()["ms"].items():
            self.times.setdefault(name, []).append(times)

    def medians(self) -> dict[str, float]:
        """Milliseconds of each task."""
        return {name: round(median(chain(*bursts)), 3) for name, bursts in self.times.items()}

    def bursts(self, task: str) -> list[float]:
        """The median milliseconds of one task in each burst."""
        return [median(times) for times in self.times[task]]

    def _read(self) -> dict[str, Any]:
        line = cast("IO[str]", self._process.stdout).readline()
        if not line:
            self._log.seek(0)
            last = (self._log.read().strip().splitlines() or ["it said nothing"])[-1]
            raise ModelsError(f"{self.stack} cannot be measured: {last}")
        answer: dict[str, Any] = json.loads(line)
        self.held = {name: round(answer[name], 1) for name in ("megabytes", "peak_megabytes")}
        return answer


@contextmanager
def in_turn(asked: Sequence[tuple[str, str]], *, rounds: int, seconds: float) -> Iterator[dict[str, Worker]]:
    """These (stack, key) measured burst by burst: their workers by stack, still running."""
    with ExitStack() as ends:
        logs = [ends.enter_context(tempfile.TemporaryFile("w+")) for _ in asked]
        workers = [ends.enter_context(Worker(*names, log)) for names, log in zip(asked, logs, strict=True)]
        for _ in range(rounds):
            for worker in workers:
                worker.measure(seconds)
        yield {worker.stack: worker for worker in workers}


if __name__ == "__main__":
    serve(*sys.argv[1:])
