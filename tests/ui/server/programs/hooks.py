"""A receiver of webhooks on localhost, under a name that no name server knows."""

import base64
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOST = "hooks.test"
SECRET = "whsec_" + base64.b64encode(bytes(range(24))).decode()


class Hooks(ThreadingHTTPServer):
    """A receiver. statuses: what it answers, the last one for ever; got: headers and body of each message.

    drips: further lines in the head of its answer, of which one comes each tenth of a second.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hook)
        self.statuses, self.came = [200], threading.Event()
        self.drips = 0
        self.got: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}"


class _Hook(BaseHTTPRequestHandler):
    server: Hooks

    def do_POST(self) -> None:
        self.server.got.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
        statuses = self.server.statuses
        self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
        self.send_header("Location", "/elsewhere")
        for _ in range(self.server.drips):
            self.send_header("X-More", "to come")
            self.flush_headers()
            time.sleep(0.1)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.came.set()

    def log_message(self, *_: object) -> None:
        pass

    def handle(self) -> None:
        with suppress(OSError):
            super().handle()


@contextmanager
def listening() -> Iterator[Hooks]:
    """A server that takes messages until the end of the block."""
    with Hooks() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
