"""The page as it is served, with two who are signed in: Anna, who has secrets, and Bert, who wants them."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import PIL.Image
import PIL.PngImagePlugin
import pytest
from sqlalchemy import Engine

from auth.pages.context import Settings
from detectors.jury.judge import Jury
from storage.database import open_database
from storage.history import find_entries
from storage.recorder import Recorder
from storage.uploads import own_folder
from tests.auth.server import Browser, Server, wait_for
from tests.ports import free_port
from tests.ui.jurors import JURY
from ui.agents.endpoint import mcp_routes
from ui.page import build_page
from ui.server.drain import Drain
from ui.server.front import build_front
from ui.server.health import Health
from ui.server.lifecycle import launch
from ui.server.views import view_routes
from ui.tabs.live_endpoint import live_routes
from ui.tabs.shared import shared_routes

SECRET = "annas-secret-71c3"
ROOT = Path(__file__).parents[2]
LEAKS = ("Traceback (most recent call last)", 'File "', str(ROOT), "site-packages", SECRET)
FILE = {"_type": "gradio.FileData"}
ENDLESS = ("heartbeat", "queue/data", "upload_progress", "/stream/")  # their answers have no end
SHORT_SECONDS, LONG_SECONDS = 3.0, 120.0
READ_BYTES = 2_000_000


@dataclass(frozen=True)
class Said:
    """One answer, as far as it was waited for."""

    status: int
    text: str
    headers: httpx.Headers


@dataclass(frozen=True)
class Attacked(Server):
    """The page; what Bert may have guessed of Anna's; and his browser."""

    page: Any = field(repr=False)  # gr.Blocks is not typed
    uploads: Path
    guesses: dict[str, str]
    bert: Browser

    @cached_property
    def calls(self) -> list[tuple[str, int]]:
        """Every function of the page, also those that are not documented, with the number of its inputs."""
        found = self.bert.http.get("/config").json()["dependencies"]
        return [(one["api_name"], len(one["inputs"])) for one in found if one["api_name"]]

    @property
    def taking(self) -> list[tuple[str, int]]:
        """The functions that take something."""
        return [(name, count) for name, count in self.calls if count]

    @cached_property
    def routes(self) -> list[tuple[str, str]]:
        """Every method and path that the application answers."""
        found = [route for route in _flat(self.page.app.routes) if hasattr(route, "path")]
        return sorted({(method, route.path) for route in found for method in getattr(route, "methods", None) or ()})

    def send(self, browser: Browser, method: str, path: str, **options: Any) -> Said:
        """One request; an answer that has no end is read for a while."""
        read = SHORT_SECONDS if any(part in path for part in ENDLESS) else LONG_SECONDS
        timeout = httpx.Timeout(LONG_SECONDS, read=read)
        for is_last in (False, False, True):
            try:
                with browser.http.stream(method, path, timeout=timeout, **options) as answer:
                    return Said(answer.status_code, _read(answer), answer.headers)
            except httpx.ReadTimeout:  # a busy machine
                if is_last:
                    raise
        raise AssertionError("it was tried three times")

    def call(self, browser: Browser, name: str, data: list[object], **options: Any) -> Said:
        """One call, and all that is said to it."""
        started = self.send(browser, "POST", f"/gradio_api/call/{name}", json={"data": data}, **options)
        event = re.fullmatch(r'\{"event_id":"(\w+)"\}', started.text)
        return self.send(browser, "GET", f"/gradio_api/call/{name}/{event[1]}") if event else started


def _flat(routes: list[Any]) -> Iterator[Any]:
    """The routes, and those of the routers that were included."""
    for route in routes:
        yield route
        yield from _flat(getattr(getattr(route, "original_router", route), "routes", None) or [])


def _read(answer: httpx.Response) -> str:
    found = bytearray()
    try:
        for chunk in answer.iter_bytes():
            found += chunk
            if len(found) > READ_BYTES:
                break
    except (httpx.ReadTimeout, httpx.RemoteProtocolError):
        pass  # Gradio breaks an answer off when nobody knows the event it was to be about
    return found.decode("utf-8", "replace")


@contextmanager
def attacked(folder: Path, *, beside: Server | None = None) -> Iterator[Attacked]:
    """The demo's page in this process, behind its sign-in, on a database of its own or of a server beside it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder / "uploads"))
        uploads = own_folder()
        engine = beside.engine if beside else open_database(f"sqlite:///{folder / 'facejury.db'}")
        jury, port = Jury(JURY), free_port()
        routes = [
            *Health(engine, is_loaded=lambda: True).routes(),
            *live_routes(jury),
            *view_routes(),
            *mcp_routes(jury),
            *shared_routes(engine),
        ]
        front = build_front(engine, uploads, settings=Settings(rounds=4, slow_seconds=0), routes=routes, drain=Drain())
        page = build_page(jury, recorder=Recorder(engine))
        launch(page, host="127.0.0.1", port=port, **front)
        server = Server(f"http://127.0.0.1:{port}", engine)
        guesses, bert = ({}, server.browser()) if beside else (_fill(server, engine), server.member("Bert"))
        yield Attacked(server.url, engine, page, uploads, guesses, bert)
        page.close(verbose=False)
        if not beside:
            engine.dispose()


def _fill(server: Server, engine: Engine) -> dict[str, str]:
    """Anna's secrets: a name in her history, what is in an upload, a token. What Bert may have guessed of them."""
    anna = server.member("Anna")
    first, second = anna.upload(_picture(""), name=f"{SECRET}.png"), anna.upload(_picture(SECRET), name="a.png")
    anna.call("compare", {"path": first, "meta": FILE}, ["accuser"])
    wait_for(lambda: _require(find_entries(engine, "Anna")))
    anna.make_token(SECRET)
    started = anna.http.post("/gradio_api/call/detectors", json={"data": []})
    return {"path": second, "event": started.json()["event_id"], "entry": str(find_entries(engine, "Anna")[0].id)}


def _require(found: list[Any]) -> None:
    assert found


def _picture(words: str) -> bytes:
    told = PIL.PngImagePlugin.PngInfo()
    told.add_text("words", words)
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (32, 32), "teal").save(buffer, "PNG", pnginfo=told)
    return buffer.getvalue()
