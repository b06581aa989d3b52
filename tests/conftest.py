"""What tests of several folders share: a place of their own for each worker, and one headless Chromium for each."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partialmethod
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

import ui  # noqa: F401  before a test imports Gradio itself: see ui/stubs.py
from detectors.sandbox import confinement  # also before a test imports ONNX Runtime itself: see detectors/__init__.py
from detectors.sandbox.family import Family

QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
QUIETER = ("--disable-component-update", "--disable-sync")
SAVE_SECONDS = 10.0
# What takes seconds to start, or what a server is launched with: a test that asks for one of these is slow.
SLOW_FIXTURES = {"address", "browser", "client", "demo", "fragile", "mariadb", "other_site", "site", "uploads"}
PLACES = {"TMPDIR": "tmp", "XDG_DATA_HOME": "data", "HF_HOME": "hub", "KERAS_HOME": "keras"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--alone`: the other half of a run with several workers."""
    parser.addoption("--alone", action="store_true", help="run the tests that need the machine to themselves, no other")


def pytest_configure() -> None:
    """Children of a run that was started with SIGINT ignored get it back; the run itself goes on ignoring it.

    `command &` in a script ignores SIGINT, and children inherit that, so Ctrl-C could not be tested. The programs
    rightly keep what their shell decided; a handler, unlike SIG_IGN, is reset to the default in whatever is started.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda _number, _frame: None)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With --alone, files that hold no such test are not imported, which would take longer than the tests."""
    is_test = collection_path.name.startswith("test_") and collection_path.suffix == ".py"
    if config.getoption("alone") and is_test and "mark.alone" not in collection_path.read_text(encoding="utf-8"):
        return True
    return None  # as is usual


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What asks for databases runs on SQLite and on MariaDB; what no SQL decides (`one_database`), on SQLite alone."""
    if "new_url" in metafunc.fixturenames:
        kinds = ["sqlite"] if metafunc.definition.get_closest_marker("one_database") else ["sqlite", "mariadb"]
        metafunc.parametrize("new_url", kinds, indirect=True, scope="session")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark a test `slow` that starts a server, a browser or MariaDB."""
    asked = set(getattr(item, "fixturenames", ()))
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    if asked & SLOW_FIXTURES or parameters.get("new_url") == "mariadb":
        item.add_marker(pytest.mark.slow)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Beside another worker, the tests marked `alone` are left out; with --alone, all others are."""
    alone = config.getoption("alone")
    if not alone and "PYTEST_XDIST_WORKER" not in os.environ:
        return
    chosen = [item for item in items if bool(item.get_closest_marker("alone")) == alone]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = _longest_files_first(chosen)


def _longest_files_first(items: list[pytest.Item]) -> list[pytest.Item]:
    """What takes longest starts first, lest one worker is left with it when the others have ended.

    That is told by how long a file's tests are allowed to take, and then by how many of them are slow.
    """
    allowed: defaultdict[Path, float] = defaultdict(float)
    slow: Counter[Path] = Counter()
    for item in items:
        limit = item.get_closest_marker("timeout")
        allowed[item.path] = max(allowed[item.path], limit.args[0] if limit else 0)
        slow[item.path] += any(item.get_closest_marker(kind) for kind in ("slow", "browser"))
    return sorted(items, key=lambda item: (-allowed[item.path], -slow[item.path]))


@pytest.fixture(scope="session", autouse=True)
def own_places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Temporary files, accounts and fetched networks of this run, and of its children, are nobody else's."""
    tmp_path_factory.getbasetemp()  # stays where it is looked for after a failure
    with tempfile.TemporaryDirectory(prefix="facejury-tests-", ignore_cleanup_errors=True) as folder:
        for name, place in PLACES.items():
            os.environ[name] = os.path.join(folder, place)
            os.mkdir(os.environ[name])
        tempfile.tempdir = os.environ["TMPDIR"]
        yield
    tempfile.tempdir = None


def find_chromium() -> str | None:
    """The browser without the parts that draw its own window takes two thirds of the other's time."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or its shell without a window. Its absence is a failure in CI and a visible skip elsewhere."""
    program = find_chromium()
    if program is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("chromium is not installed (Debian: chromium)")
    expect.set_options(timeout=60_000)  # a busy machine is no failure
    with sync_playwright() as playwright:  # once only: two of Playwright's own cannot run side by side
        chromium = playwright.chromium.launch(executable_path=program, args=[*QUIET, *QUIETER])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session", autouse=True)
def workers_write_down_what_they_ran() -> Iterator[None]:
    """In `make coverage` only: a worker is ended by SIGKILL, and could write nothing, so SIGTERM goes before it."""
    with pytest.MonkeyPatch.context() as patch:
        if "COVERAGE_PROCESS_CONFIG" in os.environ:
            patch.setattr(Family, "kill", partialmethod(_end_measured, kill=Family.kill))
            patch.setattr(confinement, "DEVICES", (*confinement.DEVICES, os.getcwd()))  # where it is written down
        yield


def _end_measured(family: Family, *, kill: Callable[[Family], None]) -> None:
    with suppress(OSError, subprocess.TimeoutExpired):
        family._process.terminate()
        family._process.wait(SAVE_SECONDS)
    kill(family)  # also those that it started
