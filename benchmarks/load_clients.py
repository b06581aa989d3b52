"""Many clients at once against a running page, through HTTP.

`.venv/bin/python -m benchmarks.load_clients --requests 2000` starts the page by itself and prints what came of it.
"""

import argparse
import asyncio
import hashlib
import io
import itertools
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import numpy as np
import PIL.Image
import psutil
import skimage.data

from tests.ports import free_port

ROOT = Path(__file__).parents[1]
CALL = "/gradio_api/call/compare"
ANSWER = re.compile(r"event: complete\ndata: (.*)\n")
SAMPLES = 10  # of the memory, over a run


@dataclass
class Load:
    """What came of a run. answered: client -> how many. seconds: of each request. megabytes: of the server, in time."""

    errors: list[str] = field(default_factory=list)
    answered: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)
    turned: list[tuple[int, int]] = field(default_factory=list)  # (place in coming, place in going)

    @property
    def overtaken(self) -> int:
        """By how many later ones the unluckiest was overtaken."""
        left: list[int] = []
        worst = 0
        for came in [came for came, _ in sorted(self.turned, key=lambda turn: turn[1])]:
            worst = max(worst, sum(other > came for other in left[-200:]))
            left.append(came)
        return worst


@contextmanager
def running_page(*arguments: str, tree: Path = ROOT) -> Iterator[tuple[str, int]]:
    """demo.py in a process of its own: its address, and its process id. tree: where it is, if not here."""
    command = [sys.executable, "demo.py", "--no-login", "--port", str(free_port()), *arguments]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=tree, stdout=subprocess.PIPE, text=True, env=environment) as page:
        try:
            assert page.stdout
            yield page.stdout.readline().split()[-1].rstrip("/"), page.pid
        finally:
            page.terminate()


def picture(number: int) -> bytes:
    """The portrait, a little different for each client."""
    pixels = skimage.data.astronaut()[:, number : 480 + number // 2]
    buffer = io.BytesIO()
    PIL.Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "JPEG", quality=70 + number % 25)
    return buffer.getvalue()


def resident(pid: int) -> float:
    """Megabytes a process holds."""
    return float(psutil.Process(pid).memory_info().rss / 1e6)


async def ask(http: httpx.AsyncClient, path: str, keys: list[str]) -> dict[str, Any]:
    """One picture that was uploaded, judged."""
    given = {"data": [{"path": path, "meta": {"_type": "gradio.FileData"}}, keys]}
    event = (await http.post(CALL, json=given)).raise_for_status().json()["event_id"]
    said = (await http.get(f"{CALL}/{event}")).raise_for_status().text
    found = ANSWER.search(said)
    if not found:
        raise RuntimeError(f"no answer: {said!r}")
    comparison: dict[str, Any] = json.loads(found[1])[0]
    return comparison


def without_times(answer: dict[str, Any]) -> dict[str, Any]:
    """All but the milliseconds."""
    for face in answer["faces"]:
        for verdict in face["verdicts"]:
            verdict["milliseconds"] = 0
    return answer


async def press(address: str, pid: int, *, clients: int, requests: int, keys: list[str]) -> Load:
    """So many requests by so many clients, each with a picture of its own, as fast as they are answered."""
    load, numbers, leaving = Load(), itertools.count(), itertools.count()
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=address, timeout=600, limits=limits) as http:

        async def client(number: int) -> None:
            data = picture(number)
            path = (await http.post("/gradio_api/upload", files={"files": ("a.jpg", data)})).json()[0]
            alone = without_times(await ask(http, path, keys))
            assert alone["sha256"] == hashlib.sha256(data).hexdigest() and len(alone["faces"]) == 1
            await ready.wait()
            while (came := next(numbers)) < requests:
                began = time.monotonic()
                try:
                    if without_times(await ask(http, path, keys)) != alone:
                        load.errors.append(f"client {number} got another answer than before")
                except (httpx.HTTPError, RuntimeError) as error:
                    load.errors.append(f"client {number}: {error!r}")
                load.answered[number] += 1
                load.seconds.append(time.monotonic() - began)
                load.turned.append((came, next(leaving)))
                if came % (requests // SAMPLES or 1) == 0:
                    load.megabytes.append(resident(pid))

        ready = asyncio.Barrier(clients)
        await asyncio.gather(*(client(number) for number in range(clients)))
    return load


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--only", action="append", default=[], metavar="KEY")
    given = parser.parse_args()
    keys = given.only or ["custom-cnn", "efficientnet"]
    with running_page() as (address, pid):
        began = time.monotonic()
        load = asyncio.run(press(address, pid, clients=given.clients, requests=given.requests, keys=keys))
        took = time.monotonic() - began
    print(f"{len(load.seconds)} requests by {given.clients} clients in {took:.0f} s, {len(load.errors)} errors")
    print(f"seconds a request: {median(load.seconds):.2f} in the middle, {max(load.seconds):.2f} at most")
    answered = [load.answered[number] for number in range(given.clients)]
    print(f"answered: {min(answered)} to {max(answered)} a client")
    print(f"the unluckiest was overtaken by {load.overtaken}")
    print("megabytes:", *(f"{value:.0f}" for value in load.megabytes))
    sys.exit(bool(load.errors))


if __name__ == "__main__":
    main()
