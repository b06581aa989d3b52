"""What the page says of the history: of the result that is shown, however late the database answers."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from auth.pages.context import Settings
from detectors.jury.judge import Jury
from registry import Image
from storage import history
from storage import recorder as recorders
from storage.database import open_database
from storage.history import NoSuchEntry, add_entry, delete_entries, find_entries
from storage.kept import PICTURE_TOO_LARGE
from storage.recorder import Recorder
from storage.uploads import own_folder
from tests.auth.by_browser import sign_up
from tests.auth.server import Server, picture, wait_for
from tests.detectors.pictures import encode, quarters
from tests.ports import free_port
from tests.ui.jurors import say_fake, spec
from tests.ui.visitor import open_tab, upload
from ui.components.keeping import KEPT, RECORDED, _keep_as_told
from ui.page import build_page
from ui.server.drain import Drain
from ui.server.front import build_front
from ui.server.lifecycle import launch

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def answers() -> threading.Event:
    """Once it is set, the database writes."""
    return threading.Event()


@pytest.fixture
def writes_at_once(answers: threading.Event) -> None:
    """The database is not slow at all."""
    answers.set()


@pytest.fixture
def judges() -> threading.Event:
    """While it is set, the detector answers at once."""
    event = threading.Event()
    event.set()
    return event


@pytest.fixture
def site(
    answers: threading.Event, judges: threading.Event, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    """The page with accounts, in this process, in front of a slow database."""
    write = history.add_entry

    def write_late(*given: Any, **more: Any) -> int:
        answers.wait(60)
        return write(*given, **more)

    def ponder(image: Image) -> Any:
        judges.wait(60)
        return say_fake(image)

    monkeypatch.setattr(recorders, "add_entry", write_late)
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    engine, settings = open_database(f"sqlite:///{tmp_path / 'facejury.db'}"), Settings(rounds=4, slow_seconds=0)
    front = build_front(engine, own_folder(), settings=settings, routes=[], drain=Drain())
    with Jury((spec("ponderer", ponder),)) as jury:
        page = build_page(jury, recorder=Recorder(engine))
        yield Server(launch(page, host="127.0.0.1", port=free_port(), **front)[0].rstrip("/"), engine)
        page.close(verbose=False)
    engine.dispose()


@pytest.fixture
def page(browser: Browser, site: Server) -> Iterator[Page]:
    """Anna's, who has just signed up."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.set_default_timeout(60_000)
        sign_up(page, site.url, "Anna")
        expect(page.get_by_role("tab", name="History")).to_be_visible()
        yield page


def wait_until_written(page: Page, site: Server) -> None:
    """Until the first is in the history, and for what the page might say of it."""

    def look() -> None:
        assert len(find_entries(site.engine, "Anna")) == 1

    wait_for(look)
    page.wait_for_timeout(1500)


def test_a_late_answer_is_not_written_under_the_next_picture(
    page: Page, site: Server, answers: threading.Event, judges: threading.Event, portrait: str
) -> None:
    upload(page, portrait)
    expect(page.locator("#verdicts .card.fake")).to_have_count(1)
    judges.clear()
    page.get_by_role("button", name="Check another").click()
    expect(page.locator("#verdicts .summary")).to_have_count(0)
    upload(page, portrait)
    expect(page.locator("#verdicts .card.thinking")).to_have_count(1)
    answers.set()
    wait_until_written(page, site)
    expect(page.locator("#recorded")).to_have_text("")
    judges.set()
    expect(page.locator("#recorded")).to_contain_text("Recorded in your history")


def test_a_late_answer_is_not_written_under_the_next_batch(
    page: Page, site: Server, answers: threading.Event, judges: threading.Event, portrait: str
) -> None:
    open_tab(page, "Batch")
    page.set_input_files("#batch-files input[type=file]", portrait)
    judge: Callable[[], None] = page.get_by_role("button", name="Judge all").click
    judge()
    expect(page.locator("#batch-table tbody tr")).to_have_count(1)
    expect(page.locator("#batch-status")).to_contain_text("1 picture judged.")
    judges.clear()
    judge()
    expect(page.locator("#batch-table tbody tr")).to_have_count(0)
    answers.set()
    wait_until_written(page, site)
    expect(page.locator("#batch-recorded")).to_have_text("")
    expect(page.locator("#batch-keep")).to_be_hidden()
    judges.set()
    expect(page.locator("#batch-recorded")).to_contain_text("Recorded in your history")


