"""How fast, how large, and how much faster than the plain way: `facejury models speed`.

Times move with the machine, so everything that is compared runs in turn, in short bursts, each stack in a process of
its own; the medians of all calls are set side by side. What counts are the ratios.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import IO, Any, cast

import numpy as np
from rich.progress import track

from benchmarks.flops import count_gflop
from benchmarks.network_stacks import MATRIX
from benchmarks.pictures import portrait
from benchmarks.request_stacks import is_installed, naive_finder_name
from detectors.faces.centerface import read_finder
from detectors.networks.folder import WEIGHTS, read_config, read_network
from detectors.scan.crew import count_cores
from models import ERRORS
from models.errors import ModelsError

ROOT = Path(__file__).parent.parent
SAVED = ROOT / "docs" / "speed"  # a file for each kind of CPU
KINDS = {"amx_tile": "AMX", "avx512f": "AVX-512", "avx2": "AVX2"}  # the best that it has, by Linux's name
INSTRUCTIONS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_int8", "amx_bf16")
NETWORKS = ("onnx", "predict", "savedmodel", "torch")
SCANNED = 100  # portraits a round, and as many again
LIMITS = ("12 megapixels", "forty faces", "eight detectors")
REQUESTED = "efficientnet"  # the detector of the whole request
FINDER_INPUT = (1, 3, 480, 640)  # what a photo of 4 : 3 becomes for the face finder
SOFTWARE = ("numpy", "onnxruntime", "opencv-python", "pillow", "keras", "tensorflow")
Figures = dict[str, Any]


class Worker:
    """One stack in a process of its own. cold: seconds from its start until everything in it had run once."""

    def __init__(self, stack: str, key: str, log: IO[str]) -> None:
        self.stack = stack
        self.times: dict[str, list[float]] = {}
        self.held: dict[str, float] = {}
        self._log = log
        began = time.perf_counter()
        self._process = subprocess.Popen(  # our own module in our own interpreter
            [sys.executable, "-m", "benchmarks.stacks", stack, key],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=ROOT,
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
            self.times.setdefault(name, []).extend(times)

    def medians(self) -> dict[str, float]:
        """Milliseconds of each task."""
        return {name: round(median(times), 3) for name, times in self.times.items()}

    def _read(self) -> Figures:
        line = cast("IO[str]", self._process.stdout).readline()
        if not line:
            self._log.seek(0)
            last = (self._log.read().strip().splitlines() or ["it said nothing"])[-1]
            raise ModelsError(f"{self.stack} cannot be measured: {last}")
        answer: Figures = json.loads(line)
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


def measure(keys: Sequence[str], *, rounds: int, seconds: float) -> Figures:
    """Everything, as a file of docs/speed/ holds it. rounds, seconds: how many bursts of each, and how long one is."""
    if not keys:
        raise ModelsError("only built-in detectors are measured; none of them was chosen")
    machine = _describe_machine()
    networks = {
        key: _measure_network(key, rounds=rounds, seconds=seconds)
        for key in track(keys, "networks", console=ERRORS, transient=True)
    }
    return {
        "machine": machine,
        "rounds": rounds,
        "burst_seconds": seconds,
        "networks": networks,
        "first_verdict": _measure_first_verdict(rounds),
        "request": _measure_request(REQUESTED if REQUESTED in keys else keys[0], rounds=rounds, seconds=seconds),
        "jury": _measure_jury(rounds, seconds),
        "scan": _measure_scan(rounds, seconds),
        "limits": {name: _measure_limit(name, rounds) for name in LIMITS},
    }


def _describe_machine() -> Figures:
    software = {name: version(name) for name in SOFTWARE} | {"python": platform.python_version()}
    if is_installed("torch"):
        software["torch"] = version("torch")
    has = _list_instructions()
    kind = next((kind for name, kind in KINDS.items() if name in has), "another")
    load = round(os.getloadavg()[0], 2)
    return {"cpu": kind, "instructions": has, "cores": os.cpu_count(), "load_before": load, "software": software}


def _list_instructions() -> list[str]:
    """Those of INSTRUCTIONS that the CPU has; none where the system does not say, as only Linux does."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return []
    return [name for name in INSTRUCTIONS if name in flags]


def _peak(workers: Mapping[str, Worker]) -> float:
    """10^9 operations a second that this machine can do, by the faster of the large matrix products."""
    return 2 * MATRIX**3 / min(workers["peak"].medians().values()) / 1e6


