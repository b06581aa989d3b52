"""`--add hub:user/name`: fetched from a stand-in for the Hub by the real client, checked, pinned, and run apart."""

from pathlib import Path

import huggingface_hub
import onnx
import pytest
from onnx import TensorProto
from skimage.data import astronaut

from detectors.jury.judge import Jury
from detectors.networks import hub
from detectors.networks.resolve import SourceError, add_source, pin_sources
from registry import Registry
from tests.detectors.networks.steady import REPO, make_files, make_network
from tests.hub_stand_in import Fault, Repo, StandIn

NOBODY = Registry(())


def fetched_names(server: StandIn) -> set[str]:
    return {line.rpartition("/")[2] for line in server.log if "/resolve/" in line}


def kept() -> list[Path]:
    return [path for path in hub.store().rglob("*") if path.is_file()]


def test_a_detector_is_named_by_its_commit_and_says_from_whom_it_is(stand_in: StandIn) -> None:
    told: list[str] = []
    (pinned,) = pin_sources([f"hub:{REPO}"], announce=told.append)
    (spec,) = add_source(NOBODY, pinned)
    head = stand_in.repo(REPO).head
    assert spec.key == f"hub:{REPO}@{head[:8]}"
    assert spec.title == f"EfficientNet-Lite0 ({REPO})"
    assert pinned == f"hub:{REPO}@{head}"
    assert (spec.owner, spec.version, spec.source) == (REPO, head[:8], f"hub:{REPO}@{head}")
    assert not spec.builtin
    assert any(f"at commit {head}" in line and "MB" in line for line in told)
    assert told[-1] == f"{spec.key} is commit {head}"


def test_it_is_run_by_the_worker_and_judges(stand_in: StandIn) -> None:
    (spec,) = registry = add_source(NOBODY, f"hub:{REPO}")
    with Jury(registry.detectors) as jury:
        verdict = jury.judge(spec, astronaut())
        assert type(jury.load(spec)).__name__ == "IsolatedDetector"
    assert (verdict.p_fake, verdict.error) == (0.125, None)


def test_nothing_but_the_four_files_is_fetched(stand_in: StandIn) -> None:
    add_source(NOBODY, f"hub:{REPO}")
    assert fetched_names(stand_in) == {"config.json", "model.onnx", "README.md"}
    assert {path.name for path in kept()} == {"config.json", "model.onnx", "README.md"}
    assert [path.name for path in hub.store().glob("*/*")] == [stand_in.repo(REPO).head]


def test_a_pinned_commit_is_fetched_once_and_then_needs_no_network(stand_in: StandIn) -> None:
    first = hub.fetch(f"hub:{REPO}")
    stand_in.repo(REPO).commit(make_files(make_network(0.75)))
    stand_in.log.clear()
    for pinned in (first.reference, first.key):
        assert hub.fetch(pinned) == first
    assert stand_in.log == []
    assert hub.fetch(f"hub:{REPO}").commit == stand_in.repo(REPO).head != first.commit


def test_two_that_fetch_the_same_at_once_both_get_it(stand_in: StandIn) -> None:
    def fetch_it_too(said: str) -> None:
        if said.startswith("fetching"):  # the first has looked, and found nothing kept
            others.append(hub.fetch(f"hub:{REPO}"))

    others: list[object] = []
    first = hub.fetch(f"hub:{REPO}", announce=fetch_it_too)
    assert others == [first]
    assert [path.name for path in hub.store().glob("*/*")] == [first.commit]


