"""`facejury models publish-space`: what the Space would hold is complete, and says what it forgets."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from huggingface_hub import SpaceCard
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from models.errors import PublishError
from models.publishing import space
from models.publishing.hub import ROOT, list_files
from registry import manager
from registry.pins import PinnedFolder, PinnedPackage, PinnedWheel, read_pins, write_pins
from tests.command import FACEJURY
from tests.detectors.networks.steady import REPO as MODEL
from tests.detectors.networks.steady import make_files, make_network
from tests.hub_stand_in import Repo, StandIn, serving
from tests.ports import free_port
from tests.test_lock import RUNTIME, pins

pytestmark = pytest.mark.slow  # commands are started, or talk to a server

REPO = "ada/jury"


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a dry run writes, and names on its last line."""
    done = start(tmp_path_factory.mktemp("work"), "publish-space", "--repo", REPO, "--dry-run")
    return Path(done.stdout.splitlines()[-1])


def start(where: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [*FACEJURY, "models", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_TOKEN": "", **environment}
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done


def test_the_requirements_are_the_pins_of_the_lock(staged: Path) -> None:
    lines = (staged / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = {canonicalize_name(one.name): str(one.specifier) for one in map(Requirement, lines)}
    assert pinned == {name: f"=={version}" for name, version in pins(RUNTIME).items()}
    assert any(one.marker for one in map(Requirement, lines))


def test_the_system_packages_are_those_of_this_checkout(staged: Path) -> None:
    assert (staged / "packages.txt").read_bytes() == (ROOT / "packages.txt").read_bytes()


def test_the_front_matter_tells_spaces_what_to_run(staged: Path) -> None:
    data = SpaceCard.load(staged / "README.md").data
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (gradio,) = [one for one in map(Requirement, project["dependencies"]) if one.name == "gradio"]
    assert (data.sdk, data.app_file) == ("gradio", "app.py")
    assert (staged / data.app_file).is_file()
    assert gradio.specifier.contains(data.sdk_version)
    assert data.python_version == f"{sys.version_info.major}.{sys.version_info.minor}"


def test_the_page_says_what_a_space_forgets_and_how_to_keep_it(staged: Path) -> None:
    text = SpaceCard.load(staged / "README.md").text
    assert "a Space forgets its files whenever it\nrestarts" in text
    assert "`FACEJURY_DATABASE_URL`" in text and "`HF_TOKEN`" in text
    assert "mysql+pymysql://" in text
    assert f"spaces/{REPO}" in text


def test_it_holds_what_serves_and_nothing_of_training(staged: Path) -> None:
    names = {str(path.relative_to(staged)) for path in list_files(staged)}
    assert {"demo.py", "LICENSE", "models/weights/LICENSE", "models/weights/custom-cnn/model.onnx"} <= names
    assert not [name for name in names if name.endswith((".keras", ".pyc")) or name.startswith("tests/")]
    assert not [name for name in names if name.startswith("models/") and not name.startswith("models/weights/")]
    assert not [name for name in names if any(part.startswith(".") for part in Path(name).parts)]


PINS = (
    PinnedPackage(
        "facejury-edges", (PinnedWheel("facejury-edges", "1.2", "0" * 64), PinnedWheel("wide", "3", "1" * 64))
    ),
    PinnedFolder("ada/edges", "a" * 40),
)


def test_what_plugins_toml_pins_goes_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manager, "PINS", tmp_path / "plugins.toml")
    monkeypatch.setattr(space, "STAGING", tmp_path / "staging")
    write_pins(PINS, manager.PINS)
    staged = space.stage(repo=REPO)
    assert read_pins(staged / "plugins.toml") == PINS
    assert (staged / "requirements.txt").read_text().splitlines()[-2:] == ["facejury-edges==1.2", "wide==3"]
    card = SpaceCard.load(staged / "README.md")
    assert card.data.models == ["ada/edges"] and "it runs facejury-edges, hub:ada/edges" in card.text
    write_pins((PinnedPackage("a.whl", (PinnedWheel("a", "1", "0" * 64, "file:///a.whl"),)),), manager.PINS)
    with pytest.raises(PublishError, match="pins a by a file of this machine"):
        space.stage(repo=REPO)


def test_weights_that_are_no_built_in_detectors_stay_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = tmp_path / "checkout" / "models" / "weights"
    (weights / "an-experiment").mkdir(parents=True)
    (weights / "an-experiment" / "config.json").write_text("{}")
    for path in [*ROOT.iterdir(), *(ROOT / "models" / "weights").iterdir()]:
        if path.name != "models":
            (weights if path.parent.name == "weights" else tmp_path / "checkout").joinpath(path.name).symlink_to(path)
    monkeypatch.setattr(space, "ROOT", tmp_path / "checkout")
    monkeypatch.setattr(space, "STAGING", tmp_path / "staging")
    staged = space.stage(repo=REPO)
    folders = {path.name for path in (staged / "models" / "weights").iterdir() if path.is_dir()}
    pictures = {"custom-cnn", "efficientnet", "efficientnet-160", "blend", "residual"}
    assert folders == pictures | {"temporal", "landmarks", "voice"}


def test_nothing_in_it_names_the_machine(staged: Path) -> None:
    traces = [str(ROOT).encode(), str(Path.home()).encode() + b"/", str(staged.parent).encode()]
    assert not [path for path in list_files(staged) for trace in traces if trace in path.read_bytes()]


def test_the_detectors_of_the_checkout_are_in_it(staged: Path) -> None:
    command = [sys.executable, "-m", "registry", "--json"]  # a Space holds no command
    done = subprocess.run(command, cwd=staged, capture_output=True, text=True, check=True)
    listed = json.loads(done.stdout)
    assert {"custom-cnn", "efficientnet"} <= {detector["key"] for detector in listed["detectors"]}
    assert listed["problems"] == []


@pytest.fixture
def hub() -> Iterator[StandIn]:
    """A Hub with one detector on it."""
    with serving(StandIn()) as stand_in:
        stand_in.repos["model", MODEL] = Repo("model", MODEL, private=False)
        stand_in.repo(MODEL).commit(make_files(make_network()))
        yield stand_in


def test_the_page_opens_from_what_the_space_holds_and_keeps_accounts_and_detectors_where_it_has_storage(
    staged: Path, hub: StandIn, tmp_path: Path
) -> None:
    port, storage = free_port(), tmp_path / "data"
    space = shutil.copytree(staged, tmp_path / "space")
    storage.mkdir()
    entry = (space / "app.py").read_text()
    assert 'Path("/data")' in entry
    (space / "app.py").write_text(entry.replace("/data", str(storage)))
    write_pins((PinnedFolder(MODEL, hub.repo(MODEL).head),), space / "plugins.toml")
    as_spaces_do = {"GRADIO_SERVER_NAME": "0.0.0.0", "SPACE_ID": REPO, "PYTHONUNBUFFERED": "1"}
    as_spaces_do |= {"HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_XET": "1"}
    kept = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "XDG_DATA_HOME"}}
    command = [sys.executable, "app.py", "--port", str(port)]
    with subprocess.Popen(command, cwd=space, stdout=subprocess.PIPE, text=True, env=kept | as_spaces_do) as demo:
        try:
            # What gradio says when it listens to everybody; when it listens to this machine, it says 127.0.0.1.
            assert demo.stdout.readline() == f"Facejury is at http://localhost:{port}/\n"
            assert [path.name for path in (storage / "facejury/hub").glob("*/*")] == [hub.repo(MODEL).head]
            page = httpx.get(f"http://127.0.0.1:{port}/signin")
        finally:
            demo.terminate()
    assert page.status_code == 200 and "Sign in" in page.text
    assert (storage / "facejury/facejury.db").is_file()


