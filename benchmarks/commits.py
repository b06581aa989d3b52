"""Whether a change made anything slower: `make bench BASE=<commit>`.

The older commit is checked out beside this tree, and both do the same work through the same front doors, in turn and in
changing order, so that a machine that gets busy slows both. What counts is the ratio within a round. Both run in this
tree's environment: a newer dependency is not compared.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median

import httpx

from benchmarks.live import film
from benchmarks.load_clients import ask, running_page
from benchmarks.pictures import portrait
from benchmarks.video_speed import RATE, scene
from models.evaluation.intervals import estimate_ratio, say_figure
from tests.detectors.videos import write_video

ROOT = Path(__file__).parents[1]
KEYS = ["custom-cnn", "efficientnet", "blend", "residual"]
PORTRAITS = 40  # of a scan, and of a training
FRAMES = 30  # of Live
REQUESTS = 10  # of the page
VIDEO_SECONDS = 3.0
FEW, MANY, BATCH = 2, 42, 8  # batches of the two trainings whose difference is taken
Work = Callable[[], float]
"""Does it once, and gives the seconds that count."""


@dataclass(frozen=True)
class Workload:
    """What both trees work on: files."""

    photo: Path
    photos: Path
    video: Path


def _make(folder: Path) -> Workload:
    workload = Workload(folder / "photo.jpg", folder / "photos", folder / "scene.mp4")
    workload.photo.write_bytes(portrait())
    for label in ("real", "fake"):
        (workload.photos / label).mkdir(parents=True)
        for number in range(PORTRAITS // 2):
            # what stands behind the picture makes each a file of its own, lest anything is remembered
            (workload.photos / label / f"{number}.jpg").write_bytes(portrait() + f"{label} {number}".encode())
    times = [number / RATE for number in range(round(VIDEO_SECONDS * RATE))]
    write_video(workload.video, scene(VIDEO_SECONDS), times)
    return workload


def _seconds(tree: Path, *arguments: str) -> float:
    """How long a command of this tree takes, from its start to its end."""
    began = time.perf_counter()
    done = subprocess.run(  # our own module in our own interpreter
        [sys.executable, "-m", "facejury", *arguments], cwd=tree, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{tree}: facejury {' '.join(arguments)} failed: {done.stderr.strip()}")
    return time.perf_counter() - began


def _compare(tree: Path, file: Path) -> float:
    return _seconds(tree, "compare", str(file), "--json")


def _scan(tree: Path, workload: Workload) -> float:
    with tempfile.TemporaryDirectory() as scratch:
        return _seconds(tree, "scan", str(workload.photos), "--out", str(Path(scratch) / "table.csv"))


def _step(tree: Path, workload: Workload) -> float:
    """One batch: two trainings differ by so many."""
    return (_train(tree, workload, MANY) - _train(tree, workload, FEW)) / (MANY - FEW)


def _train(tree: Path, workload: Workload, steps: int) -> float:
    with tempfile.TemporaryDirectory() as run:
        sizes = ["--steps", str(steps), "--batch", str(BATCH), "--every", str(MANY + 1)]
        return _seconds(tree, "models", "train", "custom-cnn", "--data", str(workload.photos), "--run", run, *sizes)


def _live(http: httpx.Client) -> float:
    frames = film(116)[:FRAMES]
    began = time.perf_counter()
    for frame in frames:
        http.post("/live", params={"started": 1, "only": KEYS}, content=frame).raise_for_status()
    return (time.perf_counter() - began) / FRAMES


def _request(http: httpx.Client, workload: Workload) -> float:
    sent = {"files": ("photo.jpg", workload.photo.read_bytes())}
    path = http.post("/gradio_api/upload", files=sent).raise_for_status().json()[0]

    async def ask_all() -> None:
        async with httpx.AsyncClient(base_url=http.base_url, timeout=600) as client:
            for _ in range(REQUESTS):
                await ask(client, path, KEYS)

    began = time.perf_counter()
    asyncio.run(ask_all())
    return (time.perf_counter() - began) / REQUESTS


@contextmanager
def works(tree: Path, workload: Workload, *, is_served: bool) -> Iterator[Mapping[str, Work]]:
    """What is timed in one tree. is_served: whether a page is needed, which then runs as long as this lasts."""
    with ExitStack() as stack:
        found: dict[str, Work] = {
            "compare": partial(_compare, tree, workload.photo),
            "scan": partial(_scan, tree, workload),
            "video": partial(_compare, tree, workload.video),
            "training step": partial(_step, tree, workload),
        }
        if is_served:
            address, _ = stack.enter_context(running_page(tree=tree))
            http = stack.enter_context(httpx.Client(base_url=address, timeout=600))
            found |= {"live": partial(_live, http), "page request": partial(_request, http, workload)}
        yield found


SERVED = ("live", "page request")
WORKS = ("compare", "scan", "video", *SERVED, "training step")


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """This commit in a folder of its own. Exits with a sentence where there is none."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "base"
        added = _git("worktree", "add", "--detach", str(tree), commit)
        if added.returncode:
            raise SystemExit(f"{commit} cannot be checked out: {added.stderr.strip()}")
        try:
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _git(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def measure(base: Path, names: list[str], *, rounds: int) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """For each kind of work its rounds: seconds in the older tree, and in this one."""
    is_served = any(name in SERVED for name in names)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        workload = _make(Path(folder))
        old, new = (stack.enter_context(works(tree, workload, is_served=is_served)) for tree in (base, ROOT))
        for name in names:
            old[name](), new[name]()  # files are read into memory, networks loaded
            pairs = []
            for number in range(rounds):
                if number % 2:
                    after = new[name]()
                    pairs.append((old[name](), after))
                else:
                    pairs.append((old[name](), new[name]()))
            yield name, pairs


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", help="the older commit: a hash, a branch, HEAD~3")
    parser.add_argument("--rounds", type=int, default=7, help="(default: 7)")
    parser.add_argument("--only", action="append", choices=WORKS, help="repeatable (default: all)")
    parser.add_argument("--json", action="store_true", help="print every round")
    given = parser.parse_args()
    if given.rounds < 1:
        parser.error("--rounds: at least 1")
    print(f"load before: {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores", file=sys.stderr)
    if not given.json:
        print(f"{'':14} {'old ms':>9} {'new ms':>9}  new / old, 95 %")
    with checked_out(given.base) as base:
        for name, pairs in measure(base, given.only or list(WORKS), rounds=given.rounds):
            if given.json:
                print(json.dumps({"work": name, "seconds": pairs}), flush=True)
                continue
            before, after = zip(*pairs, strict=True)
            found = say_figure(asdict(estimate_ratio(after, before)))
            print(f"{name:14} {median(before) * 1000:9.1f} {median(after) * 1000:9.1f}  {found}", flush=True)


if __name__ == "__main__":
    main()