def test_a_disk_that_cannot_keep_it_is_one_sentence(stand_in: StandIn, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(hub.HubError, match="cannot be kept on this disk: Not a directory"):
        hub.fetch(f"hub:{REPO}")


def test_a_hub_that_names_no_commit_is_refused(stand_in: StandIn) -> None:
    repo = stand_in.repo(REPO)
    repo.commits, repo.head = {"newest": repo.files}, "newest"
    with pytest.raises(hub.HubError, match="named no commit"):
        hub.fetch(f"hub:{REPO}")


def test_a_commit_that_is_not_the_newest_can_be_named(stand_in: StandIn) -> None:
    old = stand_in.repo(REPO).head
    stand_in.repo(REPO).commit(make_files(make_network(0.75)))
    (spec,) = registry = add_source(NOBODY, f"hub:{REPO}@{old}")
    with Jury(registry.detectors) as jury:
        assert jury.judge(spec, astronaut()).p_fake == 0.125


def test_a_private_one_needs_its_owners_token(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in.repo(REPO).private = True
    with pytest.raises(SourceError, match="private or does not exist"):
        add_source(NOBODY, f"hub:{REPO}")
    monkeypatch.setenv("HF_TOKEN", "hf_read")
    assert hub.fetch(f"hub:{REPO}").commit == stand_in.repo(REPO).head


BAD_CONFIGS: dict[str, tuple[dict[str, object], str]] = {
    "outside": ({"files": {"model.onnx": "0" * 64, "../../.ssh/id_rsa": "0" * 64}}, "files must stand beside"),
    "elsewhere": ({"files": {"/etc/passwd": "0" * 64}}, "files must name model.onnx"),
    "wrong hash": ({"files": {"model.onnx": "0" * 64}}, "model.onnx has SHA-256"),
    "polarity": ({"polarity": "p_real"}, "polarity must be"),
    "later": ({"schema": 2}, "schema must be 1"),
}


@pytest.mark.parametrize("name", BAD_CONFIGS)
def test_a_config_that_is_not_true_is_refused_and_nothing_is_kept(stand_in: StandIn, name: str) -> None:
    config, reason = BAD_CONFIGS[name]
    stand_in.repo(REPO).commit(make_files(make_network(), **config))
    with pytest.raises(SourceError, match=reason) as caught:
        add_source(NOBODY, f"hub:{REPO}")
    assert str(caught.value).startswith(f"hub:{REPO} was not kept: ")
    assert str(hub.store()) not in str(caught.value)
    assert kept() == []


@pytest.mark.parametrize(
    ("announced", "reason"),
    [
        ({"model.onnx": 2_000_000_000}, r"model.onnx is 2,000.0 MB large, allowed are 200.0 MB; nothing was fetched"),
        ({"README.md": 30_000_000}, r"README.md is 30.0 MB large"),
        ({"config.json": None}, r"config.json is of unknown size"),
    ],
)
def test_a_size_that_is_announced_too_large_is_refused_before_anything_is_fetched(
    stand_in: StandIn, announced: dict[str, int], reason: str
) -> None:
    stand_in.announced = announced
    with pytest.raises(SourceError, match=reason):
        add_source(NOBODY, f"hub:{REPO}")
    assert fetched_names(stand_in) == set()


def test_a_file_that_is_not_as_large_as_announced_is_not_kept(stand_in: StandIn) -> None:
    stand_in.announced = {"model.onnx": 1000}
    with pytest.raises(SourceError, match="not as large as the Hub had said"):
        add_source(NOBODY, f"hub:{REPO}")
    assert kept() == []


def test_a_repository_of_something_else_is_said_to_be_none_of_ours(stand_in: StandIn) -> None:
    stand_in.repos["model", "ada/llm"] = Repo("model", "ada/llm", private=False)
    stand_in.repo("ada/llm").commit({"pytorch_model.bin": b"pickled"})
    with pytest.raises(SourceError, match=r"is not a Facejury detector: it has no config\.json"):
        add_source(NOBODY, "hub:ada/llm")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault("GET", "/api/models/", 403), "(403)"),
        (Fault("GET", "/api/models/", 429, {"Retry-After": "90"}), "try again in 90 seconds"),
        (Fault("GET", "/api/models/", 503), "the Hub answered with an error (503)"),
        (Fault("GET", "/api/models/"), "the connection broke"),
        (Fault("HEAD", "/resolve/", 404), "(404)"),
    ],
)
def test_what_the_hub_refuses_is_one_sentence_and_the_next_try_works(
    stand_in: StandIn, fault: Fault, reason: str
) -> None:
    stand_in.faults = [fault]
    with pytest.raises(SourceError) as caught:
        add_source(NOBODY, f"hub:{REPO}")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert kept() == []
    stand_in.faults = []
    assert len(add_source(NOBODY, f"hub:{REPO}").detectors) == 1


