"""Nobody stops the page with connections: idle ones, slow ones, too many of them.

Each attack is bounded in count and time, at the launched demo, which is a process of its own on this machine.
"""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from auth.middleware import MAX_AT_ONCE
from benchmarks.attacks import UNREAD
from tests.attack.limits.wire import Pressed, connect, cookie_of, head, lines, pressed, read_all, seconds_until_closed
from tests.auth.server import wait_for
from tests.ui.camera import as_jpeg, frame, portrait
from ui.server.limits.connections import REQUEST_SECONDS
from ui.server.limits.open_files import OWN_FILES
from ui.server.limits.requests import PATIENCE_SECONDS
from ui.tabs.live_endpoint import PLACES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
FILES = 400
CROWD = 450
MOST = (FILES - OWN_FILES) * 3 // 4  # connections, as open_files.py counts
LOG_BYTES = 1_000_000
JPEG = {"content-type": "image/jpeg"}
BODIES = ("/live?started=1&only=custom-cnn", "/gradio_api/call/compare", "/gradio_api/upload", "/account/password")
HALF = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pressed]:
    with pressed(tmp_path_factory.mktemp("pressed"), files=FILES) as server:
        yield server


def assert_answers(server: Pressed) -> None:
    """On a new connection, as a watchdog has it."""
    for path in ("/healthz", "/readyz", "/signin"):
        assert httpx.get(server.url + path, timeout=10).status_code == 200, path


SENT = {
    "nothing": b"",
    "half a head": HALF,
    "half a body": head("/signin", length=1000),
    "one request": b"GET /static/x HTTP/1.1\r\n\r\n",
    "one that is answered": b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
}


@pytest.mark.parametrize("sent", SENT.values(), ids=SENT)
def test_more_connections_than_files_stop_neither_the_page_nor_fill_the_log(served: Pressed, sent: bytes) -> None:
    before = served.log.stat().st_size
    with lines(served, CROWD, sent):
        for _ in range(2):
            assert_answers(served)
            time.sleep(0.5)
    assert_answers(served)
    assert served.log.stat().st_size - before < LOG_BYTES
    assert "socket.accept() out of system resource" not in served.log.read_text()


@dataclass(frozen=True)
class Slow:
    """What comes of slow lines, all waited for at once."""

    idle: list[Future[float]]
    bodies: dict[str, Future[bytes]]


@pytest.fixture(scope="module")
def slow(served: Pressed) -> Iterator[Slow]:
    cookie = cookie_of(served.member("Slow").http)

    def dribble() -> float:
        """Half a head, and a letter more each second."""
        began = time.monotonic()
        with connect(served, HALF) as line:
            for _ in range(3 * REQUEST_SECONDS):
                try:
                    line.sendall(b"x")
                except OSError:
                    break
                time.sleep(1)
        return time.monotonic() - began

    def wait(sent: bytes) -> float:
        with connect(served, sent) as line:
            return seconds_until_closed(line, at_most=3 * REQUEST_SECONDS)

    def send(path: str) -> bytes:
        kind = "multipart/form-data; boundary=x" if path.endswith("upload") else "application/json"
        with connect(served, head(path, length=100_000, cookie=cookie, kind=kind) + b"--x") as line:
            return read_all(line, seconds=3 * PATIENCE_SECONDS)

    with ThreadPoolExecutor(3 + len(BODIES)) as pool:
        idle = [pool.submit(wait, b""), pool.submit(wait, HALF), pool.submit(dribble)]
        yield Slow(idle, {path: pool.submit(send, path) for path in BODIES})


def test_a_connection_without_a_request_ends_by_itself(slow: Slow) -> None:
    assert max(one.result() for one in slow.idle) < 2 * REQUEST_SECONDS


@pytest.mark.parametrize("path", BODIES)
def test_a_body_that_comes_too_slowly_is_not_waited_for(slow: Slow, path: str) -> None:
    answer = slow.bodies[path].result()
    assert b" 408 " in answer and b"too slow" in answer, answer


def test_half_a_picture_takes_no_camera_place(served: Pressed) -> None:
    data = as_jpeg(frame(portrait()))
    honest = served.member("Honest")
    with ExitStack() as stack:
        for number in range(2 * PLACES):
            cookie = cookie_of(served.member(f"Slow camera {number}").http)
            sent = head("/live?started=1&only=custom-cnn", length=1000, cookie=cookie, kind="image/jpeg") + b"\xff\xd8"
            stack.enter_context(connect(served, sent))
        time.sleep(1)
        own: dict[str, Any] = {"params": {"started": 2, "only": "custom-cnn"}, "headers": JPEG}
        answer = honest.http.post("/live", content=data, **own)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("sent", [b"", HALF], ids=["nothing", "half a head"])
def test_a_line_that_had_an_answer_outlives_those_that_never_asked(served: Pressed, sent: bytes) -> None:
    with connect(served) as line, line.makefile("rb") as answers:

        def is_answered() -> bool:
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            return any(said == b"ok\n" for said in answers)

        assert is_answered()
        with lines(served, MOST + 20, sent) as silent:
            seconds_until_closed(silent[0], at_most=REQUEST_SECONDS / 2)  # there were too many
            assert is_answered()


def test_answers_that_nobody_reads_keep_no_others_out(served: Pressed) -> None:
    with lines(served, CROWD, UNREAD):
        assert_answers(served)
    assert_answers(served)


def test_one_user_has_so_many_requests_under_way_and_others_have_theirs(served: Pressed) -> None:
    greedy, other = served.member("Greedy"), served.member("Other")
    cookie = cookie_of(greedy.http)
    with ExitStack() as stack:
        for number in range(MAX_AT_ONCE):
            path = f"/gradio_api/heartbeat/greedy{number}"
            ask = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n"
            stack.enter_context(connect(served, ask.encode()))
        time.sleep(1)
        said = greedy.http.get("/config")
        assert said.status_code == 503 and int(said.headers["retry-after"]) > 0
        assert "requests under way already" in said.text
        assert other.http.get("/config").status_code == 200
        assert_answers(served)

    def is_let_in_again() -> None:
        assert greedy.http.get("/config").status_code == 200

    wait_for(is_let_in_again)
