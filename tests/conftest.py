"""What tests of several folders share: one headless Chromium, for two of Playwright's own cannot run side by side."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

import detectors  # noqa: F401  # before a test imports ONNX Runtime itself: see there

QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
QUIETER = ("--disable-component-update", "--disable-sync")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Its absence is a failure in CI and a visible skip elsewhere."""
    program = shutil.which("chromium")
    if program is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("chromium is not installed (Debian: chromium)")
    expect.set_options(timeout=60_000)  # a busy machine is no failure
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=[*QUIET, *QUIETER])
        yield chromium
        chromium.close()
