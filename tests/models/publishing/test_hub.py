"""`facejury models publish`: the real huggingface_hub client against a stand-in for the Hub on localhost."""

import getpass
import hashlib
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import pytest
from skimage.data import astronaut

from detectors.networks.folder import CARD, CONFIG, METRICS, MODEL, WEIGHTS, read_config
from detectors.networks.resolve import add_source
from models.publishing import hub as publishing
from registry import load_registry
from tests.command import ROOT
from tests.docs.pages import find_blocks
from tests.hub_stand_in import StandIn, serving
from tests.models.measured import KEY, make_folder

# What huggingface_hub 2.4 itself does when it puts a file into large storage without Xet.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning"),
]  # each talks to a server
REPO = "ada/jury-cnn"
PLOTS = {"reliability.png", "robustness.png", "roc.png"}
PUBLISHED = {CARD, CONFIG, "LICENSE", METRICS, MODEL, "model.keras", "handler.py", "requirements.txt"} | PLOTS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("weights"))


def test_a_published_detector_is_there_whole_in_one_commit(
    hub: StandIn, models: Callable[..., tuple[int, list[str], list[str]]], folder: Path
) -> None:
    code, lines, errors = models("publish", KEY, "--repo", REPO, "--from", folder)
    repo = hub.repo(REPO)
    assert code == 0
    assert any("model.onnx: 100%" in line for line in errors)  # progress
    assert lines[-1] == repo.head
    assert len(repo.commits) == 2  # the Hub's own first one, and ours
    assert set(repo.files) == PUBLISHED | {".gitattributes"}
    assert repo.files[MODEL] == (folder / MODEL).read_bytes()
    assert json.loads(repo.files[CONFIG])["files"][MODEL] == hashlib.sha256(repo.files[MODEL]).hexdigest()
    assert f"--add hub:{REPO}".encode() in repo.files[CARD]
    assert not repo.private


def test_what_make_demo_did_not_install_is_named_with_how_to_install_it(
    models: Callable[..., tuple[int, list[str], list[str]]],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    draw_anew: Callable[..., None],
) -> None:
    monkeypatch.setattr("models.evaluation.plots.draw", draw_anew)
    for name in ("matplotlib", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)
    code, _, errors = models("publish", KEY, "--repo", REPO, "--from", folder, "--dry-run")
    assert code == 2
    assert len(errors) == 1 and "matplotlib" in errors[0] and "pip install -e '.[train]'" in errors[0]


def test_large_files_go_to_large_storage_and_small_ones_into_the_commit(
    hub: StandIn, models: Callable[..., tuple[int, list[str], list[str]]], folder: Path
) -> None:
    models("publish", KEY, "--repo", REPO, "--from", folder)
    assert {hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (MODEL, "model.keras")} <= set(
        hub.large
    )
    assert sum(line.startswith("PUT /large/") for line in hub.log) == 5  # two models, three pictures


def test_a_private_repository_is_private(
    hub: StandIn, models: Callable[..., tuple[int, list[str], list[str]]], folder: Path
) -> None:
    models("publish", KEY, "--repo", REPO, "--from", folder, "--private")
    assert hub.repo(REPO).private


def test_publishing_the_same_again_changes_nothing(
    hub: StandIn, models: Callable[..., tuple[int, list[str], list[str]]], folder: Path
) -> None:
    _, first, _ = models("publish", KEY, "--repo", REPO, "--from", folder)
    code, second, _ = models("publish", KEY, "--repo", REPO, "--from", folder)
    assert code == 0
    assert second[-1] == first[-1] == hub.repo(REPO).head
    assert any("nothing has changed" in line for line in second)


