"""What `facejury models speed` puts side by side: each stack in a process of its own, called again and again.

A stack is opened by name and gives its tasks: what is timed, each a function without arguments. The network stacks
have the same crop; the request stacks the same JPEG, and draw the same overlay.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.jury_stacks import open_crowd, open_eight, open_jury, open_large, open_scan
from benchmarks.network_stacks import Task, Tasks, open_onnx, open_peak, open_predict, open_savedmodel, open_torch
from benchmarks.request_stacks import open_naive, open_request

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
    return {"megabytes": int(kilobytes["VmRSS"]) / 1e3, "peak_megabytes": int(kilobytes["VmHWM"]) / 1e3}


if __name__ == "__main__":
    serve(*sys.argv[1:])
