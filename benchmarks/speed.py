"""How fast, how large, and how much faster than the plain way: `facejury models speed`.

Times move with the machine, so everything that is compared runs in turn, in short bursts, each stack in a process of
its own; the medians of all calls are set side by side. What counts are the ratios, within each round: their middle, and
a 95 % interval over rounds.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from rich.progress import track

from benchmarks.flops import count_gflop
from benchmarks.network_stacks import MATRIX
from benchmarks.pictures import portrait
from benchmarks.request_stacks import is_installed, naive_finder_name
from benchmarks.stacks import Worker, in_turn
from detectors.commands.terminal import errors
from detectors.faces.centerface import read_finder
from detectors.networks.folder import WEIGHTS, read_config, read_network
from detectors.scan.crew import count_cores
from models.errors import ModelsError
from models.evaluation.intervals import estimate_ratio

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
# Runs Python and prints its seconds and kilobytes. Small, for a child's peak is never below what its parent holds.
LAUNCHER = """
import os, sys, time
began = time.perf_counter()
child = os.posix_spawn(sys.executable, [sys.executable, *sys.argv[1:]], os.environ)
_, status, used = os.wait4(child, 0)
print(time.perf_counter() - began, used.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""
Figures = dict[str, Any]


def measure(keys: Sequence[str], *, rounds: int, seconds: float) -> Figures:
    """Everything, as a file of docs/speed/ holds it. rounds, seconds: how many bursts of each, and how long one is."""
    if not keys:
        raise ModelsError("only built-in detectors are measured; none of them was chosen")
    machine = _describe_machine()
    networks = {
        key: _measure_network(key, rounds=rounds, seconds=seconds)
        for key in track(keys, "networks", console=errors, transient=True)
    }
    return {
        "machine": machine,
        "rounds": rounds,
        "burst_seconds": seconds,
        "networks": networks,
        "starts": _measure_starts(rounds),
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
        mine = workers["onnx"].bursts("onnx")
        faster = {name: _ratio(workers[name].bursts(name), mine) for name in stacks[1:]}
        held = {stack: worker.held["megabytes"] for stack, worker in workers.items()}
        cold = {stack: round(worker.cold, 2) for stack, worker in workers.items()}
    pixels = read_config(WEIGHTS / key).pixels
    gflop = count_gflop(read_network(WEIGHTS / key), np.zeros((1, pixels, pixels, 3), np.uint8))
    return {
        "pixels": pixels,
        "gflop": round(gflop, 4),
        "ms": ms,
        "onnx_is_faster_than": faster,
        "gflops": round(gflop / ms["onnx"] * 1000, 1),
        "peak_gflops": round(peak, 1),
        "share_of_peak": round(gflop / ms["onnx"] * 1000 / peak, 3),
        "heat_map_ms": round(ms["onnx"] - ms["onnx without map"], 3),
        "megabytes": held,
        "seconds_to_first_answer": cold,
    }


def _ratio(above: Sequence[float], below: Sequence[float]) -> dict[str, float]:
    return asdict(estimate_ratio(above, below))


def _measure_starts(rounds: int) -> Figures:
    """Commands from their start to their end, in turn with imports alone, and the most memory they held."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "photo.jpg"
        path.write_bytes(portrait())
        commands = {
            "first verdict": ["-m", "facejury", "compare", str(path), "--json"],
            "import numpy, cv2, onnxruntime": ["-c", "import numpy, cv2, onnxruntime"],
            "--help": ["-m", "facejury", "--help"],
            "import typer": ["-c", "import typer"],
        }
        runs = [{name: _run(arguments) for name, arguments in commands.items()} for _ in range(rounds + 1)]
    del runs[0]  # it brings the files into the cache, and compiles our modules
    seconds, megabytes = ({name: [run[name][part] for run in runs] for name in commands} for part in (0, 1))
    return {
        name: {
            "seconds": round(median(seconds[name]), 3),
            "peak_megabytes": round(median(megabytes[name]), 1),
            "beside": imports,
            "times": _ratio(seconds[name], seconds[imports]),
        }
        for name, imports in (("first verdict", "import numpy, cv2, onnxruntime"), ("--help", "import typer"))
    }


def _run(arguments: Sequence[str]) -> tuple[float, float]:
    """Seconds that Python takes with these arguments, and the most megabytes that it held."""
    command = [sys.executable, "-S", "-c", LAUNCHER, *arguments]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=env, check=False)  # our own module
    if done.returncode:
        raise ModelsError(f"python {' '.join(arguments)} cannot be measured: {done.stderr.strip()}")
    seconds, kilobytes = done.stderr.splitlines()[-1].split()
    return float(seconds), int(kilobytes) * 1024 / 1e6


def _measure_request(key: str, *, rounds: int, seconds: float) -> Figures:
    """A whole request on a photo of 12 megapixels, its steps, and the plain way."""
    with in_turn([("request", key), ("naive", key), ("peak", "")], rounds=rounds, seconds=seconds) as workers:
        peak = _peak(workers)
        ms = workers["request"].medians() | workers["naive"].medians()
        faster = _ratio(workers["naive"].bursts("naive"), workers["request"].bursts("request"))
    gflop = count_gflop(read_finder(), np.zeros(FINDER_INPUT, np.float32))
    return {
        "detector": key,
        "ms": ms,
        "naive_finder": naive_finder_name(),
        "faster": faster,
        "faces_gflop": round(gflop, 3),
        "peak_gflops": round(peak, 1),
        "faces_floor_ms": round(gflop / peak * 1000, 1),
    }


def _measure_jury(rounds: int, seconds: float) -> Figures:
    """All built-in detectors on one face at once, and the sum of each alone."""
    with in_turn([("jury", "")], rounds=rounds, seconds=seconds) as workers:
        jury = workers["jury"]
        ms = jury.medians()
    alone = [sum(times) for times in zip(*(jury.bursts(name) for name in ms if name != "together"), strict=True)]
    return {"detectors": len(ms) - 1, "ms": ms, "share_of_sum": _ratio(jury.bursts("together"), alone)}


def _measure_scan(rounds: int, seconds: float) -> Figures:
    """Portraits a second: one process alone, and whole scans here. What a scan takes to start is told apart."""
    with in_turn([("scan", "")], rounds=rounds, seconds=seconds) as workers:
        bursts = workers["scan"].bursts("judge")
    found: Figures = {"one_core": round(1000 / median(bursts), 1)}
    with tempfile.TemporaryDirectory() as scratch:
        for name, options in {"scan": [], "ray": ["--ray"]}.items():
            if name == "ray" and not is_installed("ray"):
                continue
            pairs = [[_time_scan(Path(scratch), options, count=n * SCANNED) for n in (1, 4)] for _ in range(rounds)]
            rates = [3 * SCANNED / max(long - short, 1e-6) for short, long in pairs]
            full = [count_cores() * 1000 / burst for burst in bursts]
            start = median(short - SCANNED / rate for (short, _), rate in zip(pairs, rates, strict=True))
            found[name] = {
                "rate": round(median(rates), 1),
                "share": _ratio(rates, full),
                "start_seconds": round(max(0.0, start), 2),
            }
    return found


def _time_scan(folder: Path, options: Sequence[str], *, count: int) -> float:
    """Seconds of `facejury scan` over so many portraits, which are laid out in a folder once."""
    photos = folder / f"photos-{count}"
    if not photos.exists():
        photos.mkdir()
        for number in range(count):
            (photos / f"{number}.jpg").write_bytes(portrait())
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "table.parquet"
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
    """Write the figures as JSON, in place of those of the same kind of CPU.

    Of networks that were not measured now, and of the whole request where it was by another detector than REQUESTED,
    what is there stays.
    """
    folder.mkdir(exist_ok=True)
    path = folder / f"{figures['machine']['cpu'].lower()}.json"
    if path.is_file():
        before = _read(path)
        others = {key: found for key, found in before["networks"].items() if (WEIGHTS / key).is_dir()}
        figures = figures | {"networks": others | figures["networks"]}
        if figures["request"]["detector"] != before["request"]["detector"] == REQUESTED:
            figures = figures | {"request": before["request"]}
    path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def read_saved(folder: Path = SAVED) -> list[Figures]:
    """What was saved, by kind of CPU. Raises ModelsError for what cannot be read."""
    return [_read(path) for path in sorted(folder.glob("*.json"))]


def _read(path: Path) -> Figures:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ModelsError(f"{path} cannot be read: move it away first") from error
