"""How long a video takes, and how much memory: `.venv/bin/python -m benchmarks.video_speed [--seconds 60] [--all]`.

Makes a video of a portrait that moves (720p, 30 frames a second, H.264) with a made-up voice, has `compare` judge it in
a process of its own, and prints seconds, memory of that process and its decoder together, and how busy the machine was
meanwhile.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import psutil

from tests.detectors.pictures import portrait
from tests.detectors.sounds import voice
from tests.detectors.videos import Pixels, write_video

ROOT = Path(__file__).parents[1]
RATE = 30


def make_video(path: Path, seconds: float) -> Path:
    """A video of that length, with its sound."""
    times = [number / RATE for number in range(round(seconds * RATE))]
    return write_video(path, scene(seconds), times, samples=voice(seconds))


def scene(seconds: float) -> Iterator[Pixels]:
    """Somebody who moves before a restless wall: uint8 RGB (720, 1280, 3), 30 a second."""
    random = np.random.default_rng(0)
    wall = cv2.resize(random.integers(60, 160, (45, 80, 3), dtype=np.uint8), (1400, 760))
    grain = [random.integers(0, 12, (720, 1280, 3), dtype=np.uint8) for _ in range(7)]
    face = portrait()
    for number in range(round(seconds * RATE)):
        swing = np.sin(number / 25)
        frame = wall[20 + int(15 * swing) :, 50 + int(40 * swing) :][:720, :1280].copy()
        left = 380 + int(200 * np.sin(number / 90))
        frame[150:662, left : left + 512] = face
        yield cv2.add(frame, grain[number % 7]).astype(np.uint8, copy=False)


def resident(pid: int) -> int:
    """Bytes that a process and its children hold."""
    total = 0
    with suppress(psutil.Error):
        for process in (whole := psutil.Process(pid), *whole.children()):
            total += process.memory_info().rss
    return total


def measure(video: Path, keys: list[str]) -> dict[str, object]:
    """What judging it by these detectors takes, from the start of the process to its end; no keys are all of them."""
    only = [word for key in keys for word in ("--only", key)]
    command = [sys.executable, "-m", "facejury", "compare", str(video), "--json", *only]
    began, before, most = time.monotonic(), os.times(), 0
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as judging:
        assert judging.stdout
        said: list[str] = []
        read = judging.stdout.read
        reader = threading.Thread(target=lambda: said.append(read()))
        reader.start()
        while judging.poll() is None:
            most = max(most, resident(judging.pid))
            time.sleep(0.2)
        reader.join()
    seconds = time.monotonic() - began
    after = os.times()
    (judged,) = json.loads(said[0])
    return {
        "seconds": round(seconds, 1),
        "of processor time": round(sum(after[2:4]) - sum(before[2:4]), 1),
        "megabytes": round(most / 1e6),
        "moments": judged["looks"],
        "persons": [len(person["moments"]) for person in judged["persons"]],
        "frames in clips": [clip["count"] for person in judged["persons"] for clip in person["clips"]],
        "windows of sound": len(judged["sound"]["windows"]) if judged["sound"] else 0,
        "load": [round(load, 1) for load in os.getloadavg()],
        "cores": os.cpu_count(),
    }


def main() -> None:
    """Print how long it took, and the memory it held."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=60.0, help="length of the video")
    options.add_argument("--only", action="append", help="detector; repeatable (default: custom-cnn, efficientnet)")
    options.add_argument("--all", action="store_true", help="all detectors: of frames, clips and sound")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        video = make_video(Path(folder) / "scene.mp4", given.seconds)
        found = measure(video, [] if given.all else given.only or ["custom-cnn", "efficientnet"])
    for name, value in found.items():
        print(f"{name:18} {value}")


if __name__ == "__main__":
    main()
