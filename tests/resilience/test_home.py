"""A home in which nothing can be written."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detectors.conformance import samples
from storage.uploads import NO_TEMPORARY
from tests.resilience.server import FILE, KEY, ROOT, as_root, mounted, serving, wait_until_ready

pytestmark = [pytest.mark.slow, as_root]
HOMES = ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "HF_HOME", "FACEJURY_DATABASE_URL", "GRADIO_TEMP_DIR")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder on a disk that is mounted to be read only."""
    with mounted(tmp_path_factory.mktemp("demo") / "home", "ro,size=1m") as folder:
        yield folder


def start(home: Path, *arguments: str, **places: str) -> subprocess.CompletedProcess[str]:
    """Start a program of ours that is not expected to go far."""
    bare = {name: value for name, value in os.environ.items() if name not in HOMES}
    environment = bare | {"HOME": str(home)} | places
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment, check=False)


def test_where_accounts_cannot_be_kept_is_one_sentence_that_says_what_to_do(home: Path, tmp_path: Path) -> None:
    done = start(home, "demo.py", GRADIO_TEMP_DIR=str(tmp_path))
    file = home / ".local/share/facejury/facejury.db"
    said = (
        f"The accounts cannot be kept in {file}: Read-only file system. FACEJURY_DATABASE_URL can name another place.\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)


def test_where_uploads_cannot_be_kept_is_one_sentence_that_says_what_to_do(home: Path) -> None:
    done = start(home, "demo.py", "--no-login", GRADIO_TEMP_DIR=str(home / "uploads"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Uploads cannot be kept in {home}/uploads: Read-only file system. GRADIO_TEMP_DIR")


@pytest.mark.parametrize(
    ("working", "places"), [("/proc", {}), ("/mnt", {}), ("/proc", {"GRADIO_TEMP_DIR": "/mnt/uploads"})]
)
def test_without_a_folder_for_temporary_files_uploads_lie_in_no_working_folder(
    working: str, places: dict[str, str]
) -> None:
    """/proc takes no file; /mnt does, and would be Python's choice."""
    read_only = "".join(f"mount --bind {at} {at} && mount -o remount,ro,bind {at} && " for at in ("/tmp", "/var/tmp"))
    inside = f'{read_only}mount -t tmpfs tmpfs /mnt && cd {working} && "$@"'
    bare = {name: value for name, value in os.environ.items() if name not in (*HOMES, "TMPDIR", "TEMP", "TMP")}
    command = ["unshare", "--mount", "sh", "-c", inside, "sh", sys.executable, str(ROOT / "demo.py"), "--no-login"]
    done = subprocess.run(command, capture_output=True, text=True, env=bare | places, check=False, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{NO_TEMPORARY}\n")


def test_without_accounts_the_page_needs_no_home(home: Path, tmp_path: Path) -> None:
    nowhere: dict[str, Any] = {"HOME": str(home), "XDG_DATA_HOME": "", "XDG_CACHE_HOME": "", "HF_HOME": ""}
    with serving(tmp_path, "--no-login", "--only", KEY, **nowhere) as demo:
        wait_until_ready(demo)
        browser = demo.browser()
        path = browser.upload(samples.as_png(samples.photo()))
        assert "p_fake" in browser.call("compare", FILE | {"path": path}, [KEY])[1]
