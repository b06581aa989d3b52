"""`python -m models publish`: the real huggingface_hub client against a stand-in for the Hub on localhost."""

import getpass
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import types
import zipfile
from pathlib import Path

import cv2
import huggingface_hub
import pytest
from huggingface_hub.utils import _http
from skimage.data import astronaut

from detectors.networks.folder import CARD, CONFIG, METRICS, MODEL, WEIGHTS, read_config
from models.commands.application import app
from tests.hub_stand_in import Fault, StandIn, serving
from tests.models.measured import KEY, make_folder

# What huggingface_hub 2.4 itself does when it puts a file into large storage without Xet.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
REPO = "ada/jury-cnn"
PLOTS = {"reliability.png", "robustness.png", "roc.png"}
PUBLISHED = {CARD, CONFIG, "LICENSE", METRICS, MODEL, "model.keras"} | PLOTS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_folder(tmp_path_factory.mktemp("weights"))


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """The stand-in as the Hub of this process, ada signed in, and a working directory of its own."""
    with serving(StandIn()) as stand_in:
        use(monkeypatch, stand_in.url)
        monkeypatch.setenv("HF_TOKEN", "hf_write")
        monkeypatch.chdir(tmp_path)
        yield stand_in
    _http.close_session()


def use(monkeypatch, url):
    """What HF_ENDPOINT and HF_HUB_DISABLE_XET do when they are set before the client is imported."""
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", url)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(
        huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", "no-token-is-stored-here")


@pytest.fixture
def naps(monkeypatch):
    """The seconds that the client would have waited before it tried again."""
    taken: list[float] = []
    monkeypatch.setattr(_http, "time", types.SimpleNamespace(sleep=taken.append))
    return taken


