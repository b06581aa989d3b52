"""The same scan on Ray Data, on one machine or on many: actors hold the jury, and each writes its part of the table.

The table is a folder of Parquet files, here or behind any fsspec URL. A part is named after the pictures in it and put
in its place whole, so work that Ray repeats after a kill replaces its own part: it costs time, never a row. Started
again, the scan reads which pictures are there and goes on with the others.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from detectors.scan.crew import judge_chunk, use_one_thread
from detectors.scan.errors import ScanError
from detectors.scan.local import Counts, Show, add_counts
from detectors.scan.parts import Parts
from detectors.scan.ray_option import HERE
from detectors.scan.record import count, is_vain
from detectors.scan.table import show_path
from detectors.scan.team import Team, describe_team

ROOT = Path(__file__).parent.parent.parent
PART_PICTURES = 1000  # about a minute of one core: what a killed actor has to do again, at most
PARTS_PER_CORE = 4  # at least, so that all cores end at about the same time
STORE_BYTES = 100_000_000  # only paths and counts pass through Ray's object store
EXCLUDED = [".git", ".venv", "/runs", "/tests"]  # what nodes of a cluster need not be sent


def scan_with_ray(
    paths: Sequence[str], out: str, team: Team, *, workers: int | None, show: Show, address: str
) -> Counts:
    """Judge what is not in the folder `out` yet, part by part. address: of a Ray cluster, or "local".

    workers: actors, one a core; None is one for every core of the cluster. Raises ScanError.
    """
    ray = _import_ray()
    team = replace(team, add=tuple(_from_anywhere(source) for source in team.add))
    parts = Parts(out, describe_team(team.choose_for_scan()))
    done = parts.read_paths()
    left = [path for path in paths if show_path(path) not in done]
    counts = Counts(len(paths), len(paths) - len(left), len(paths) - len(left))
    show(counts)
    if left:
        _connect(ray, address, workers)
        try:
            for more in _judge(ray, left, parts, team, workers=workers):
                counts = add_counts(counts, more)
                show(counts)
        finally:
            ray.shutdown()
    return replace(counts, in_vain=not counts.before and is_vain(vars(counts)))  # what was there is not read again


def _from_anywhere(source: str) -> str:
    """What --add names, for actors, which start in other folders."""
    return source if source.startswith("hub:") else str(Path(source).resolve())


def _import_ray() -> Any:
    try:
        import ray.data
    except ModuleNotFoundError as error:
        raise ScanError("--ray needs Ray, which is not installed: pip install -e '.[ray]'") from error
    return ray


def _connect(ray: Any, address: str, workers: int | None) -> None:
    """Join a cluster, sending it this checkout, or start a Ray here for this scan alone. Raises ScanError."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing leaves the machine unasked
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    here = {
        "num_cpus": workers,
        "object_store_memory": STORE_BYTES,
        "include_dashboard": False,
        "runtime_env": {"env_vars": {"PYTHONPATH": paths}},  # its processes start in any folder
    }
    there = {"runtime_env": {"working_dir": str(ROOT), "excludes": EXCLUDED}}
    try:
        ray.init(address=address, **(here if address == HERE else there))
    except Exception as error:  # Ray raises ConnectionError, RuntimeError, and Exception itself
        raise ScanError(f"Ray cannot be reached at {address}: {error}") from error
    ray.data.DataContext.get_current().enable_progress_bars = False  # ours counts pictures


def _judge(
    ray: Any, paths: Sequence[str], parts: Parts, team: Team, *, workers: int | None
) -> Iterator[dict[str, int]]:
    """What `count` says of every part, as it is written."""
    actors = workers or int(ray.cluster_resources()["CPU"])
    size = max(1, min(PART_PICTURES, len(paths) // (actors * PARTS_PER_CORE)))
    items = [{"paths": [os.fsencode(path) for path in paths[at : at + size]]} for at in range(0, len(paths), size)]
    pool = ray.data.ActorPoolStrategy(min_size=1, max_size=actors)
    asked = ray.data.from_items(items, override_num_blocks=len(items))
    judged = asked.map(Judges, fn_constructor_args=(team, parts, os.getcwd()), compute=pool, num_cpus=1)
    yield from judged.iter_rows()


class Judges:
    """What an actor holds: the jury, opened with the first part, and where its parts go. folder: of relative paths."""

    def __init__(self, team: Team, parts: Parts, folder: str) -> None:
        self._team, self._parts, self._folder = team, parts, folder
        use_one_thread()

    def __call__(self, item: dict[str, Any]) -> dict[str, int]:
        """Judge the pictures of one part and write it."""
        paths = [os.fsdecode(path) for path in item["paths"]]
        records = judge_chunk(paths, self._team, folder=self._folder)
        self._parts.write(records)
        return count(records)