def _measure_network(key: str, *, rounds: int, seconds: float) -> Figures:
    """One network in each stack, and in turn with them the peak."""
    stacks = [stack for stack in NETWORKS if stack != "torch" or is_installed("torch")]
    with in_turn([(stack, key) for stack in (*stacks, "peak")], rounds=rounds, seconds=seconds) as workers:
        peak = _peak(workers)
        del workers["peak"]
        ms = {name: value for worker in workers.values() for name, value in worker.medians().items()}
        held = {stack: worker.held["megabytes"] for stack, worker in workers.items()}
        cold = {stack: round(worker.cold, 2) for stack, worker in workers.items()}
    pixels = read_config(WEIGHTS / key).pixels
    gflop = count_gflop(read_network(WEIGHTS / key), np.zeros((1, pixels, pixels, 3), np.uint8))
    return {
        "pixels": pixels,
        "gflop": round(gflop, 4),
        "ms": ms,
        "onnx_is_faster_than": _times_slower(ms, than=ms["onnx"], among=stacks[1:]),
        "gflops": round(gflop / ms["onnx"] * 1000, 1),
        "peak_gflops": round(peak, 1),
        "share_of_peak": round(gflop / ms["onnx"] * 1000 / peak, 3),
        "heat_map_ms": round(ms["onnx"] - ms["onnx without map"], 3),
        "megabytes": held,
        "seconds_to_first_answer": cold,
    }


def _times_slower(ms: Mapping[str, float], *, than: float, among: Sequence[str]) -> dict[str, float]:
    return {name: round(ms[name] / than, 2) for name in among}


def _measure_first_verdict(rounds: int) -> Figures:
    """`facejury compare PHOTO` on the portrait, from its start to its end, and the most memory it held."""
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "photo.jpg"
        path.write_bytes(portrait())
        for _ in range(rounds):
            began = time.perf_counter()
            command = [sys.executable, "-m", "facejury", "compare", str(path), "--json"]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT)  # our own module
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            found.append((time.perf_counter() - began, used.ru_maxrss * 1024 / 1e6))
    seconds, megabytes = (median(values) for values in zip(*found, strict=True))
    return {"seconds": round(seconds, 3), "peak_megabytes": round(megabytes, 1)}


def _measure_request(key: str, *, rounds: int, seconds: float) -> Figures:
    """A whole request on a photo of 12 megapixels, its steps, and the plain way."""
    with in_turn([("request", key), ("naive", key), ("peak", "")], rounds=rounds, seconds=seconds) as workers:
        peak = _peak(workers)
        ms = workers["request"].medians() | workers["naive"].medians()
    gflop = count_gflop(read_finder(), np.zeros(FINDER_INPUT, np.float32))
    return {
        "detector": key,
        "ms": ms,
        "naive_finder": naive_finder_name(),
        "faster": round(ms["naive"] / ms["request"], 2),
        "faces_gflop": round(gflop, 3),
        "peak_gflops": round(peak, 1),
        "faces_floor_ms": round(gflop / peak * 1000, 1),
    }


def _measure_jury(rounds: int, seconds: float) -> Figures:
    """All built-in detectors on one face at once, and the sum of each alone."""
    with in_turn([("jury", "")], rounds=rounds, seconds=seconds) as workers:
        ms = workers["jury"].medians()
    alone = [value for name, value in ms.items() if name != "together"]
    return {"detectors": len(alone), "ms": ms, "share_of_sum": round(ms["together"] / sum(alone), 3)}


def _measure_scan(rounds: int, seconds: float) -> Figures:
    """Portraits a second: one process alone, and whole scans here. What a scan takes to start is told apart."""
    with in_turn([("scan", "")], rounds=rounds, seconds=seconds) as workers:
        one_core = 1000 / workers["scan"].medians()["judge"]
    found: Figures = {"one_core": round(one_core, 1)}
    with tempfile.TemporaryDirectory() as scratch:
        for name, options in {"scan": [], "ray": ["--ray"]}.items():
            if name == "ray" and not is_installed("ray"):
                continue
            short, long = (_time_scan(Path(scratch), options, count=n * SCANNED * rounds) for n in (1, 2))
            rate = SCANNED * rounds / max(long - short, 1e-6)
            share = rate / (one_core * count_cores())
            start = max(0.0, short - SCANNED * rounds / rate)
            found[name] = {"rate": round(rate, 1), "share": round(share, 3), "start_seconds": round(start, 2)}
    return found


def _time_scan(scratch: Path, options: Sequence[str], *, count: int) -> float:
    """Seconds of `facejury scan` over so many portraits."""
    photos = scratch / f"photos-{count}"
    photos.mkdir(exist_ok=True)
    for number in range(count):
        (photos / f"{number}.jpg").write_bytes(portrait())
    out = scratch / f"{'-'.join(['table', *options, str(count)])}.parquet"
    command = [sys.executable, "-m", "facejury", "scan", str(photos), "--out", str(out), *options]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)  # our own module
    if done.returncode:
        raise ModelsError(f"a scan cannot be measured: {done.stderr.strip()}")
    return time.perf_counter() - began


def _measure_limit(name: str, rounds: int) -> Figures:
    with in_turn([(name, "")], rounds=rounds, seconds=0) as workers:
        worker = workers[name]
        return {"seconds": round(worker.medians()["judge"] / 1000, 3), "peak_megabytes": worker.held["peak_megabytes"]}


def save(figures: Figures, folder: Path = SAVED) -> None:
    """Write the figures as JSON, in place of those of the same kind of CPU."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{figures['machine']['cpu'].lower()}.json"
    path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def read_saved(folder: Path = SAVED) -> list[Figures]:
    """What was saved, by kind of CPU."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
