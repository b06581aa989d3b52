"""Honest clients while somebody attacks: how much longer they wait, and whether they get what they should.

`.venv/bin/python -m benchmarks.attacks --clients 32` starts the page by itself, attacks it over loopback, each attack
bounded in count and time, and prints a table. On a busy machine the attacker's own work counts as well.
"""

import argparse
import contextlib
import hashlib
import json
import multiprocessing
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from benchmarks.load_clients import ANSWER, CALL, picture, without_times
from tests.attack.limits.wire import connect, head, pressed
from tests.auth.server import KEYS, PASSWORD, Browser, Server

CROWD = 600  # connections of an attack
FILES = 1024  # the page may open: what a Linux system allows by itself
PAUSE_SECONDS = 0.05  # between the requests of an attack: twenty a second
FILE = {"_type": "gradio.FileData"}
JSON = {"content-type": "application/json"}
FROM = "X-Forwarded-For: 93.184.217.7"  # as a proxy would report the attacker
HALF = f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n{FROM}\r\nX-Slow: ".encode()
SLOW = head("/signin", length=10_000, kind="application/x-www-form-urlencoded") + b"name="
ASSETS = Path(str(find_spec("gradio").submodule_search_locations[0])) / "templates/frontend/assets"  # type: ignore
LARGEST = max(ASSETS.glob("*.js"), key=lambda path: path.stat().st_size).name
UNREAD = (  # more than any buffer holds
    f"GET /assets/{LARGEST} HTTP/1.1\r\nHost: 127.0.0.1\r\n{FROM}\r\n\r\n".encode() * 10
)
NO_END = b'--edge\r\nContent-Disposition: form-data; name="other"; filename="a"\r\n\r\n' + b"x" * 1_000_000

Attack = Callable[[Browser], Iterator[object]]
"""Does a little at each step, for as long as it is asked to. Given is the attacker's browser, signed in."""


@dataclass
class Honest:
    """One client with an account, an address and a picture of their own, and the answer they should get."""

    browser: Browser
    data: bytes
    expected: dict[str, Any] = field(default_factory=dict)

    def ask(self) -> dict[str, Any]:
        """Upload the picture and have it judged. Raises RuntimeError where that fails."""
        path = self.browser.upload(self.data, name="a.jpg")
        started = self.browser.http.post(CALL, json={"data": [{"path": path, "meta": FILE}, KEYS]})
        if started.status_code != 200:
            raise RuntimeError(f"{started.status_code}: {started.text}")
        said = self.browser.http.get(f"{CALL}/{started.json()['event_id']}").text
        found = ANSWER.search(said)
        if not found:
            raise RuntimeError(f"no answer: {said!r}")
        return without_times(json.loads(found[1])[0])

    def is_served(self) -> bool:
        """Whether the answer is the right one."""
        found = self.ask()
        self.expected = self.expected or found
        right = hashlib.sha256(self.data).hexdigest()
        return found["sha256"] == right and len(found["faces"]) == 1 and found["faces"] == self.expected["faces"]


@dataclass(frozen=True)
class Round:
    """What came of one attack. seconds: of each honest request."""

    seconds: list[float]
    errors: list[str]


def sign_up_honest(server: Server, count: int) -> list[Honest]:
    """So many, each of whom a proxy would report with another address."""

    def sign_up(number: int) -> Honest:
        browser = server.browser(headers={"X-Forwarded-For": f"93.184.216.{number + 1}"})
        if browser.sign_up(f"Honest {number}").status_code != 303:
            raise RuntimeError("no account")
        return Honest(browser, picture(number))

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(sign_up, range(count)))


def serve(clients: Sequence[Honest], *, times: int) -> Round:
    """All of them at once, each so many times."""
    seconds, errors = [], []

    def be_served(client: Honest) -> None:
        for _ in range(times):
            began = time.monotonic()
            try:
                if not client.is_served():
                    errors.append("another answer than without the attack")
            except (httpx.HTTPError, RuntimeError, AssertionError) as error:
                errors.append(repr(error))
            seconds.append(time.monotonic() - began)

    with ThreadPoolExecutor(len(clients)) as pool:
        list(pool.map(be_served, clients))
    return Round(seconds, errors)


