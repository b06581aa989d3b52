"""SIGTERM in the middle of work: what is at hand is finished and written down, everybody else is told."""

import base64
import signal
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from itertools import count
from pathlib import Path

import httpx
import pytest

from auth import accounts
from auth.requests import MCP
from detectors.conformance import samples
from detectors.sandbox.isolated_detector import find_home
from storage.database import open_database
from storage.history import HistoryEntry, find_entries
from tests.auth.server import Browser, wait_for
from tests.docs.pages import find_blocks
from tests.resilience.server import FILE, KEY, ROOT, RunningDemo, serving, wait_until_ready
from ui.server.drain import RESTARTING

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
PLUGIN = """
import os
import time
import pluggy

@pluggy.HookimplMarker("facejury")
def register_detectors(register):
    register(key="quick", title="Quick", load=lambda: lambda image: ponder(image, 2), seconds=600.0)
    register(key="endless", title="Endless", load=lambda: lambda image: ponder(image, 500), seconds=600.0)

def ponder(image, seconds):
    if image.min() < image.max():  # not the blank picture of the start
        open(os.path.expanduser("~/note"), "a").write("x")
        time.sleep(seconds)
    return 0.5
"""
KEYS = ["quick", "endless"]
STOP_SECONDS = 10  # as docs/operations.md says, and as Docker gives


def judge(browser: Browser, path: str) -> str:
    """The verdicts of both, as a program gets them."""
    return browser.call("compare", FILE | {"path": path}, KEYS)[1]


def test_told_to_stop_a_server_finishes_or_says_so_and_writes_down_what_was_judged(tmp_path: Path) -> None:
    plugin, url = tmp_path / "ponderers.py", f"sqlite:///{tmp_path / 'facejury.db'}"
    plugin.write_text(PLUGIN)
    note = find_home(str(plugin), str(tmp_path)) / "note"  # where a plugin may write
    chosen = [part for key in KEYS for part in ("--only", key)]
    with (
        serving(tmp_path, "--add", str(plugin), *chosen, FACEJURY_DATABASE_URL=url) as demo,
        ThreadPoolExecutor(2) as pool,
    ):
        wait_until_ready(demo)
        anna = demo.browser()
        anna.sign_up("Anna")
        path = anna.upload(samples.as_png(samples.photo()))
        first = pool.submit(judge, anna, path)
        wait_for(lambda: is_asked(note, times=2))
        second = pool.submit(judge, anna, path)
        time.sleep(1)  # until it stands in the line
        demo.process.send_signal(signal.SIGTERM)
        told = time.monotonic()
        wait_for(lambda: is_refused(demo, anna))
        assert httpx.get(f"{demo.url}/readyz").status_code == 503
        assert httpx.get(f"{demo.url}/healthz").status_code == 200
        answer = first.result(60)
        assert '"p_fake": 0.5' in answer, "what could be finished was"
        assert '"error": "its process ' in answer, "what could not be says so"
        assert RESTARTING in second.result(60)
        assert demo.process.wait(told + STOP_SECONDS - time.monotonic()) == 0
        last = demo.log()[-1]
        assert (last["event"], last["cut_off"], last["unrecorded"]) == ("stopped", 0, 0)
        assert "stopping" in demo.events()
        [failure] = [line for line in demo.log() if line["event"] == "detector endless failed"]
        assert failure["reason"].startswith("its process ")
    engine = open_database(url)
    assert len(find_entries(engine, "Anna")) == 1
    engine.dispose()


def ask_as_agent(browser: Browser, token: str) -> httpx.Response:
    """What `compare` answers an agent."""
    picture = base64.b64encode(samples.as_png(samples.photo())).decode()
    call = {"name": "compare", "arguments": {"picture": picture}}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    headers = {"Accept": "application/json, text/event-stream", "Authorization": f"Bearer {token}"}
    return browser.http.post(MCP, json=asked, headers=headers)


