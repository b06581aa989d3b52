"""The Forge tab: in a real browser, and its runs without one."""

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import PIL.Image
import pytest
from playwright.sync_api import Page, expect

from detectors.jury.judge import Jury
from detectors.provenance import read_provenance
from registry import load_registry
from tests.ui.faults import check
from tests.ui.jurors import JURY, spec
from tests.ui.visitor import open_tab
from ui.components.examples import portrait
from ui.server.queue import FairQueue
from ui.tabs.forge import ForgeSession, _clear_to, _run_with, _save, _start

TOLD = ("face", 100, 40, 6)


def sharpness(image: np.ndarray) -> tuple[float, np.ndarray]:
    """A detector that calls soft faces fake: variant 6 makes them soft. Its heat map points at the middle."""
    middle = np.zeros((9, 9), dtype=np.float32)
    middle[4, 4] = 1
    return float(np.abs(np.diff(image.astype(float), axis=0)).mean() < 7.5), middle


def run(session: ForgeSession, path: str | None, jury: Jury, queue: FairQueue | None = None) -> list[str]:
    """What the tab showed, one text each."""
    _start(path, session, *TOLD)
    return [
        "".join(shown[0]) for shown in _run_with(jury, queue or FairQueue(1))(session) if isinstance(shown[0], list)
    ]


@pytest.mark.browser
@pytest.mark.slow
def test_one_forges_a_portrait_and_sees_who_notices(visit: Callable[..., Page]) -> None:
    page: Page = visit(*JURY, spec("sharp", sharpness), width=390)
    open_tab(page, "Forge")
    page.get_by_role("button", name="Forge", exact=True).click()
    expect(page.locator("#forge-result")).to_contain_text("Choose a picture first.")
    page.get_by_role("button", name="Take the example portrait").click()
    expect(page.locator("#forge-photo img")).to_be_visible()
    expect(page.locator("#forge-result")).to_contain_text("The forgery appears here.")
    page.get_by_role("button", name="Forge", exact=True).press("Enter")
    expect(page.locator(".trial h2")).to_have_text("1 of 3 detectors noticed.")
    expect(page.locator(".trial .word")).to_have_text(["Already called fake before", "Not noticed", "Noticed"])
    expect(page.locator(".trial .card").nth(2)).to_contain_text("The heat map peaks inside the altered area (")
    expect(page.locator(".trial .card").nth(1)).to_contain_text("It gives no heat map.")
    expect(page.locator(".triptych img")).to_have_count(3)
    check(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the forged picture").click()
    assert saved.value.suggested_filename == "FORGED-for-teaching-not-a-real-photo.png"
    assert read_provenance(Path(saved.value.path())).source_type == "compositeSynthetic"


def test_the_networks_of_this_jury_are_heard_with_what_was_measured_of_their_maps() -> None:
    *_, last = run(ForgeSession(), str(portrait()), Jury(load_registry(blocked=()).detectors))
    assert re.search(r"On \d+ forged faces it peaked inside in \d+ %", last)
    assert "The jury" in last and "detectors noticed." in last


def test_a_photo_without_a_face_and_a_file_that_is_none_get_a_sentence(tmp_path: Path) -> None:
    PIL.Image.new("RGB", (80, 80), "navy").save(tmp_path / "wall.png")
    (tmp_path / "text.png").write_text("just text")
    for name, sentence in (("wall.png", "No face was found"), ("text.png", "not a picture we can read")):
        session = ForgeSession()
        *_, last = run(session, str(tmp_path / name), Jury(JURY))
        assert sentence in last
        assert not session.slot.busy and _save(session) == ("", "", "")


def test_a_cancelled_run_ends_without_verdicts_and_without_a_file() -> None:
    session = ForgeSession()
    _start(str(portrait()), session, *TOLD)
    steps = _run_with(Jury(JURY), FairQueue(1))(session)
    next(steps)
    _clear_to(["cancelled"])(session)
    *_, last = steps
    assert last[0] == ["cancelled"]
    assert _save(session) == ("", "", "")


def test_forging_waits_in_the_queue_and_says_its_place() -> None:
    queue, session = FairQueue(1), ForgeSession()
    _start(str(portrait()), session, *TOLD)
    with queue.wait():
        steps = _run_with(Jury(JURY), queue)(session)
        assert "you are next" in "".join(next(steps)[0])
        late = run(ForgeSession(), str(portrait()), Jury(JURY), queue)
        assert "1 others are already waiting" in late[-1]
    assert "detectors noticed" in "".join([*steps][-1][0])


def test_a_file_of_this_machine_cannot_be_forged(address: str) -> None:
    config = httpx.get(f"{address}config").json()
    photo = next(part["id"] for part in config["components"] if part["props"].get("elem_id") == "forge-photo")
    start = next(
        event for event in config["dependencies"] if event["inputs"][:1] == [photo] and len(event["inputs"]) == 6
    )
    data = [{"path": str(portrait())}, None, *TOLD]
    call = {"data": data, "fn_index": start["id"], "session_hash": "thief"}
    httpx.post(f"{address}gradio_api/queue/join", json=call).raise_for_status()
    said = httpx.get(f"{address}gradio_api/queue/data?session_hash=thief", timeout=60).text
    assert "Upload the picture through this page." in said


def test_a_server_that_is_about_to_end_says_so_instead_of_judging() -> None:
    session, jury = ForgeSession(), Jury(JURY)
    jury.stop()
    *_, last = run(session, str(portrait()), jury)
    assert "Facejury is being restarted" in last
