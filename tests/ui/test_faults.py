"""The demo itself with a plugin full of faults: each is a failed card with its reason, and nobody else's loss."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gradio_client
import pytest
from gradio_client import handle_file
from playwright.sync_api import Browser, expect

from detectors.sandbox.isolated_detector import find_home
from tests.demo_process import started
from tests.ui.visitor import card, upload

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a worker's memory is not watched"),
]
FAULTY = Path(__file__).with_name("faulty.py")
OURS = "custom-cnn"
ENDED = {
    "crashes": "its process was ended by SIGSEGV",
    "leaves": "its process ended by itself, with exit code 3",
    "exits": "SystemExit: goodbye",
    "leaks": "it exceeded its memory limit of 2 GB",
    "nan": "p_fake must be a number in [0, 1], got nan",
    "many": "examine must return p_fake, or (p_fake, heatmap), got array",
    "above": "p_fake must be a number in [0, 1], got 1.5",
    "raises": "KeyError: 'no such layer in …'",
}
OTHERS = {OURS: "Custom CNN", "calm": "Calm"}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the page makes its plugins' homes."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def note(cache: Path) -> Path:
    """Where the ponderer says which process it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        return find_home(str(FAULTY), str(cache)) / "process"


@pytest.fixture(scope="module")
def demo_address(cache: Path) -> Iterator[str]:
    """`demo.py --add faulty.py`, as anybody starts it."""
    keys = [OURS, "calm", "sleeps", *ENDED, "ponders"]
    chosen = [part for key in keys for part in ("--only", key)]
    with started("--no-login", "--add", str(FAULTY), *chosen, XDG_CACHE_HOME=str(cache)) as address:
        yield address


@pytest.fixture(scope="module")
def ask(demo_address: str, portrait: str) -> Any:
    """The verdicts of some detectors on the portrait, by key, as a program gets them."""
    client = gradio_client.Client(demo_address, verbose=False)

    def ask(*keys: str) -> Any:
        (face,) = client.predict(handle_file(portrait), list(keys), api_name="/compare")["faces"]
        return {verdict["detector"]: verdict for verdict in face["verdicts"]}

    yield ask
    client.close()


@pytest.fixture(scope="module")
def verdicts(ask: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return ask(*OTHERS, *ENDED)


@pytest.mark.parametrize("key", ENDED)
def test_a_fault_is_a_failed_verdict_with_its_reason(verdicts: dict[str, Any], key: str) -> None:
    assert (verdicts[key]["label"], verdicts[key]["p_fake"]) == ("failed", None)
    assert ENDED[key] in verdicts[key]["error"]


@pytest.mark.parametrize("key", OTHERS)
def test_the_other_verdicts_come_in_their_normal_time(verdicts: dict[str, Any], key: str) -> None:
    assert verdicts[key]["error"] is None
    assert verdicts[key]["p_fake"] is not None
    assert verdicts[key]["milliseconds"] < 2000


def test_a_worker_killed_in_the_middle_of_a_picture_loses_only_its_own_verdict(
    ask: Callable[..., dict[str, Any]], note: Path
) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, "ponders", *OTHERS)
        wait_for(note)
        os.kill(int(note.read_text()), signal.SIGKILL)
        found = asked.result(60)
    assert found["ponders"]["error"] == "its process was ended by SIGKILL"
    assert {key: found[key]["error"] for key in OTHERS} == dict.fromkeys(OTHERS)
    assert ask("ponders")["ponders"]["p_fake"] == 0.3


def wait_for(path: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.browser
def test_one_that_sleeps_for_ever_delays_no_other_card(
    demo_address: str, browser: Browser, portrait: str, note: Path
) -> None:
    note.touch()  # the ponderer need not ponder
    page = browser.new_page()
    page.goto(demo_address)
    page.wait_for_selector("#photo input[type=file]", state="attached", timeout=60_000)
    upload(page, portrait)
    for key, reason in ENDED.items():
        expect(card(page, key.capitalize()).locator(".word")).to_have_text("Failed")
        expect(card(page, key.capitalize()).locator(".why")).to_contain_text(reason)
    for title in OTHERS.values():
        expect(card(page, title).locator(".share")).to_be_visible()
    expect(card(page, "Sleeps").locator(".word")).to_have_text("Analysing…", timeout=1)
    expect(card(page, "Sleeps").locator(".why")).to_have_text("it took longer than 15 s")
    expect(page.locator(".summary .agree")).to_contain_text("Custom CNN says real. Not measured:")
    page.close()