@pytest.fixture
def models(monkeypatch, capsys):
    """`python -m models ...`: exit code, the lines of stdout, stderr."""

    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["models", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            app()
        captured = capsys.readouterr()
        return ended.value.code or 0, captured.out.splitlines(), captured.err.strip().splitlines()

    return command


def test_a_published_detector_is_there_whole_in_one_commit(hub, models, folder):
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


def test_what_make_demo_did_not_install_is_named_with_how_to_install_it(models, folder, monkeypatch):
    for name in ("matplotlib", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)
    code, _, errors = models("publish", KEY, "--repo", REPO, "--from", folder, "--dry-run")
    assert code == 2
    assert len(errors) == 1 and "matplotlib" in errors[0] and "pip install -e '.[train]'" in errors[0]


def test_large_files_go_to_large_storage_and_small_ones_into_the_commit(hub, models, folder):
    models("publish", KEY, "--repo", REPO, "--from", folder)
    assert {hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (MODEL, "model.keras")} <= set(
        hub.large
    )
    assert sum(line.startswith("PUT /large/") for line in hub.log) == 5  # two models, three pictures


def test_a_private_repository_is_private(hub, models, folder):
    models("publish", KEY, "--repo", REPO, "--from", folder, "--private")
    assert hub.repo(REPO).private


def test_publishing_the_same_again_changes_nothing(hub, models, folder):
    _, first, _ = models("publish", KEY, "--repo", REPO, "--from", folder)
    code, second, _ = models("publish", KEY, "--repo", REPO, "--from", folder)
    assert code == 0
    assert second[-1] == first[-1] == hub.repo(REPO).head
    assert any("nothing has changed" in line for line in second)


def test_a_file_that_differs_there_is_named_and_kept_until_replace_is_said(hub, models, folder):
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


def test_a_dry_run_writes_the_folder_and_touches_no_network(hub, models, folder, monkeypatch):
    def refuse(*_):
        raise AssertionError("a connection was opened")

    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr(socket.socket, "connect", refuse)
    code, lines, _ = models("publish", KEY, "--repo", REPO, "--from", folder, "--dry-run")
    assert code == 0
    assert {path.name for path in Path(lines[-1]).iterdir()} == PUBLISHED
    assert hub.log == []


def test_nothing_published_names_the_machine_or_its_user(hub, models, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("LOGNAME", "zaphod-beeblebrox")
    monkeypatch.setenv("HOME", str(tmp_path / "zaphod-beeblebrox"))
    assert getpass.getuser() == "zaphod-beeblebrox"
    models("publish", KEY, "--repo", REPO, "--from", folder)
    traces = [b"zaphod", str(tmp_path).encode(), str(folder).encode()]
    if len(socket.gethostname()) > 5:  # a shorter one stands in a binary file by chance
        traces.append(socket.gethostname().encode() + b"/")
    traces += [str(WEIGHTS).encode(), sys.prefix.encode(), b"/home/", b"/Users/"]
    assert not [(name, trace) for name, data in unpacked(hub.repo(REPO).files) for trace in traces if trace in data]


def unpacked(files):
    for name, data in files.items():
        yield name, data
        if name.endswith(".keras"):
            Path("opened.zip").write_bytes(data)
            with zipfile.ZipFile("opened.zip") as packed:
                yield from ((f"{name}/{inner}", packed.read(inner)) for inner in packed.namelist())


def test_a_file_that_does_name_the_machine_is_not_sent(hub, models, folder, tmp_path):
    telling = shutil.copytree(folder, tmp_path / "telling")
    metrics = json.loads((telling / METRICS).read_text())
    (telling / METRICS).write_text(json.dumps(metrics | {"data": str(tmp_path / "data")}))
    code, _, errors = models("publish", KEY, "--repo", REPO, "--from", telling)
    assert (code, errors) == (1, ["metrics.json names a path of this machine and would publish it; nothing was sent"])
    assert hub.repos == {}


@pytest.mark.parametrize(
    ("token", "repo", "sentence"),
    [
        ("", REPO, "there is no Hugging Face token; run `hf auth login`, or set HF_TOKEN"),
        ("hf_wrong", REPO, "the Hub does not know this token"),
        ("hf_read", REPO, "the token may only read"),
        ("hf_other", REPO, "the token belongs to eve, who cannot publish under the name ada"),
        ("hf_write", "no-slash", "it is written user/name"),
    ],
)
def test_who_may_not_publish_is_told_in_one_sentence(hub, models, folder, token, repo, sentence):  # noqa: PLR0917
    os.environ["HF_TOKEN"] = token  # which the fixture puts back
    code, _, errors = models("publish", KEY, "--repo", repo, "--from", folder)
    assert code == 1
    assert len(errors) == 1
    assert sentence in errors[0]
    assert hub.repos == {}


def test_without_network_it_says_so(hub, models, folder, monkeypatch):
    use(monkeypatch, "http://127.0.0.1:9")
    code, _, errors = models("publish", KEY, "--repo", REPO, "--from", folder)
    assert code == 1
    assert len(errors) == 1
    assert "the Hub cannot be reached" in errors[0]


def test_a_connection_that_drops_half_way_leaves_the_branch_whole_and_the_second_run_finishes(
    hub, models, folder, naps
):
    models("publish", KEY, "--repo", REPO, "--from", folder)
    before = dict(hub.repo(REPO).files)
    hub.large.clear()
    hub.repo(REPO).commit({MODEL: b"an older network"})
    head = hub.repo(REPO).head
    hub.faults = [Fault("PUT", "/large/")]
    code, _, errors = models("publish", KEY, "--repo", REPO, "--from", folder, "--replace")
    assert code == 1
    assert len([line for line in errors if "the connection broke" in line]) == 1
    assert hub.repo(REPO).head == head
    assert hub.repo(REPO).files[MODEL] == b"an older network"
    hub.faults = []
    code, lines, _ = models("publish", KEY, "--repo", REPO, "--from", folder, "--replace")
    assert code == 0
    assert lines[-1] == hub.repo(REPO).head != head
    assert hub.repo(REPO).files == before


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault("POST", "/api/repos/create", 401), "(401)"),
        (Fault("POST", "/preupload/", 403), "it needs the write role"),
        (Fault("POST", "/commit/", 409), "someone else is changing the repository right now (409)"),
        (Fault("POST", "/commit/", 412), "someone else has changed the repository (412)"),
        (Fault("GET", "/api/whoami-v2", 429, {"Retry-After": "17"}), "try again in 17 seconds"),
        (Fault("POST", "/commit/", 500), "the Hub answered with an error (500)"),
        (Fault("POST", "/commit/"), "the connection broke"),
    ],
)
def test_what_the_hub_refuses_is_one_sentence(hub, models, folder, fault, sentence):
    hub.faults = [fault]
    code, _, errors = models("publish", KEY, "--repo", REPO, "--from", folder)
    assert code == 1
    assert sentence in errors[-1]
    assert not any("Traceback" in line for line in errors)
    assert all(set(repo.files) == {".gitattributes"} for repo in hub.repos.values())


