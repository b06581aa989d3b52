"""What waits or runs keeps its uploads, although sweeps delete all others; afterwards they go as well."""

import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from auth.pages.context import Settings
from detectors.jury.judge import Jury
from storage.database import open_database
from storage.recorder import Recorder
from storage.uploads import own_folder
from tests.auth.server import Browser, picture, wait_for
from tests.ports import free_port
from tests.ui.jurors import spec
from tests.ui.server.programs.hooks import SECRET, Hooks, listening
from ui.page import build_page
from ui.server import front
from ui.server.drain import Drain
from ui.server.front import build_front
from ui.server.job_slot import Job, JobSlot
from ui.server.lifecycle import launch
from ui.server.programs.webhook import Webhooks, read_target

pytestmark = pytest.mark.slow


def as_file(path: str) -> dict[str, object]:
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


@dataclass
class HeldPlace:
    """A page whose only juror waits for a word, and somebody who uses it."""

    url: str
    browser: Browser
    hooks: Hooks
    began: threading.Event
    go_on: threading.Event
    sweep_all: Callable[[], None]
    uploads: list[str] = field(default_factory=list)

    def upload(self, data: bytes, *, name: str) -> dict[str, object]:
        path = self.browser.upload(data, name=name)
        self.uploads.append(path)
        return as_file(path)

    def let_an_hour_pass(self) -> None:
        """Until sweeps have deleted an upload that nothing needs, and went over all of them once more."""
        for seed in (1, 2):
            path = Path(self.browser.upload(picture(seed)))
            self.sweep_all()
            wait_for(lambda path=path: not_there(path))  # type: ignore[misc]

    def see_uploads_go(self) -> None:
        """Until those of the work have gone as well."""
        for path in self.uploads:
            wait_for(lambda path=path: not_there(Path(path)))  # type: ignore[misc]


def not_there(path: Path) -> None:
    assert not path.exists()


@pytest.fixture(params=["with accounts", "without"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldPlace]:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    monkeypatch.setattr(front, "SWEEP_EVERY_SECONDS", 0.05)
    began, go_on = threading.Event(), threading.Event()

    def examine(image: object) -> float:
        began.set()
        assert go_on.wait(60)
        return 0.03

    has_accounts = request.param == "with accounts"
    engine = open_database(f"sqlite:///{tmp_path / 'facejury.db'}") if has_accounts else None
    settings = Settings(rounds=4, slow_seconds=0)
    guarded = build_front(engine, own_folder(), settings=settings, routes=[], drain=Drain())
    with Jury([spec("patient", examine)]) as jury, listening() as hooks:
        webhooks = Webhooks((read_target(hooks.url),), engine, resolve=lambda *_: ["127.0.0.1"])
        page = build_page(jury, recorder=Recorder(engine) if engine else None, webhooks=webhooks)
        url = launch(page, host="127.0.0.1", port=free_port(), **guarded)[0].rstrip("/")
        browser = Browser(httpx.Client(base_url=url, timeout=120))
        if has_accounts:
            browser.sign_up("Anna")
        yield HeldPlace(url, browser, hooks, began, go_on, lambda: monkeypatch.setattr(front, "KEEP_SECONDS", -1.0))
        go_on.set()
        page.close(verbose=False)
        webhooks.close()
    if engine:
        engine.dispose()


@pytest.fixture
def packed(portrait: str, tmp_path: Path) -> bytes:
    """A zip with the portrait in it."""
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.write(portrait, "in.jpg")
    return (tmp_path / "b.zip").read_bytes()


def upload_two_batches(
    place: HeldPlace, portrait: str, packed: bytes
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Two pictures, and a zip with one in it."""
    photo = Path(portrait).read_bytes()
    return [place.upload(photo, name=name) for name in ("a.jpg", "c.jpg")], [place.upload(packed, name="b.zip")]


def judged(pictures: list[dict[str, Any]]) -> list[tuple[str, object, int]]:
    return [(one["name"], one["error"], len(one["faces"])) for one in pictures]


def test_a_batch_for_a_webhook_that_takes_longer_than_uploads_are_kept_is_judged_to_its_end(
    place: HeldPlace, portrait: str, packed: bytes
) -> None:
    first, second = upload_two_batches(place, portrait, packed)
    for files in (first, second):
        status, answer = place.browser.call("batch_webhook", files, ["patient"], place.hooks.url, SECRET)
        assert (status, "event: complete" in answer) == (200, True), answer
    assert place.began.wait(60)
    place.let_an_hour_pass()
    place.go_on.set()
    wait_for(lambda: both_came(place.hooks), seconds=60)
    sent = [json.loads(body)["data"]["pictures"] for _, body in place.hooks.got]
    assert sorted(judged(pictures) for pictures in sent) == [  # each is sent by itself: either may come first
        [("a.jpg", None, 1), ("c.jpg", None, 1)],
        [("b.zip/in.jpg", None, 1)],
    ]
    place.see_uploads_go()


def both_came(hooks: Hooks) -> None:
    assert len(hooks.got) == 2


def test_a_call_that_waits_or_runs_for_longer_than_uploads_are_kept_has_its_files(
    place: HeldPlace, portrait: str, packed: bytes
) -> None:
    running, waiting = upload_two_batches(place, portrait, packed)
    with ThreadPoolExecutor(2) as callers:
        first = callers.submit(place.browser.call, "batch", running, ["patient"])
        assert place.began.wait(60)
        second = callers.submit(place.browser.call, "batch", waiting, ["patient"])
        place.let_an_hour_pass()
        place.go_on.set()
        answers = [one.result()[1] for one in (first, second)]
    said = [json.loads(answer.rpartition("event: complete\ndata: ")[2])[0] for answer in answers]
    assert judged(said[0]) == [("a.jpg", None, 1), ("c.jpg", None, 1)]
    assert judged(said[1]) == [("b.zip/in.jpg", None, 1)]
    place.see_uploads_go()


@pytest.mark.browser
@pytest.mark.parametrize("place", ["without"], indirect=True)
def test_a_batch_on_the_page_that_takes_longer_than_uploads_are_kept_is_judged_to_its_end(
    place: HeldPlace, browser: Chromium, portrait: str, packed: bytes, tmp_path: Path
) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(place.url)
        page.set_input_files("#entrance input[type=file]", [portrait, str(tmp_path / "b.zip")])
        assert place.began.wait(60)
        place.let_an_hour_pass()
        place.go_on.set()
        expect(page.locator("#batch-status")).to_contain_text("2 pictures judged.")


def test_what_a_crash_left_behind_is_deleted_at_the_next_start_also_without_accounts(place: HeldPlace) -> None:
    left = own_folder() / ("a" * 64) / "a.jpg"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"x")
    place.sweep_all()
    wait_for(lambda: not_there(left))


def test_a_slot_holds_the_files_of_its_job_until_that_is_done_or_not_wanted() -> None:
    slot, job = JobSlot(), Job(Path("a.zip"), ("x",), more=(Path("b.jpg"),))
    slot.put(job, [])
    assert list(slot.held_files()) == [Path("a.zip"), Path("b.jpg")]
    slot.take()
    assert list(slot.held_files()) == [Path("a.zip"), Path("b.jpg")]
    slot.put_away(job)
    assert list(slot.held_files()) == []
    slot.put(job, [])
    slot.clear([])
    assert list(slot.held_files()) == []


def test_a_folder_in_which_gradio_keeps_no_uploads_is_never_swept(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not where Gradio keeps uploads"):
        build_front(None, tmp_path, settings=Settings(), routes=[], drain=Drain())
