"""What the server remembers of open pages, and until when; a page that it has forgotten is told so."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import gradio as gr
import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from auth.pages.context import Settings
from detectors.jury.judge import Jury
from storage.database import open_database
from storage.recorder import Recorder
from storage.uploads import own_folder
from tests.auth.by_browser import sign_up
from tests.detectors.pictures import encode, quarters
from tests.ports import free_port
from tests.ui.jurors import JURY, spec
from ui.page import build_page
from ui.server import lifecycle
from ui.server.drain import Drain
from ui.server.front import build_front
from ui.server.lifecycle import launch
from ui.server.limits import visits
from ui.server.limits.visits import OPEN_TOO_LONG, Visits

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[Visits]:
    """What the server of the test remembers, once it is launched; it has room for three of each kind."""
    made: list[Visits] = []
    monkeypatch.setattr(visits, "MAX_CALLS", 3)
    monkeypatch.setattr(visits, "MAX_PAGES", 3)
    monkeypatch.setattr(visits, "EVERY_SECONDS", 0.0)

    def remember(page: gr.Blocks) -> Visits:
        made.append(Visits(page))
        return made[0]

    monkeypatch.setattr(lifecycle, "Visits", remember)
    return made


def judge_two(page: Page, portrait: str, folder: Path) -> None:
    """Have a batch of two judged."""
    (folder / "wall.png").write_bytes(encode(quarters(20, 20)))
    page.set_input_files("#entrance input[type=file]", [portrait, str(folder / "wall.png")])
    expect(page.locator("#batch-status")).to_contain_text("2 pictures judged.")
    expect(page.get_by_role("button", name="Save CSV").first).to_be_visible()


def save_csv(page: Page) -> str:
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save CSV").first.click()
    return Path(saved.value.path()).read_text()


def test_calls_of_programs_take_no_page_its_results(
    visit: Callable[..., Page], held: list[Visits], portrait: str, tmp_path: Path
) -> None:
    page = visit(*JURY)
    judge_two(page, portrait, tmp_path)
    with httpx.Client(base_url=page.url.partition("?")[0], timeout=60) as program:
        for _ in range(12):
            called = program.post("gradio_api/call/detectors", json={"data": []}).json()
            program.get(f"gradio_api/call/detectors/{called['event_id']}")
    assert len(save_csv(page).splitlines()) == 4
    assert len(held[0].session_data) <= 6
    expect(page.locator(".saved-file", has_text="wall.png")).to_have_count(0)  # the browser keeps no second copy


def test_a_page_whose_results_are_forgotten_says_so_and_saves_no_empty_file(
    visit: Callable[..., Page], held: list[Visits], portrait: str, tmp_path: Path
) -> None:
    page = visit(*JURY)
    judge_two(page, portrait, tmp_path)
    toast = page.locator(".toast-body")
    for step in (
        page.get_by_role("button", name="Save CSV").first.click,
        lambda: page.get_by_role("button", name="Save the report").locator("visible=true").click(),
        lambda: page.locator("#batch-table [data-entry='0']").click(),
        lambda: page.get_by_label("Name contains").fill("w"),
    ):
        held[0].session_data.clear()
        step()
        expect(toast.last).to_contain_text(OPEN_TOO_LONG)
        toast.get_by_test_id("toast-close").click()
        expect(toast).to_have_count(0)
    expect(page.locator("#batch-table tbody tr")).to_have_count(2)


def test_what_was_judged_is_forgotten_once_the_page_is_closed_or_left_alone(
    visit: Callable[..., Page],
    held: list[Visits],
    portrait: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = visit(*JURY)
    judge_two(page, portrait, tmp_path)
    visit_of_page = next(one for one in held[0].session_data.values() if one.state_data)
    assert visit_of_page.config_values == {}, "what the page shows"
    monkeypatch.setattr(visits, "CLOSED_SECONDS", 0)
    page.wait_for_timeout(3000)
    assert visit_of_page in held[0].session_data.values(), "it is still open"
    page.close()
    wait_until(lambda: not held[0].session_data)


@pytest.mark.usefixtures("held")
def test_a_page_whose_batch_waits_for_longer_than_that_is_shown_its_results(
    visit: Callable[..., Page], browser: Browser, portrait: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go_on = threading.Event(), threading.Event()

    def examine(image: object) -> float:
        began.set()
        assert go_on.wait(60)
        return 0.03

    (tmp_path / "wall.png").write_bytes(encode(quarters(20, 20)))
    batch = [portrait, str(tmp_path / "wall.png")]
    first = visit(spec("patient", examine))
    first.set_input_files("#entrance input[type=file]", batch)
    assert began.wait(60)
    with browser.new_context() as context:
        second = context.new_page()
        second.goto(first.url)
        second.set_input_files("#entrance input[type=file]", batch)
        expect(second.locator("#batch-status")).to_contain_text("Waiting for its turn")
        second.wait_for_timeout(1000)  # until it waits in the queue
        monkeypatch.setattr(visits, "KEEP_SECONDS", 0)
        second.wait_for_timeout(2000)
        go_on.set()
        expect(second.locator("#batch-status")).to_contain_text("2 pictures judged.")


def test_a_page_left_alone_is_forgotten_too(
    visit: Callable[..., Page], held: list[Visits], portrait: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visit(*JURY)
    judge_two(page, portrait, tmp_path)
    monkeypatch.setattr(visits, "KEEP_SECONDS", 0)
    wait_until(lambda: not held[0].session_data)


def test_who_signs_out_is_forgotten_with_what_their_other_tabs_show(
    browser: Browser, held: list[Visits], portrait: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    monkeypatch.setenv("GRADIO_HEARTBEAT_INTERVAL", "0.3")
    monkeypatch.setattr(visits, "CLOSED_SECONDS", 0)
    engine, settings = open_database(f"sqlite:///{tmp_path / 'facejury.db'}"), Settings(rounds=4, slow_seconds=0)
    front = build_front(engine, own_folder(), settings=settings, routes=[], drain=Drain())
    with Jury(JURY) as jury, browser.new_context() as context:
        site = build_page(jury, recorder=Recorder(engine))
        url, page = launch(site, host="127.0.0.1", port=free_port(), **front)[0].rstrip("/"), context.new_page()
        page.set_default_timeout(60_000)
        sign_up(page, url, "Anna")
        judge_two(page, portrait, tmp_path)
        other = context.new_page()
        other.goto(f"{url}/signout")
        assert any(one.state_data for one in held[0].session_data.values())
        other.get_by_role("button", name="Sign out").click()
        wait_until(lambda: not held[0].session_data)
        site.close(verbose=False)
    engine.dispose()


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)
