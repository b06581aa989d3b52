"""Pictures to scan, the command that scans them, and its table without the times."""

import csv
import subprocess
from contextlib import chdir, suppress
from pathlib import Path

import numpy as np
import PIL.Image
import skimage.data

from tests.command import FACEJURY, call

PHOTOS, ERRORS = 60, 9


def make_photos(folder: Path, *, faces: int = 50) -> Path:
    """faces portraits, each a little different, one picture without a face, and nine files that are no pictures."""
    portrait = skimage.data.astronaut()[0:200, 130:310].astype(np.float32)
    folder.mkdir()
    for number in range(faces):
        brighter = np.clip(portrait * (0.6 + 0.02 * number), 0, 255).astype(np.uint8)
        PIL.Image.fromarray(brighter).save(folder / f"portrait-{number:02}.jpg", quality=60 + number % 30)
    PIL.Image.new("RGB", (64, 64), "green").save(folder / "nobody.png")
    for number in range(8):
        (folder / f"broken-{number}.jpg").write_bytes(b"no picture" * number)
    (folder / "=1+1.jpg").write_bytes(b"no picture")
    return folder


def command(*arguments: object, out: Path) -> list[str]:
    return [*FACEJURY, "scan", *map(str, arguments), "--out", str(out)]


def run_scan(*arguments: object, out: Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command in this process: it takes no time to start. Its workers are processes all the same."""
    with chdir(cwd or "."):
        done = call("scan", *arguments, "--out", out)
    return subprocess.CompletedProcess([], done.exit_code, done.stdout, done.stderr)


def start_scan(*arguments: object, out: Path) -> subprocess.CompletedProcess[str]:
    """The command as a person starts it."""
    return subprocess.run(command(*arguments, out=out), capture_output=True, text=True, check=False)


def find_processes(mark: str) -> dict[int, str]:
    """Process id -> name of every process that was started with this text in its environment."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark.encode() in (folder / "environ").read_bytes():
                found[int(folder.name)] = (folder / "cmdline").read_bytes().decode()
    return found


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return [without_time(row) for row in csv.DictReader(file)]


def without_time(row: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in row.items() if name != "milliseconds"}