def test_told_to_stop_a_server_answers_the_agent_it_works_for_and_tells_the_next_one(tmp_path: Path) -> None:
    plugin, url = tmp_path / "ponderers.py", f"sqlite:///{tmp_path / 'facejury.db'}"
    plugin.write_text(PLUGIN)
    note = find_home(str(plugin), str(tmp_path)) / "note"
    only = ("--add", str(plugin), "--only", "quick")
    with serving(tmp_path, *only, "--mcp", FACEJURY_DATABASE_URL=url) as demo, ThreadPoolExecutor(1) as pool:
        wait_until_ready(demo)
        anna = demo.browser()
        anna.sign_up("Anna")
        token = anna.make_token()
        first = pool.submit(ask_as_agent, anna, token)
        wait_for(lambda: is_asked(note, times=1))
        demo.process.send_signal(signal.SIGTERM)
        wait_for(lambda: is_refused(demo, anna))
        second = ask_as_agent(anna, token)
        assert (second.status_code, second.json()["error"]["message"]) == (503, RESTARTING)
        assert first.result(60).json()["result"]["structuredContent"]["faces"][0]["verdicts"][0]["p_fake"] == 0.5
        assert demo.process.wait(STOP_SECONDS) == 0


def test_told_to_stop_while_the_database_hangs_it_ends_in_time_and_says_what_was_not_written(tmp_path: Path) -> None:
    file = tmp_path / "facejury.db"
    with serving(tmp_path, "--only", KEY, FACEJURY_DATABASE_URL=f"sqlite:///{file}") as demo:
        wait_until_ready(demo)
        anna = demo.browser()
        anna.sign_up("Anna")
        photo = FILE | {"path": anna.upload(samples.as_png(samples.photo()))}

        def is_written() -> None:
            assert len(_list_of(file, "Anna")) == 1

        assert anna.call("compare", photo, [KEY])[0] == 200
        wait_for(is_written)
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert anna.call("compare", photo, [KEY])[0] == 200
            demo.process.send_signal(signal.SIGTERM)
            assert demo.process.wait(STOP_SECONDS) == 0
        last = demo.log()[-1]
        assert (last["event"], last["cut_off"], last["unrecorded"]) == ("stopped", 0, 1)
        is_written()


def _list_of(file: Path, user: str) -> list[HistoryEntry]:
    engine = open_database(f"sqlite:///{file}")
    found = find_entries(engine, user)
    engine.dispose()
    return found


def test_told_to_stop_while_it_loads_its_detectors_it_ends_as_at_any_other_time(tmp_path: Path) -> None:
    """Python ends by an abort where a thread is inside a network."""
    with serving(tmp_path, "--no-login") as demo:
        time.sleep(1)  # into the loading
        demo.process.terminate()
        assert demo.process.wait(STOP_SECONDS) == 0


def test_a_service_that_is_stopped_tells_the_server_alone_and_gives_it_the_time() -> None:
    """By default systemd signals every process of it, and a plugin's would end in the middle of its picture."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    [unit] = [block for block in find_blocks(page, "ini") if "ExecStart=" in block]
    lines = unit.splitlines()
    assert "KillMode=mixed" in lines
    [seconds] = [int(line.partition("=")[2]) for line in lines if line.startswith("TimeoutStopSec=")]
    assert seconds >= STOP_SECONDS


def is_asked(note: Path, *, times: int) -> None:
    assert note.exists()
    assert len(note.read_text()) >= times


def is_refused(demo: RunningDemo, browser: Browser) -> None:
    refused = browser.http.post("/gradio_api/call/compare", json={"data": []})
    assert (refused.status_code, refused.json()) == (503, {"error": RESTARTING})
    uploaded = browser.http.post("/gradio_api/upload", files={"files": ("a.png", b"x")})
    assert (uploaded.status_code, uploaded.text) == (503, RESTARTING)


def sign_up_until_away(demo: RunningDemo, letter: str) -> Iterator[str]:
    """New accounts, each once the page has said that it is there."""
    with suppress(httpx.TransportError):
        for number in count():
            assert demo.browser().sign_up(f"{letter}{number}").status_code == 303
            yield f"{letter}{number}"


def test_a_server_that_is_killed_outright_keeps_every_account_it_acknowledged(tmp_path: Path) -> None:
    url, acknowledged = f"sqlite:///{tmp_path / 'facejury.db'}", list[str]()
    with (
        serving(tmp_path, "--only", "custom-cnn", FACEJURY_DATABASE_URL=url) as demo,
        ThreadPoolExecutor(2) as pool,
    ):
        asking = [pool.submit(acknowledged.extend, sign_up_until_away(demo, letter)) for letter in "ab"]

        def are_made() -> None:
            assert len(acknowledged) >= 10

        wait_for(are_made, seconds=120)
        demo.process.kill()
        for one in asking:
            one.result()
    engine = open_database(url)
    kept = {account.name for account in accounts.list_users(engine)}
    engine.dispose()
    assert set(acknowledged) <= kept
