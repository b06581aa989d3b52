"""A hostile plugin in the launched page: it reaches neither files, nor secrets, nor the page, which lives on."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detectors.conformance import samples
from detectors.inputs.video import reach_of_decoder
from detectors.sandbox import confinement
from detectors.sandbox.process import WorkerProcess
from tests.attack.untrusted import hostile
from tests.resilience.server import FILE, ROOT, RunningDemo, serving, wait_until_ready

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(confinement.name_gaps() != [], reason="needs Linux 6.12 with Landlock"),
]
SECRET = "no-plugin-shall-know"
KEYS = ["at-import", *(attempt.__name__.replace("_", "-") for attempt in hostile.ATTEMPTS)]


def write_plugin(beside: Path, **targets: Any) -> Path:
    """The hostile plugin, aimed at these."""
    code = Path(hostile.__file__).read_text(encoding="utf-8")
    aimed = code.replace('{"files": [], "secrets": [], "folder": "/"}', repr(targets))
    assert aimed != code
    path = beside / "hostile.py"
    path.write_text(aimed, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """The page with accounts, its database and somebody's key right beside the plugin."""
    folder, home = tmp_path_factory.mktemp("plugin"), tmp_path_factory.mktemp("home")
    files = [folder / "accounts.db", folder / ".ssh", home / "uploads" / "picture.png", home / "notes"]
    files[2].parent.mkdir()
    for file in files[1:]:
        file.write_text(SECRET)
    targets = {"files": [str(file) for file in files], "secrets": [SECRET], "folder": str(home)}
    plugin = write_plugin(folder, **targets)
    secrets: dict[str, str] = {
        "HF_TOKEN": SECRET,
        "SESSION_COOKIE": SECRET,
        "HTTPS_PROXY": f"http://me:{SECRET}@127.0.0.1:9",
        "NO_PROXY": "*",
    }
    places = {"GRADIO_TEMP_DIR": str(home / "uploads"), "FACEJURY_DATABASE_URL": f"sqlite:///{files[0]}"}
    with serving(home, "--add", str(plugin), root=ROOT, **places, **secrets) as demo:
        wait_until_ready(demo)
        yield demo


@pytest.fixture(scope="module")
def verdicts(demo: RunningDemo) -> dict[str, Any]:
    """What each attempt came to, by key, asked for as a member does."""
    member = demo.browser()
    member.sign_up("ada")
    path = member.upload(samples.as_png(samples.photo()))
    status, events = member.call("compare", FILE | {"path": path}, KEYS)
    assert status == 200, events
    (said,) = [line for line in events.splitlines() if line.startswith("data: [{")][-1:]
    found = json.loads(said.removeprefix("data: "))[0]["whole_image"]
    return {verdict["detector"]: verdict for verdict in found}


@pytest.mark.parametrize("key", KEYS)
def test_a_hostile_plugin_gets_through_to_nothing(verdicts: dict[str, Any], key: str) -> None:
    assert (verdicts[key]["error"], verdicts[key]["p_fake"]) == (None, 0.0), verdicts[key]["title"]


def test_the_page_lives_on(verdicts: dict[str, Any], demo: RunningDemo) -> None:
    assert demo.process.poll() is None
    assert demo.browser().http.get("/healthz").status_code == 200
    assert len(verdicts) == len(KEYS)


PROBE = """
from pathlib import Path
from detectors.sandbox.protocol import receive, send


def serve(orders, answers):
    said = []
    for path in receive(orders)[0]["read"]:
        try:
            said.append(Path(path).read_text())
        except OSError as error:
            said.append(type(error).__name__)
    send(answers, {"said": said})
"""


def test_a_decoder_reads_its_video_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What took it over would be this, at the place of the decoder's module."""
    (tmp_path / "code" / "taken_over").mkdir(parents=True)
    (tmp_path / "code" / "taken_over" / "__init__.py").write_text(PROBE)
    monkeypatch.syspath_prepend(str(tmp_path / "code"))
    video, other = tmp_path / "a.mp4", tmp_path / "b.mp4"
    video.write_text("its own")
    other.write_text("somebody else's")
    worker = WorkerProcess("taken_over", memory=10**9, limit=1000, reach=reach_of_decoder(video))
    said, _ = worker.ask({"read": [str(video), str(other)]}, seconds=60)
    worker.end()
    assert said["said"] == ["its own", "PermissionError"]
