"""How many camera frames a second the server judges, one visitor, one frame after the other.

`.venv/bin/python -m benchmarks.live` starts the page by itself, sends it a moving portrait, and prints what came of it.
CPU time is the server's own: it does not grow when something else keeps the machine busy.
"""

import argparse
import os
import time
from statistics import median

import httpx
import psutil

from benchmarks.load_clients import running_page
from registry import load_registry
from tests.ui.camera import as_jpeg, frame, portrait

FRAMES = 24  # of the film, which then runs backwards
STEP_PIXELS = 4  # to the side, from frame to frame
WARM_UP = 10  # frames that are not counted: the networks are loaded by the first one


def film(face_pixels: int) -> list[bytes]:
    """The portrait moving to the right and back, as JPEGs of 640 x 480. face_pixels: the longer side of its face."""
    seen = portrait(round(480 * face_pixels / 116))[:480, :480]
    there = [as_jpeg(frame(seen, left=20 + STEP_PIXELS * step)) for step in range(FRAMES)]
    return [*there, *reversed(there)]


def cpu_seconds(pid: int) -> float:
    """What a process has used of all cores so far."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--face", type=int, default=116, metavar="PIXELS", help="longer side of the face")
    parser.add_argument("--only", action="append", metavar="KEY", help="a detector; repeatable (default: all)")
    given = parser.parse_args()
    keys = given.only or [spec.key for spec in load_registry() if spec.expects == "face"]
    asked = {"started": 1, "only": keys}
    frames = film(given.face)
    took: list[float] = []
    with running_page() as (address, pid), httpx.Client(base_url=address, timeout=600) as http:
        for number in range(WARM_UP):
            http.post("/live", params=asked, content=frames[number]).raise_for_status()
        began, used = time.monotonic(), cpu_seconds(pid)
        while time.monotonic() - began < given.seconds:
            answer = http.post("/live", params=asked, content=frames[len(took) % len(frames)]).raise_for_status().json()
            assert [len(face["verdicts"]) for face in answer["faces"]] == [len(keys)]
            took.append(answer["milliseconds"])
        passed, used = time.monotonic() - began, cpu_seconds(pid) - used
    print(f"{len(took) / passed:.1f} frames a second over HTTP, {len(keys)} detectors: {len(took)} in {passed:.0f} s")
    print(f"at the server {median(took):.0f} ms a frame in the middle: {1000 / median(took):.1f} frames a second")
    print(f"CPU {1000 * used / len(took):.0f} ms a frame, so at most {len(took) / used:.1f} a second for one core")
    print(f"load of this machine, of {os.cpu_count()} cores: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
