"""The demo as a service: a process of its own, whose log is kept, on a disk or a checkout of the test's own."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.auth.server import Browser, wait_for
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
KEY = "custom-cnn"  # the smaller of the built-in networks
FILE = {"meta": {"_type": "gradio.FileData"}}
as_root = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="only root may mount a disk of the test's own"
)


@dataclass(frozen=True)
class RunningDemo:
    """A running demo: its address, its process, and what it has said so far."""

    url: str
    process: "subprocess.Popen[str]"
    errors: Path

    def browser(self, **options: Any) -> Browser:
        """A new browser, signed in nowhere."""
        return Browser(httpx.Client(base_url=self.url, timeout=240, **options))

    def log(self) -> list[dict[str, Any]]:
        """Every line of its error stream; a line that is no JSON fails the test."""
        return [json.loads(line) for line in self.errors.read_text(encoding="utf-8").splitlines()]

    def events(self) -> list[str]:
        """What was logged, without when and how."""
        return [line["event"] for line in self.log()]


@contextmanager
def serving(
    tmp_path: Path, *arguments: str, root: Path = ROOT, start: Sequence[str] = ("demo.py",), **environment: str
) -> Iterator[RunningDemo]:
    """The demo, once it answers; without HOME-bound settings of whoever runs the tests. start: what Python runs."""
    command = [sys.executable, *start, "--port", str(free_port()), *arguments]
    places = {"GRADIO_TEMP_DIR": str(tmp_path / "uploads"), "PYTHONUNBUFFERED": "1"} | environment
    errors = tmp_path / "errors.log"
    with (
        errors.open("w") as stderr,
        subprocess.Popen(
            command, cwd=root, stdout=subprocess.PIPE, stderr=stderr, text=True, env=os.environ | places
        ) as process,
    ):
        assert process.stdout is not None
        try:
            found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
            assert found, errors.read_text()
            yield RunningDemo(found[0], process, errors)
        finally:
            process.terminate()


def wait_until_ready(demo: RunningDemo) -> None:
    """Until the jury is loaded."""

    def is_ready() -> None:
        assert httpx.get(f"{demo.url}/readyz").status_code == 200

    wait_for(is_ready, seconds=120)


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A small disk in memory, there while the test runs."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def copy_checkout(place: Path) -> Path:
    """A checkout whose weights can be spoilt; everything else is a link to this one."""
    (place / "models").mkdir(parents=True)
    for folder in ("auth", "detectors", "registry", "storage", "text", "ui"):
        (place / folder).symlink_to(ROOT / folder)
    for module in ("demo.py", "facejury.py"):
        shutil.copy(ROOT / module, place)
    shutil.copytree(ROOT / "models" / "weights", place / "models" / "weights")
    return place
