"""An attacker's side of the line: bare sockets, on which half a request can be left lying."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from storage.database import open_database
from tests.auth.server import KEYS, Server, wait_for
from tests.ports import free_port

ROOT = Path(__file__).parents[3]
LIMIT_FILES = "import resource, os, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]),) * 2); "
START = LIMIT_FILES + "os.execv(sys.executable, [sys.executable, *sys.argv[2:]])"


@dataclass(frozen=True)
class Pressed(Server):
    """The launched demo, and what it logs."""

    log: Path

    def events(self) -> list[str]:
        """What was logged so far."""
        return [json.loads(line)["event"] for line in self.log.read_text().splitlines() if line.startswith("{")]


@contextmanager
def pressed(folder: Path, *, files: int = 1024) -> Iterator[Pressed]:
    """The demo in a process that may open so many files."""
    url, log = f"sqlite:///{folder / 'facejury.db'}", folder / "log"
    engine, places = open_database(url), {"FACEJURY_DATABASE_URL": url, "GRADIO_TEMP_DIR": str(folder / "uploads")}
    options = ["demo.py", "--port", str(free_port()), *(part for key in KEYS for part in ("--only", key))]
    command = [sys.executable, "-c", START, str(files), *options]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"} | places
    with (
        log.open("w") as errors,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment) as demo,
    ):
        assert demo.stdout is not None
        try:
            found = re.search(r"http://\S+", demo.stdout.readline())
            assert found, log.read_text()
            address = found[0].rstrip("/")

            def is_ready() -> None:
                assert httpx.get(f"{address}/readyz").status_code == 200

            wait_for(is_ready, seconds=120)
            yield Pressed(address, engine, log)
        finally:
            demo.terminate()
    engine.dispose()


def connect(server: Server, sent: bytes = b"") -> socket.socket:
    """A connection on which this was sent, and nothing else is."""
    place = urlsplit(server.url)
    line = socket.create_connection((place.hostname or "", place.port or 0), 10)
    if sent:
        line.sendall(sent)
    return line


@contextmanager
def lines(server: Server, count: int, sent: bytes = b"") -> Iterator[list[socket.socket]]:
    """So many of them at once, for as long as the server leaves them."""
    with ExitStack() as stack:
        made = []
        for _ in range(count):
            with suppress(OSError):
                made.append(stack.enter_context(connect(server, sent)))
        yield made


def read_all(line: socket.socket, *, seconds: float) -> bytes:
    """What the server sends until it closes the connection."""
    line.settimeout(seconds)
    return b"".join(iter(lambda: line.recv(65_536), b""))


def seconds_until_closed(line: socket.socket, *, at_most: float) -> float:
    """How long the server leaves this connection open."""
    began = time.monotonic()
    line.settimeout(at_most)
    with suppress(ConnectionError):
        while line.recv(65_536):
            pass
    return time.monotonic() - began


def head(path: str, *, length: int, cookie: str = "", kind: str = "application/json") -> bytes:
    """The head of a POST, whose body is still to come."""
    fields = ["Host: 127.0.0.1", f"Content-Type: {kind}", f"Content-Length: {length}", f"Cookie: {cookie}"]
    return "\r\n".join([f"POST {path} HTTP/1.1", *fields, "", ""]).encode()


def cookie_of(browser: httpx.Client) -> str:
    """What a browser sends to be known."""
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
