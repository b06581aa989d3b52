"""What plugins print while they are asked, beside the results, also where a stream was closed from the start."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.command import FACEJURY

NOISY = """
import os
import pluggy

print("loaded")
os.system("echo loaded by a program")

@pluggy.HookimplMarker("facejury")
def register_detectors(register):
    register(key="noisy", title="Noisy", load=lambda: lambda image: 0.5)
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with the plugin as pip would leave it."""
    info = tmp_path / "noisy-1.0.dist-info"
    info.mkdir()
    (tmp_path / "noisy.py").write_text(NOISY)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: noisy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[facejury]\nnoisy = noisy\n")
    return tmp_path


def compare(site: Path, *arguments: object, closed: str = "") -> subprocess.CompletedProcess[str]:
    """Of a picture that is not there: only the detectors are asked. closed: a redirection, as a shell writes it."""
    asked = ["sh", "-c", f'exec "$@" {closed}', "sh", *FACEJURY, "compare", "gone.png", "--json", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(site)}
    return subprocess.run(asked, capture_output=True, text=True, check=False, env=environment)


def test_what_a_plugin_and_its_programs_print_is_beside_the_results(site: Path) -> None:
    done = compare(site, "--only", "noisy")
    assert json.loads(done.stdout)[0]["path"] == "gone.png"
    assert done.stderr.splitlines()[:2] == ["loaded", "loaded by a program"]


@pytest.mark.parametrize("added", [False, True])
def test_with_a_closed_error_stream_it_is_not_among_the_results_either(site: Path, added: bool, tmp_path: Path) -> None:
    if added:
        (tmp_path / "added.py").write_text(NOISY.replace('key="noisy"', 'key="added"'))
    done = compare(site, *(["--add", tmp_path / "added.py"] if added else ["--only", "noisy"]), closed="2>&-")
    assert json.loads(done.stdout)[0]["path"] == "gone.png"


def test_a_closed_output_keeps_no_detector_out(site: Path) -> None:
    done = compare(site, "--only", "noisy", closed=">&-")
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "loaded")  # 1: there is no such picture
    assert compare(site, "--only", "blend", closed=">&-").returncode == 1