def test_it_becomes_a_space_in_one_commit(tmp_path: Path) -> None:
    with serving(StandIn()) as hub:
        hub_of = {"HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": "hf_write", "HF_HOME": str(tmp_path)}
        done = start(tmp_path, "publish-space", "--repo", REPO, **hub_of)
        repo = hub.repo(REPO, "space")
    assert done.stdout.splitlines()[-1] == repo.head
    assert len(repo.commits) == 2
    assert repo.files["requirements.txt"].decode() == space.list_requirements()
    assert {"app.py", "demo.py", "README.md", "packages.txt", "models/weights/custom-cnn/model.onnx"} <= set(repo.files)


def test_what_is_no_part_of_it_any_more_is_deleted_there_and_what_is_the_owners_stays(
    hub: StandIn, tmp_path: Path
) -> None:
    hub_of = {"HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": "hf_write", "HF_HOME": str(tmp_path)}
    command = ("publish-space", "--repo", REPO)
    start(tmp_path, *command, **hub_of)
    repo, stale = hub.repo(REPO, "space"), ["plugins.toml", "ui/renamed.py"]
    mine = {"notes.txt": b"mine", "pictures/mine.png": b"mine"}
    repo.commit({**dict.fromkeys(stale, b"old"), **mine})
    with pytest.raises(AssertionError, match=r"holds plugins\.toml, ui/renamed\.py of an earlier upload; --replace"):
        start(tmp_path, *command, **hub_of)
    assert {*stale} <= {*repo.files}
    done = start(tmp_path, *command, "--replace", **hub_of)
    said = [line for line in done.stdout.splitlines() if line.startswith("deleted")]
    assert said == [f"deleted there: {name}" for name in stale]
    assert not {*stale} & {*repo.files}
    assert {*mine, ".gitattributes", "demo.py"} <= {*repo.files}


@pytest.mark.parametrize("is_checkout", [True, False])
def test_what_lies_beside_the_code_stays_at_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_checkout: bool
) -> None:
    for name in ("storage/history.py", "storage/facejury.db", "storage/.env", "storage/face.jpg", "storage/mine.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    if is_checkout:
        for arguments in (["init", "--quiet"], ["add", "storage/history.py"]):
            subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True)
    monkeypatch.setattr(space, "ROOT", tmp_path)
    kinds = [] if is_checkout else ["storage/mine.py"]
    assert space.list_own("storage") == ["storage/history.py", *kinds]


def test_what_a_checkout_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match=r"packages\.txt is missing from this checkout, and a Space needs it"):
        space._copy(tmp_path / "packages.txt", tmp_path / "staged" / "packages.txt")
    assert list(tmp_path.iterdir()) == []
