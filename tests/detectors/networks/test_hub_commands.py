"""`--add hub:user/name` on the command line and on the page: the commit is shown, and fetched once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import gradio_client
import pytest
from skimage.data import astronaut

from tests.detectors.networks.steady import REPO
from tests.hub_stand_in import StandIn
from tests.ports import free_port

pytestmark = pytest.mark.slow  # each starts commands, or the page


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    cv2.imwrite(str(path), astronaut()[..., ::-1])
    return path


@pytest.fixture
def environment(stand_in: StandIn, tmp_path: Path) -> dict[str, str]:
    """What leads other processes to the stand-in."""
    return {**os.environ, "HF_ENDPOINT": stand_in.url, "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(tmp_path)}


def start(environment: dict[str, str], *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_the_command_line_shows_the_commit_and_leaves_with_2_when_there_is_none(
    stand_in: StandIn, photo: Path, environment: dict[str, str]
) -> None:
    head = stand_in.repo(REPO).head
    key = f"hub:{REPO}@{head[:8]}"
    done = start(environment, "detectors", "compare", photo, "--json", "--add", f"hub:{REPO}", "--only", key)
    assert done.returncode == 0
    assert head in done.stderr
    (verdict,) = json.loads(done.stdout)[0]["faces"][0]["verdicts"]
    assert (verdict["detector"], verdict["p_fake"]) == (key, 0.125)
    missing = start(environment, "detectors", "compare", photo, "--add", "hub:ada/nothing")
    assert missing.returncode == 2
    assert "there is no such repository" in missing.stderr or "does not exist" in missing.stderr
    assert "Traceback" not in missing.stderr


def test_a_scan_has_its_rows_and_says_the_commit(
    stand_in: StandIn, photo: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    head = stand_in.repo(REPO).head
    key, out = f"hub:{REPO}@{head[:8]}", tmp_path / "table.jsonl"
    done = start(
        environment, "detectors", "scan", photo, "--out", out, "--workers", 2, "--add", f"hub:{REPO}", "--only", key
    )
    assert done.returncode == 0, done.stderr
    assert head in done.stderr
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(row["detector"], row["p_fake"]) for row in rows if row["detector"] != "jury"] == [(key, 0.125)]
    looked_up = [line for line in stand_in.log if "/api/models/" in line]
    assert len(looked_up) == 1  # its workers are told the commit, and need no network


def test_the_page_lists_it_and_names_its_commit(stand_in: StandIn, environment: dict[str, str], tmp_path: Path) -> None:
    head = stand_in.repo(REPO).head
    command = [sys.executable, "demo.py", "--no-login", "--port", str(free_port()), "--add", f"hub:{REPO}"]
    environment |= {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as page:
        try:
            address = page.stdout.readline().split()[-1]
            client = gradio_client.Client(address, verbose=False)
            *_, about = client.predict(api_name="/detectors")
            client.close()
        finally:
            page.terminate()
        said = page.stderr.read()
    assert f"hub:{REPO}@{head[:8]} is commit {head}" in said
    assert (about["key"], about["owner"]) == (f"hub:{REPO}@{head[:8]}", f"hub:{REPO}@{head}")