def test_a_short_429_is_waited_for_as_long_as_the_hub_asks(hub, models, folder, naps):
    hub.faults = [Fault("POST", "/preupload/", 429, {"Retry-After": "3"}, times=1)]
    code, lines, _ = models("publish", KEY, "--repo", REPO, "--from", folder)
    assert code == 0
    assert lines[-1] == hub.repo(REPO).head
    assert naps == [4]  # one more than asked, as the client does


def test_a_commit_by_somebody_else_in_between_is_not_overwritten(hub, models, folder):
    models("publish", KEY, "--repo", REPO, "--from", folder)
    repo = hub.repo(REPO)
    repo.commit({CONFIG: b"{}"})
    theirs = []

    class Meanwhile(Fault):
        def takes(self, scope):
            if "/preupload/" in scope["path"] and not theirs:
                theirs.append(repo.commit({"notes.txt": b"in between"}))
            return False

    hub.faults = [Meanwhile("POST", "/preupload/")]
    code, _, errors = models("publish", KEY, "--repo", REPO, "--from", folder, "--replace")
    assert code == 1
    assert "(412)" in errors[-1]
    assert [repo.head] == theirs


@pytest.mark.parametrize("missing", [METRICS, "model.keras"])
def test_an_incomplete_model_folder_is_refused_before_anything_is_sent(hub, models, folder, tmp_path, missing):
    part = shutil.copytree(folder, tmp_path / "part")
    (part / missing).unlink()
    code, _, errors = models("publish", KEY, "--repo", REPO, "--from", part)
    assert code == 1
    assert missing in " ".join(errors)
    assert hub.log == []


def test_weights_that_are_not_those_of_the_config_are_refused(hub, models, folder, tmp_path):
    other = shutil.copytree(folder, tmp_path / "other")
    (other / "model.keras").write_bytes(b"something else")
    code, _, errors = models("publish", KEY, "--repo", REPO, "--from", other)
    assert code == 1
    assert "model.keras is not the file that config.json names" in errors[-1]


def test_weights_from_data_that_our_licence_does_not_cover_need_their_own(hub, models, folder, tmp_path):
    own = shutil.copytree(folder, tmp_path / "own")
    config = json.loads((own / CONFIG).read_text())
    (own / CONFIG).write_text(json.dumps(config | {"trained_on": ["my-photos"]}))
    code, _, errors = models("publish", KEY, "--repo", REPO, "--from", own)
    assert code == 1
    assert "put a LICENSE into own: it was also trained on my-photos" in errors[-1]
    (own / "LICENSE").write_text("Mine to give.")
    code, _, _ = models("publish", KEY, "--repo", REPO, "--from", own)
    assert code == 0
    assert hub.repo(REPO).files["LICENSE"] == b"Mine to give."


@pytest.mark.slow
def test_a_published_detector_judges_a_photo_exactly_as_the_local_one(folder, tmp_path):
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


def start(environment, *arguments):
    command = [sys.executable, "-m", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done


def test_the_token_is_never_an_argument(models):
    _, lines, _ = models("publish", "--help")
    assert not re.search(r"--\S*token", "\n".join(lines))


def test_what_runs_is_named_by_the_config_that_is_published(hub, models, folder):
    models("publish", KEY, "--repo", REPO, "--from", folder)
    files = hub.repo(REPO).files
    assert json.loads(files[CONFIG])["files"] == read_config(folder).files
    assert json.loads(files[METRICS])["model"] == hashlib.sha256(files[MODEL]).hexdigest()
