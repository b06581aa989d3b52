"""What docs/api.md and docs/agents.md show to programs, run as it stands: only address and token are put in."""

import base64
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import PIL.Image
import pytest

from auth.routes import PICTURE_BYTES
from storage.database import open_database
from tests.auth.server import Server, wait_for
from tests.demo_process import ROOT, started
from tests.docs.pages import find_blocks
from ui.components import examples

pytestmark = pytest.mark.slow
SHOWN = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
AGENTS = find_blocks((ROOT / "docs" / "agents.md").read_text(encoding="utf-8"), "python")
PYTHON, BASH = find_blocks(SHOWN, "python"), find_blocks(SHOWN, "bash")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("site")
    url = f"sqlite:///{folder / 'facejury.db'}"
    engine = open_database(url)
    with started("--mcp", FACEJURY_DATABASE_URL=url, GRADIO_TEMP_DIR=str(folder / "uploads")) as address:

        def is_ready() -> None:
            assert httpx.get(f"{address}readyz").status_code == 200

        wait_for(is_ready, seconds=120)
        yield Server(address.rstrip("/"), engine)
    engine.dispose()


@pytest.fixture(scope="module")
def place(site: Server) -> tuple[str, str]:
    return site.url, site.member("anna").make_token()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(examples.portrait(), tmp_path / "photo.jpg")
    with zipfile.ZipFile(tmp_path / "album.zip", "w") as archive:
        archive.write(tmp_path / "photo.jpg", "inside.png")
    return tmp_path


def run(program: list[str], block: str, place: tuple[str, str], folder: Path) -> str:
    text = block.replace("http://127.0.0.1:7860", place[0]).replace("Bearer TOKEN", f"Bearer {place[1]}")
    done = subprocess.run([*program, text], capture_output=True, text=True, cwd=folder, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_python_in_the_readme_runs(place: tuple[str, str], folder: Path) -> None:
    more = "import json; print('\\n' + json.dumps([jury, verdicts, many, Jury(page).labels('photo.jpg')]))"
    said = run([sys.executable, "-c"], PYTHON[0] + PYTHON[1] + more, place, folder)
    jury, verdicts, many, labels = json.loads(said.splitlines()[-1])
    assert labels == ["inconclusive"] and sum(bool(line.strip()) for line in PYTHON[1].splitlines()) <= 10
    assert {"efficientnet", "custom-cnn"} <= {detector["key"] for detector in jury}
    assert [verdict["detector"] for verdict in verdicts["faces"][0]["verdicts"]] == ["efficientnet"]
    assert [entry["name"] for entry in many] == ["photo.jpg", "album.zip/inside.png"]


PRINTED = {
    "python": [sys.executable, "-c"],
    "bash": ["bash", "-ec"],
    "javascript": ["node", "--input-type=module", "-e"],
}
SAYS = {"/compare": '"faces"', "/batch": '"name": "photo.jpg"', "/detectors": '"key": "efficientnet"'}


@pytest.mark.parametrize("language", PRINTED)
@pytest.mark.parametrize("name", SAYS)
def test_what_the_page_prints_runs_behind_the_sign_in(
    place: tuple[str, str], folder: Path, language: str, name: str
) -> None:
    if language == "javascript" and not shutil.which("node"):
        pytest.skip("Node.js is not installed")
    info = httpx.get(f"{place[0]}/gradio_api/info", headers={"Authorization": f"Bearer {place[1]}"}).json()
    printed = info["named_endpoints"][name]["code_snippets"][language]
    assert place[0] in printed
    said = run(PRINTED[language], printed, place, folder)
    assert SAYS[name] in said.replace("'", '"')


def test_the_description_for_programs_names_every_endpoint_of_the_page_on_it(place: tuple[str, str]) -> None:
    headers = {"Authorization": f"Bearer {place[1]}"}
    described = httpx.get(f"{place[0]}/gradio_api/openapi.json", headers=headers).json()["paths"]
    called = {path.rpartition("/")[2] for path, methods in described.items() if "/call/" in path and "post" in methods}
    assert called == set(re.findall(r"`/(\w+)`", SHOWN.partition("Each is")[0]))


def test_the_curl_in_the_readme_runs(place: tuple[str, str], folder: Path) -> None:
    said = run(["bash", "-ec"], BASH[0], place, folder)
    [answer] = json.loads(said.rpartition("event: complete\ndata: ")[2])
    assert answer["faces"][0]["verdicts"][0]["detector"] == "efficientnet"


def test_an_agent_elsewhere_is_told_of_a_face_in_words(place: tuple[str, str], folder: Path) -> None:
    said = run([sys.executable, "-c"], AGENTS[1], place, folder).splitlines()
    assert said[0].startswith("Jury: Inconclusive.")
    assert any(line.startswith("EfficientNet-Lite0: real, p_fake 0.") for line in said)


def test_an_agents_picture_may_have_as_many_bytes_as_it_is_told(place: tuple[str, str], folder: Path) -> None:
    photo = io.BytesIO()
    PIL.Image.open(folder / "photo.jpg").convert("RGB").save(photo, "JPEG")
    headers = {"Accept": "application/json, text/event-stream", "Authorization": f"Bearer {place[1]}"}
    said = []
    for size in (PICTURE_BYTES, PICTURE_BYTES * 6 // 5):
        picture = base64.b64encode(photo.getvalue().ljust(size, b"\0")).decode()
        call = {"name": "compare", "arguments": {"picture": picture}}
        asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
        said.append(httpx.post(f"{place[0]}/gradio_api/mcp", json=asked, headers=headers, timeout=60))
    judged = said[0].json()["result"]["structuredContent"]
    assert (len(judged["faces"]), judged["path"]) == (1, None)
    assert (said[1].status_code, said[1].json()["jsonrpc"]) == (413, "2.0")
    assert said[1].json()["error"]["message"].endswith("a picture in it may have 3 MB as a file.")


@pytest.mark.parametrize(("token", "status"), [("", 401), ("Bearer fj_wrong", 401), ("Bearer TOKEN", 200)])
def test_the_tools_of_a_page_are_behind_the_sign_in_and_read_no_files(
    place: tuple[str, str], token: str, status: int
) -> None:
    call = {"name": "compare", "arguments": {"picture": "/etc/hostname"}}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    headers = {"Accept": "application/json, text/event-stream", "Authorization": token.replace("TOKEN", place[1])}
    answer = httpx.post(f"{place[0]}/gradio_api/mcp", json=asked, headers=headers)
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["result"]["isError"]
        assert answer.json()["result"]["content"][0]["text"].endswith("This is not a picture in base64.")
