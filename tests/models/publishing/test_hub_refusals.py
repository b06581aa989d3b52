"""`models publish` that fails, in one sentence: by the Hub, the network, or a folder that is not what it says."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from detectors.networks.folder import CARD, CONFIG, METRICS, MODEL, WEIGHTS
from detectors.networks.resolve import add_source
from models.publishing import hub as publishing
from registry import load_registry
from tests.hub_stand_in import Fault, StandIn
from tests.models.measured import KEY, make_folder
from tests.models.publishing.client import use

# What huggingface_hub 2.4 itself does when it puts a file into large storage without Xet.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning"),
]  # each talks to a server
REPO = "ada/jury-cnn"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("weights"))


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
def test_who_may_not_publish_is_told_in_one_sentence(  # noqa: PLR0917
    hub: StandIn,
    models: Callable[..., tuple[int, list[str], list[str]]],
    folder: Path,
    token: str,
    repo: str,
    sentence: str,
) -> None:
    os.environ["HF_TOKEN"] = token  # which the fixture puts back
    code, _, errors = models("publish", KEY, "--repo", repo, "--from", folder)
    assert code == (1 if "/" in repo else 2)
    assert len(errors) == 1
    assert sentence in errors[0]
    assert hub.repos == {}


def test_without_network_it_says_so(
    hub: StandIn, models: Callable[..., tuple[int, list[str], list[str]]], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, "http://127.0.0.1:9")
    code, _, errors = models("publish", KEY, "--repo", REPO, "--from", folder)
    assert code == 1
    assert len(errors) == 1
    assert "the Hub cannot be reached" in errors[0]


def test_a_connection_that_drops_half_way_leaves_the_branch_whole_and_the_second_run_finishes(
    hub: StandIn, models: Callable[..., tuple[int, list[str], list[str]]], folder: Path, naps: list[float]
) -> None:
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
def test_what_the_hub_refuses_is_one_sentence(
    hub: StandIn, models: Callable[..., tuple[int, list[str], list[str]]], folder: Path, fault: Fault, sentence: str
) -> None:
    hub.faults = [fault]
    code, _, errors = models("publish", KEY, "--repo", REPO, "--from", folder)
    assert code == 1
    assert sentence in errors[-1]
    assert not any("Traceback" in line for line in errors)
    assert all(set(repo.files) == {".gitattributes"} for repo in hub.repos.values())


def test_a_short_429_is_waited_for_as_long_as_the_hub_asks(
    hub: StandIn, models: Callable[..., tuple[int, list[str], list[str]]], folder: Path, naps: list[float]
) -> None:
    hub.faults = [Fault("POST", "/preupload/", 429, {"Retry-After": "3"}, times=1)]
    code, lines, _ = models("publish", KEY, "--repo", REPO, "--from", folder)
    assert code == 0
    assert lines[-1] == hub.repo(REPO).head
    assert naps == [4]  # one more than asked, as the client does


def test_a_commit_by_somebody_else_in_between_is_not_overwritten(
    hub: StandIn, models: Callable[..., tuple[int, list[str], list[str]]], folder: Path
) -> None:
    models("publish", KEY, "--repo", REPO, "--from", folder)
    repo = hub.repo(REPO)
    repo.commit({CONFIG: b"{}"})
    theirs: list[str] = []

    class Meanwhile(Fault):
        def takes(self, scope: dict[str, Any]) -> bool:
            if "/preupload/" in scope["path"] and not theirs:
                theirs.append(repo.commit({"notes.txt": b"in between"}))
            return False

    hub.faults = [Meanwhile("POST", "/preupload/")]
    code, _, errors = models("publish", KEY, "--repo", REPO, "--from", folder, "--replace")
    assert code == 1
    assert "(412)" in errors[-1]
    assert [repo.head] == theirs


@pytest.mark.parametrize("missing", [METRICS, "model.keras"])
def test_an_incomplete_model_folder_is_refused_before_anything_is_sent(
    hub: StandIn, models: Callable[..., tuple[int, list[str], list[str]]], folder: Path, tmp_path: Path, missing: str
) -> None:
    part = shutil.copytree(folder, tmp_path / "part")
    (part / missing).unlink()
    code, _, errors = models("publish", KEY, "--repo", REPO, "--from", part)
    assert code == 1
    assert missing in " ".join(errors)
    assert hub.log == []


def test_weights_that_are_not_those_of_the_config_are_refused(
    hub: StandIn, models: Callable[..., tuple[int, list[str], list[str]]], folder: Path, tmp_path: Path
) -> None:
    other = shutil.copytree(folder, tmp_path / "other")
    (other / "model.keras").write_bytes(b"something else")
    code, _, errors = models("publish", KEY, "--repo", REPO, "--from", other)
    assert code == 1
    assert "model.keras is not the file that config.json names" in errors[-1]


def test_weights_from_data_that_our_licence_does_not_cover_need_their_own(
    hub: StandIn, models: Callable[..., tuple[int, list[str], list[str]]], folder: Path, tmp_path: Path
) -> None:
    own = shutil.copytree(folder, tmp_path / "own")
    config = json.loads((own / CONFIG).read_text())
    (own / CONFIG).write_text(json.dumps(config | {"trained_on": ["my-photos"]}))
    code, _, errors = models("publish", KEY, "--repo", REPO, "--from", own)
    assert code == 1
    assert "not published: it was trained on my-photos" in errors[-1] and errors[-1].count("own/LICENSE") == 1
    (own / "LICENSE").write_text("Mine to give.")
    code, _, _ = models("publish", KEY, "--repo", REPO, "--from", own)
    assert code == 0
    assert hub.repo(REPO).files["LICENSE"] == b"Mine to give."


@pytest.mark.parametrize(
    "repo", ["ada", "ada/cnn--two", "ada/cnn..two", "ada/cnn.git", "ada/" + "x" * 97, "ada/cnn-", "ada/cnn."]
)
@pytest.mark.parametrize("command", ["publish", "publish-space"])
def test_a_name_that_the_hub_refuses_is_refused_before_anything_is_staged(
    hub: StandIn,
    models: Callable[..., tuple[int, list[str], list[str]]],
    folder: Path,
    repo: str,
    command: str,
) -> None:
    named = (KEY, "--from", folder) if command == "publish" else ()
    code, _, errors = models(command, *named, "--repo", repo, "--dry-run")
    assert code == 2
    assert (f"the Hub does not allow the name '{repo}'" if "/" in repo else "it is written user/name") in errors[0]
    assert not Path("build").exists()


def test_a_folder_of_another_detector_is_not_published_under_this_key(
    hub: StandIn, models: Callable[..., tuple[int, list[str], list[str]]], folder: Path
) -> None:
    code, _, errors = models("publish", "blend", "--repo", REPO, "--from", folder, "--dry-run")
    assert (code, errors) == (1, [f"{folder.name} holds the detector {KEY}, not blend"])


@pytest.mark.parametrize("key", ["temporal", "voice"])
def test_a_network_for_clips_or_sound_is_refused_with_its_folder_named_and_without(
    models: Callable[..., tuple[int, list[str], list[str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.chdir(tmp_path)
    kept = shutil.copytree(WEIGHTS / key, tmp_path / key)
    card = (kept / CARD).read_bytes()
    for arguments in (("card",), ("publish", "--repo", REPO, "--dry-run")):
        for named in ((), ("--from", kept)):
            code, _, errors = models(*arguments[:1], key, *arguments[1:], *named)
            assert code == 1 and f"{key} is not a network alone that judges pictures" in errors[-1]
    assert (kept / CARD).read_bytes() == card


def test_a_key_that_is_not_there_or_has_no_folder_is_told(
    hub: StandIn, models: Callable[..., tuple[int, list[str], list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = Path(__file__).parents[2] / "plugin_example" / "facejury_spectrum.py"
    monkeypatch.setattr(publishing, "load_registry", lambda: add_source(load_registry(), str(plugin)))
    code, _, errors = models("publish", "nobody", "--repo", REPO, "--dry-run")
    assert code == 2 and "no detector named 'nobody'" in errors[0]
    code, _, errors = models("publish", "spectrum", "--repo", REPO, "--dry-run")
    assert code == 1 and "spectrum has no model folder" in errors[0]