def test_a_file_that_differs_there_is_named_and_kept_until_replace_is_said(
    hub: StandIn, models: Callable[..., tuple[int, list[str], list[str]]], folder: Path
) -> None:
    models("publish", KEY, "--repo", REPO, "--from", folder)
    hub.repo(REPO).commit({CARD: b"---\nlicense: mit\n---\nA better card.", "notes.txt": b"mine"})
    code, _, errors = models("publish", KEY, "--repo", REPO, "--from", folder)
    assert code == 1
    assert errors == [f"{REPO} holds other versions of README.md; --replace overwrites them"]
    assert b"A better card." in hub.repo(REPO).files[CARD]
    code, _, _ = models("publish", KEY, "--repo", REPO, "--from", folder, "--replace")
    assert code == 0
    assert b"A better card." not in hub.repo(REPO).files[CARD]
    assert hub.repo(REPO).files["notes.txt"] == b"mine"


def test_a_keras_model_of_an_earlier_network_is_deleted_with_replace_and_what_is_the_owners_is_not(
    hub: StandIn, models: Callable[..., tuple[int, list[str], list[str]]], folder: Path, tmp_path: Path
) -> None:
    models("publish", KEY, "--repo", REPO, "--from", folder)
    hub.repo(REPO).commit({"notes.txt": b"mine"})
    onnx = shutil.copytree(folder, tmp_path / "onnx")
    (onnx / "model.keras").unlink()
    config = json.loads((onnx / CONFIG).read_text())
    del config["files"]["model.keras"]
    (onnx / CONFIG).write_text(json.dumps(config))
    code, lines, _ = models("publish", KEY, "--repo", REPO, "--from", onnx, "--replace")
    assert code == 0 and "deleted there: model.keras" in lines
    assert set(hub.repo(REPO).files) == PUBLISHED - {"model.keras"} | {".gitattributes", "notes.txt"}


@pytest.mark.parametrize("page", ["README.md", "docs/training.md"])
def test_the_printed_lines_publish_the_network_that_the_reader_trained(
    models: Callable[..., tuple[int, list[str], list[str]]],
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    page: str,
) -> None:
    mine = shutil.copytree(folder, tmp_path / "runs/efficientnet/weights")  # where training and exporting leave it
    config = json.loads((mine / CONFIG).read_text())
    (mine / CONFIG).write_text(json.dumps(config | {"key": "my-efficientnet", "trained_on": ["my-photos"]}))
    monkeypatch.chdir(tmp_path)
    printed = (ROOT / page).read_text()
    lines = [shlex.split(line, comments=True) for block in find_blocks(printed, "bash") for line in block.splitlines()]
    for words in lines:
        if words[:1] == ["echo"] and words[-1].endswith("LICENSE"):
            Path(words[-1]).write_text(words[1])
        elif words[:2] == ["facejury", "models"] and words[2] in {"card", "publish"}:
            dry = ("--dry-run",) if words[2] == "publish" and "--dry-run" not in words else ()
            code, said, errors = models(*words[2:], *dry)
            assert code == 0, errors
    assert json.loads((Path(said[-1]) / CONFIG).read_text())["key"] == "my-efficientnet"