def test_a_download_that_breaks_off_is_gone_on_with(stand_in: StandIn) -> None:
    stand_in.faults = [Fault("GET", "/large/", times=1)]
    fetched = hub.fetch(f"hub:{REPO}")
    assert (fetched.folder / "model.onnx").read_bytes() == make_network()


def test_without_network_it_says_so(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(SourceError, match="the Hub cannot be reached"):
        add_source(NOBODY, f"hub:{REPO}")


@pytest.mark.parametrize("name", ["hub:", "hub:ada", "hub:../../etc", "hub:ada/x@../y", "hub:a/b/c", "hub:ada/x@"])
def test_a_name_that_is_none_is_refused_unasked(stand_in: StandIn, name: str) -> None:
    with pytest.raises(SourceError, match="is named hub:user/name"):
        add_source(NOBODY, name)
    assert stand_in.log == []


def test_two_that_claim_one_key_both_sit_on_the_jury(stand_in: StandIn) -> None:
    stand_in.repos["model", "eve/steady"] = Repo("model", "eve/steady", private=False)
    stand_in.repo("eve/steady").commit(make_files(make_network(0.875)))
    registry = add_source(add_source(NOBODY, f"hub:{REPO}"), "hub:eve/steady")
    assert [spec.key.partition("@")[0] for spec in registry] == [f"hub:{REPO}", "hub:eve/steady"]


def reach_outside(network: bytes, location: str) -> bytes:
    """The network, its answer to be read from another file."""
    model = onnx.ModelProto.FromString(network)
    answer = next(tensor for tensor in model.graph.initializer if tensor.name == "answer")
    answer.ClearField("float_data")
    answer.data_location = TensorProto.EXTERNAL
    answer.external_data.add(key="location", value=location)
    return model.SerializeToString()


@pytest.mark.parametrize("location", ["/etc/passwd", "../../../../../../etc/passwd"])
def test_a_network_that_reaches_for_other_files_is_refused_before_it_runs(stand_in: StandIn, location: str) -> None:
    stand_in.repo(REPO).commit(make_files(reach_outside(make_network(), location)))
    (spec,) = registry = add_source(NOBODY, f"hub:{REPO}")
    with Jury(registry.detectors) as jury:
        verdict = jury.judge(spec, astronaut())
    assert verdict.p_fake is None
    assert "the network keeps weights in other files; save it as one file" in verdict.error


def test_why_the_hub_gave_nothing_is_told_by_its_cause() -> None:
    assert hub._say([ValueError("odd"), TimeoutError()]).startswith(
        "the Hub cannot be reached, or the connection broke"
    )
    assert hub._say([ValueError("odd\nmore")]) == "the connection to the Hub failed: odd"


def test_what_somebody_else_fetched_meanwhile_is_as_good_and_a_full_disk_is_not(tmp_path: Path) -> None:
    whole, place = tmp_path / "whole", tmp_path / "place"
    for folder in (whole, place):
        folder.mkdir()
        (folder / "model.onnx").write_text(folder.name)
    hub._keep(whole, place)
    assert (place / "model.onnx").read_text() == "place"
    with pytest.raises(OSError, match="No such file"):
        hub._keep(tmp_path / "gone", tmp_path / "nowhere")


def test_only_a_whole_commit_counts_as_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(hub, "store", lambda: tmp_path)
    commit = "0123456789" * 4
    folder = tmp_path / "ada--net"
    (folder / f"{commit[:8]}.tmp").mkdir(parents=True)
    assert hub._find_kept("ada/net", commit[:8]) is None
    (folder / commit).mkdir()
    kept = hub._find_kept("ada/net", commit[:8])
    assert kept is not None and (kept.commit, kept.folder) == (commit, folder / commit)
    monkeypatch.setattr(hub, "_look_up", lambda repo, revision: (commit, {}))
    assert hub._fetch("ada/net", "main", pytest.fail) == kept, "nothing is fetched again"