@pytest.fixture
def wall(tmp_path: Path) -> str:
    """A picture without a face, of which the detector is not asked."""
    (tmp_path / "wall.png").write_bytes(encode(quarters(20, 20)))
    return str(tmp_path / "wall.png")


@pytest.mark.usefixtures("writes_at_once")
def test_a_batch_is_in_the_history_although_its_page_was_reloaded(
    page: Page, site: Server, judges: threading.Event, wall: str, portrait: str
) -> None:
    judges.clear()
    open_tab(page, "Batch")
    page.set_input_files("#batch-files input[type=file]", [wall, portrait])
    page.get_by_role("button", name="Judge all").click()
    expect(page.locator("#batch-table tbody tr")).to_have_count(1)
    page.reload()
    expect(page.get_by_role("tab", name="History")).to_be_visible()
    judges.set()
    wait_until_written(page, site)
    [entry] = find_entries(site.engine, "Anna")
    assert (entry.kind, "wall.png" in entry.file_name) == ("batch", True)


@pytest.mark.usefixtures("writes_at_once")
def test_why_no_batch_was_begun_takes_nothing_away_from_the_one_before(page: Page, portrait: str) -> None:
    open_tab(page, "Batch")
    page.set_input_files("#batch-files input[type=file]", portrait)
    page.get_by_role("button", name="Judge all").click()
    expect(page.locator("#batch-recorded")).to_contain_text("without the thumbnails")
    page.get_by_label("Keep the thumbnails").check()
    expect(page.locator("#batch-recorded")).to_contain_text("with the thumbnails")
    page.locator("#batch-files").get_by_label("Clear").click()
    page.get_by_role("button", name="Judge all").click()
    expect(page.locator("#batch-status")).to_contain_text("Choose files and at least one detector first.")
    page.wait_for_timeout(1500)
    expect(page.locator("#batch-status")).to_contain_text("Choose files and at least one detector first.")
    expect(page.locator("#batch-recorded")).to_contain_text("with the thumbnails")
    expect(page.get_by_label("Keep the thumbnails")).to_be_checked()


@pytest.mark.usefixtures("writes_at_once")
def test_a_tick_for_an_entry_that_was_deleted_elsewhere_is_taken_back_and_the_line_says_why(
    page: Page, site: Server, portrait: str
) -> None:
    upload(page, portrait)
    expect(page.locator("#recorded")).to_contain_text("Recorded in your history")
    delete_entries(site.engine, "Anna")
    page.get_by_label("Keep this picture").click()
    expect(page.locator("#recorded")).to_have_text(str(NoSuchEntry()))
    expect(page.get_by_label("Keep this picture")).not_to_be_checked()
    open_tab(page, "Batch")
    page.set_input_files("#batch-files input[type=file]", portrait)
    page.get_by_role("button", name="Judge all").click()
    expect(page.locator("#batch-recorded")).to_contain_text("without the thumbnails")
    delete_entries(site.engine, "Anna")
    page.get_by_label("Keep the thumbnails").click()
    expect(page.locator("#batch-recorded")).to_have_text(str(NoSuchEntry()))
    expect(page.locator("#batch-keep")).to_be_hidden()


def test_a_picture_that_the_database_cannot_take_is_told_beside_the_verdict_that_it_took(
    kept: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(picture(1))
    found = {"schema": 1, "sha256": hashlib.sha256(picture(1)).hexdigest(), "faces": [], "whole_image": []}
    number = add_entry(kept, "Anna", file_name="a.png", comparison=found)
    monkeypatch.setattr("storage.kept.find_most_bytes", lambda _connection: 10)
    assert f"{RECORDED} {PICTURE_TOO_LARGE}" in _keep_as_told(kept, "Anna", number, True, str(path))[1]
    monkeypatch.undo()
    assert KEPT in _keep_as_told(kept, "Anna", number, True, str(path))[1]