def test_a_dry_run_writes_the_folder_and_touches_no_network(
    hub: StandIn, models: Callable[..., tuple[int, list[str], list[str]]], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr(socket.socket, "connect", refuse)
    code, lines, _ = models("publish", KEY, "--repo", REPO, "--from", folder, "--dry-run")
    assert code == 0
    assert {path.name for path in Path(lines[-1]).iterdir()} == PUBLISHED
    assert hub.log == []


def test_nothing_published_names_the_machine_or_its_user(
    hub: StandIn,
    models: Callable[..., tuple[int, list[str], list[str]]],
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOGNAME", "zaphod-beeblebrox")
    monkeypatch.setenv("HOME", str(tmp_path / "zaphod-beeblebrox"))
    assert getpass.getuser() == "zaphod-beeblebrox"
    models("publish", KEY, "--repo", REPO, "--from", folder)
    traces = [b"zaphod", str(tmp_path).encode(), str(folder).encode()]
    if len(socket.gethostname()) > 5:  # a shorter one stands in a binary file by chance
        traces.append(socket.gethostname().encode() + b"/")
    traces += [str(WEIGHTS).encode(), sys.prefix.encode(), b"/home/", b"/Users/"]
    assert not [(name, trace) for name, data in unpacked(hub.repo(REPO).files) for trace in traces if trace in data]


def unpacked(files: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for name, data in files.items():
        yield name, data
        if name.endswith(".keras"):
            Path("opened.zip").write_bytes(data)
            with zipfile.ZipFile("opened.zip") as packed:
                yield from ((f"{name}/{inner}", packed.read(inner)) for inner in packed.namelist())


def test_a_file_that_does_name_the_machine_is_not_sent(
    hub: StandIn, models: Callable[..., tuple[int, list[str], list[str]]], folder: Path, tmp_path: Path
) -> None:
    telling = shutil.copytree(folder, tmp_path / "telling")
    metrics = json.loads((telling / METRICS).read_text())
    (telling / METRICS).write_text(json.dumps(metrics | {"data": str(tmp_path / "data")}))
    code, _, errors = models("publish", KEY, "--repo", REPO, "--from", telling)
    assert (code, errors) == (1, ["metrics.json names a path of this machine and would publish it; nothing was sent"])
    assert hub.repos == {}


def test_a_published_detector_judges_a_photo_exactly_as_the_local_one(folder: Path, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "photo.png"), astronaut()[..., ::-1])
    with serving(StandIn()) as hub:
        environment = {
            **os.environ,
            "HF_ENDPOINT": hub.url,
            "HF_HUB_DISABLE_XET": "1",
            "HF_TOKEN": "hf_write",
            "HF_HOME": str(tmp_path / "hf"),
            "XDG_DATA_HOME": str(tmp_path / "data"),
            "HOME": str(tmp_path / "home"),
        }
        published = start(environment, "models", "publish", KEY, "--repo", REPO, "--from", folder)
        assert published.stdout.splitlines()[-1] == hub.repo(REPO).head
        added = start(environment, "detectors", "compare", tmp_path / "photo.png", "--json", "--add", f"hub:{REPO}")
    assert f"hub:{REPO}@{hub.repo(REPO).head[:8]} is commit {hub.repo(REPO).head}" in added.stderr
    verdicts = {verdict["detector"]: verdict for verdict in json.loads(added.stdout)[0]["faces"][0]["verdicts"]}
    theirs, ours = verdicts[f"hub:{REPO}@{hub.repo(REPO).head[:8]}"], verdicts[KEY]
    same = ("p_fake", "label", "fake_from", "real_until", "error")
    assert [theirs[name] for name in same] == [ours[name] for name in same]
    assert ours["p_fake"] is not None
    assert not any("model.keras" in line for line in hub.log)


def start(environment: dict[str, str], *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done


def test_the_token_is_never_an_argument(models: Callable[..., tuple[int, list[str], list[str]]]) -> None:
    _, lines, _ = models("publish", "--help")
    assert not re.search(r"--\S*token", "\n".join(lines))


def test_what_runs_is_named_by_the_config_that_is_published(
    hub: StandIn, models: Callable[..., tuple[int, list[str], list[str]]], folder: Path
) -> None:
    models("publish", KEY, "--repo", REPO, "--from", folder)
    files = hub.repo(REPO).files
    assert json.loads(files[CONFIG])["files"] == read_config(folder).files
    assert json.loads(files[METRICS])["model"] == hashlib.sha256(files[MODEL]).hexdigest()


def test_a_plugins_detector_is_published_from_its_own_folder_which_need_not_have_a_keras_model(
    hub: StandIn,
    models: Callable[..., tuple[int, list[str], list[str]]],
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    theirs = shutil.copytree(folder, tmp_path / "theirs")
    (theirs / "model.keras").unlink()
    config = json.loads((theirs / CONFIG).read_text())
    changes = {"key": "their-net", "files": {MODEL: config["files"][MODEL]}}
    (theirs / CONFIG).write_text(json.dumps(config | changes))
    monkeypatch.setattr(publishing, "load_registry", lambda: add_source(load_registry(), str(theirs)))
    code, _, errors = models("publish", "their-net", "--repo", REPO)
    assert code == 0, errors
    files = hub.repo(REPO).files
    assert set(files) == PUBLISHED - {"model.keras"} | {".gitattributes"}
    assert json.loads(files[CONFIG])["key"] == "their-net"
    assert b"keras" not in files[CARD]
