"""The scan on a real Ray of this machine: the rows of the local scan, whatever is killed."""

import ast
import os
import signal
import subprocess
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.detectors.scan.scanning import PHOTOS, command, find_processes, without_time

pytest.importorskip("ray", reason="Ray is not installed: pip install -e '.[ray]'")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def read_parts(out: Path) -> list[dict[str, Any]]:
    """The rows of all parts as read_csv gives them, in the order of their paths."""
    import pyarrow.parquet

    rows = pyarrow.parquet.read_table(out).to_pylist()
    return [
        without_time({name: "" if value is None else str(value) for name, value in row.items()})
        for row in sorted(rows, key=lambda row: row["path"])
    ]


def by_path(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    plain = [
        row | {"path": row["path"].removeprefix("'"), "box": row["box"] and str(ast.literal_eval(row["box"]))}
        for row in rows
    ]
    return sorted(plain, key=lambda row: row["path"])


class RayScan:
    """A scan on Ray, with two actors, whose processes can be told from all others."""

    def __init__(self, photos: Path, out: Path) -> None:
        self.mark, self.out = f"FACEJURY_TEST={uuid.uuid4()}", out
        self.process = subprocess.Popen(
            command(photos, "--only", "custom-cnn", "--workers", 2, "--ray", out=out),
            env=os.environ | dict([self.mark.split("=")]),
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for_parts(self, count: int) -> None:
        while self.process.poll() is None and len(list(self.out.glob("part-*"))) < count:
            time.sleep(0.01)
        assert self.process.poll() is None

    def kill_an_actor(self) -> None:
        actors = [number for number, name in find_processes(self.mark).items() if name.startswith("ray::MapWorker")]
        os.kill(actors[0], signal.SIGKILL)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()
        while find_processes(self.mark):  # Ray ends with its driver
            time.sleep(0.1)


def test_a_ray_scan_whose_driver_and_actor_are_killed_gives_the_rows_of_the_local_one(
    photos: Path, undisturbed: list[dict[str, str]], tmp_path: Path
) -> None:
    out = tmp_path / "rows.parquet"
    first = RayScan(photos, out)
    first.wait_for_parts(1)
    first.kill()
    parts = len(list(out.glob("part-*")))
    second = RayScan(photos, out)
    second.wait_for_parts(parts + 1)
    second.kill_an_actor()
    _, said = second.process.communicate()
    assert second.process.returncode == 0, said
    assert "were already done" in said
    assert read_parts(out) == by_path(undisturbed)

    files = {path.name: path.read_bytes() for path in out.iterdir()}
    third = RayScan(photos, out)
    _, said = third.process.communicate()
    assert f"0 of {PHOTOS} files judged" in said
    assert {path.name: path.read_bytes() for path in out.iterdir()} == files