def _crowd(sent: bytes) -> Attack:
    def attack(browser: Browser) -> Iterator[object]:
        """Hold that many connections, and open one for each that the server ends."""
        server, lines = Server(str(browser.http.base_url).rstrip("/"), None), []  # type: ignore[arg-type]
        while True:
            with contextlib.suppress(OSError):
                lines.append(connect(server, sent))
            if len(lines) > CROWD:
                lines.pop(0).close()
            if len(lines) == CROWD or len(lines) % 50 == 0:
                yield None

    return attack


def _icons(browser: Browser) -> Iterator[object]:
    while True:
        yield browser.http.get("/pwa_icon/14000")


def _paths(browser: Browser) -> Iterator[object]:
    body = json.dumps({"data": ["/" * 4000] * 900}).encode()
    while True:
        yield browser.http.post(CALL, content=body, headers=JSON)


def _batches(browser: Browser) -> Iterator[object]:
    path = browser.upload(picture(0))
    body = {"data": [[{"path": path, "meta": FILE}], KEYS]}
    for _ in range(215):
        browser.http.post("/gradio_api/call/batch", json=body)
    while True:
        yield browser.http.post("/gradio_api/call/batch", json=body)


def _uploads(browser: Browser) -> Iterator[object]:
    kind = {"content-type": "multipart/form-data; boundary=edge"}
    while True:
        yield browser.http.post("/gradio_api/upload", content=NO_END, headers=kind)


def _passwords(browser: Browser) -> Iterator[object]:
    other = Browser(httpx.Client(base_url=browser.http.base_url, timeout=60, headers=browser.http.headers))
    while True:
        yield other.sign_in("Honest 0", password=f"not {PASSWORD}")


ATTACKS: dict[str, Attack] = {
    "idle connections": _crowd(b""),
    "half requests": _crowd(HALF),
    "slow bodies": _crowd(SLOW),
    "unread answers": _crowd(UNREAD),
    "large icons": _icons,
    "calls full of paths": _paths,
    "batch calls of one user": _batches,
    "uploads without an end": _uploads,
    "wrong passwords": _passwords,
}


def attack_until(name: str, address: str, cookies: dict[str, str], over: Any) -> None:
    """Go on with one attack until the event `over` is set. For a thread or a process of its own."""
    known = {"headers": dict([FROM.split(": ")]), "cookies": cookies}
    browser = Browser(httpx.Client(base_url=address, timeout=60, **known))  # type: ignore[arg-type]
    steps = ATTACKS[name](browser)
    while not over.wait(PAUSE_SECONDS):
        try:
            next(steps)
        except (httpx.HTTPError, OSError, AssertionError):  # the server fights back, which ends a generator
            steps = ATTACKS[name](browser)


@contextlib.contextmanager
def attacking(name: str, attacker: Browser, *, apart: bool) -> Iterator[None]:
    """While one attack goes on. apart: in a process of its own, so that it takes none of this one's time."""
    arguments = (name, str(attacker.http.base_url), dict(attacker.http.cookies))
    context = multiprocessing.get_context("spawn")
    over: Any = context.Event() if apart else threading.Event()
    kind: Any = context.Process if apart else threading.Thread
    running = kind(target=attack_until, args=(*arguments, over))
    running.start()
    try:
        time.sleep(3 if apart else 1)  # until it is at its worst
        yield
    finally:
        over.set()
        running.join(60)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--times", type=int, default=3, help="requests of each client during each attack")
    parser.add_argument("--only", action="append", choices=list(ATTACKS), metavar="ATTACK")
    given = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as folder, pressed(Path(folder), files=FILES) as server:
        clients, attacker = sign_up_honest(server, given.clients), server.member("Attacker")
        serve(clients, times=1)
        print(f"{'attack':<26}{'seconds':>9}{'normal':>9}{'ratio':>7}{'slowest':>9}{'errors':>8}")
        for name in given.only or ATTACKS:
            normal = serve(clients, times=given.times)  # beside each attack: the machine may have other work
            with attacking(name, attacker, apart=True):
                found = serve(clients, times=given.times)
            failed |= bool(found.errors or normal.errors)
            middle, usual = median(found.seconds), median(normal.seconds)
            figures = f"{middle:>9.2f}{usual:>9.2f}{middle / usual:>7.2f}{max(found.seconds):>9.2f}"
            print(f"{name:<26}{figures}{len(found.errors):>8}", *found.errors[:1], flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
