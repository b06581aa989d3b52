"""The page with accounts and a history, and a visitor of it who has just signed up."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from auth.pages.context import Settings
from detectors.jury.compare import compare
from detectors.jury.judge import Jury
from registry import DetectorSpec
from storage.database import open_database
from storage.history import add_entry
from storage.recorder import Recorder
from storage.uploads import own_folder
from tests.auth.by_browser import sign_up
from tests.auth.server import Server
from tests.ports import free_port
from tests.ui.jurors import JURY
from ui.page import build_page
from ui.server.drain import Drain
from ui.server.front import build_front
from ui.server.lifecycle import launch
from ui.server.views import view_routes


@pytest.fixture(scope="module")
def jurors() -> Sequence[DetectorSpec]:
    """The detectors of the page; a module may have its own."""
    return JURY


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, jurors: Sequence[DetectorSpec]) -> Iterator[Server]:
    """The page with accounts, in this process."""
    folder, port = tmp_path_factory.mktemp("history"), free_port()
    with pytest.MonkeyPatch.context() as patch, Jury(jurors) as jury:
        patch.setenv("GRADIO_TEMP_DIR", str(folder / "uploads"))
        engine, settings = open_database(f"sqlite:///{folder / 'facejury.db'}"), Settings(rounds=4, slow_seconds=0)
        front = build_front(engine, own_folder(), settings=settings, routes=view_routes(), drain=Drain())
        page = build_page(jury, recorder=Recorder(engine))
        yield Server(launch(page, host="127.0.0.1", port=port, **front)[0].rstrip("/"), engine)
        page.close(verbose=False)
        engine.dispose()


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A user of this test's own."""
    return str(request.node.name)[:40]


@pytest.fixture
def page(browser: Browser, site: Server, name: str) -> Iterator[Page]:
    """The page of that user, who has just signed up."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.set_default_timeout(60_000)
        sign_up(page, site.url, name)
        expect(page.get_by_role("tab", name="History")).to_be_visible()
        yield page


@pytest.fixture
def put(site: Server, name: str, judged: dict[str, Any]) -> Callable[..., int]:
    """Write an entry of that user, as if the portrait had been judged under this name."""

    def put_entry(file_name: str, sha256: str = "", **options: Any) -> int:
        comparison = judged | ({"sha256": sha256} if sha256 else {})
        return add_entry(site.engine, name, file_name=file_name, comparison=comparison, **options)

    return put_entry


@pytest.fixture(scope="module")
def judged(portrait: str) -> dict[str, Any]:
    with Jury(JURY) as jury:
        return compare(Path(portrait), jury, path="portrait.png").as_dict()
