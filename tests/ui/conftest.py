"""A page served for one test, by the same launch as the demo's, and a headless Chromium to look at it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import gradio_client
import pytest
from gradio.utils import get_upload_folder
from playwright.sync_api import Browser, Page

from auth.pages.context import Settings
from detectors.forgery.game import Deck
from detectors.jury.judge import Jury
from registry import DetectorSpec, Problem
from tests.ports import free_port
from tests.ui.jurors import JURY
from ui.components import examples
from ui.page import build_page
from ui.server.drain import Drain
from ui.server.front import build_front
from ui.server.lifecycle import launch
from ui.server.programs.webhook import Webhooks
from ui.server.remote_picture import Fetcher
from ui.server.views import view_routes
from ui.tabs.live_endpoint import live_routes

POLICY = "Content Security Policy"  # in what Chromium writes on its console of each violation


@contextmanager
def serving(
    *specs: DetectorSpec,
    problems: tuple[Problem, ...] = (),
    deck: Deck | None = None,
    fetcher: Fetcher | None = None,
    webhooks: Webhooks | None = None,
) -> Iterator[str]:
    """The page for these detectors, while it lasts: its address."""
    jury = Jury(specs or JURY)
    page = build_page(jury, problems, deck=deck, fetcher=fetcher, webhooks=webhooks)
    routes = [*live_routes(jury), *view_routes()]
    front = build_front(None, Path(get_upload_folder()), settings=Settings(), routes=routes, drain=Drain())
    yield launch(page, host="127.0.0.1", port=free_port(), **front)[0]
    page.close(verbose=False)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """One page for all tests of a module."""
    with serving() as where:
        yield where


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[gradio_client.Client]:
    """A program that calls that page's endpoints."""
    connected = gradio_client.Client(address, verbose=False)
    yield connected
    connected.close()


def look_at(page: Page, where: str, violations: list[str]) -> Page:
    """Lead a new page there, and wait until it can be used. What breaks its policy is added to violations."""
    page.set_default_timeout(60_000)
    page.on("console", lambda said: violations.append(said.text) if POLICY in said.text else None)
    page.goto(where)
    page.wait_for_selector("#photo input[type=file]", state="attached")
    return page


@pytest.fixture
def visit(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Open the page for these detectors, at an address below its own; without any, the one of the module.

    Nothing in it breaks its own policy.
    """
    violations: list[str] = []
    with ExitStack() as open_until_then:

        def open_page(*specs: DetectorSpec, width: int = 1280, at: str = "", **options: Any) -> Page:
            special = serving(*specs, **options) if specs or options else None
            where = open_until_then.enter_context(special) if special else request.getfixturevalue("address")
            page = open_until_then.enter_context(browser.new_page(viewport={"width": width, "height": 900}))
            return look_at(page, where + at, violations)

        yield open_page
    assert violations == []


@pytest.fixture(scope="session")
def portrait() -> str:
    return str(examples.portrait())


@pytest.fixture
def speak(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Open the page in a browser of that language, at an address below its own. Nothing in it breaks its policy."""
    violations: list[str] = []
    with ExitStack() as open_until_then:

        def open_page(locale: str, at: str = "", width: int = 1280) -> Page:
            options: dict[str, Any] = {"locale": locale, "viewport": {"width": width, "height": 900}}
            page = open_until_then.enter_context(browser.new_page(**options))
            return look_at(page, address + at, violations)

        yield open_page
    assert violations == []
