"""`facejury detectors install hub:user/name`: pinned by its commit, found without the network, upgraded, removed."""

import json
import shutil
from pathlib import Path

import pytest

from registry import manager, pins
from tests.command import call
from tests.detectors.networks.steady import REPO
from tests.hub_stand_in import StandIn


def test_a_model_folder_is_pinned_by_its_commit_and_listed_without_the_network(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager, "PINS", tmp_path / "plugins.toml")
    monkeypatch.setenv("FACEJURY_BLOCK", "")
    repo = stand_in.repo(REPO)
    old = repo.head
    done = call("detectors", "install", f"hub:{REPO}")
    assert (done.exit_code, done.stdout) == (0, f"installed hub:{REPO}@{old}\n")
    asked = len(stand_in.log)
    listed = json.loads(call("detectors", "list", "--json").stdout)
    assert listed["pinned"] == [f"hub:{REPO}@{old}"]
    assert listed["detectors"][-1]["key"] == f"hub:{REPO}@{old[:8]}"
    assert len(stand_in.log) == asked

    new = repo.commit({"README.md": b"---\n---\nA newer card.\n"})
    assert call("detectors", "upgrade", f"hub:{REPO}").exit_code == 0
    assert pins.read_pins(manager.PINS) == (pins.PinnedFolder(REPO, new),)
    assert call("detectors", "upgrade", f"hub:{REPO}").stdout == f"hub:{REPO} is at its newest commit\n"

    shutil.rmtree(tmp_path / "data")  # a colleague's machine
    assert f"problem: hub:{REPO}@{new}: SourceError: plugins.toml pins it" in call("detectors", "list").stdout
    assert call("detectors", "install").exit_code == 0
    assert [spec.key for spec in manager.load_registry()][-1] == f"hub:{REPO}@{new[:8]}"
    [kept] = (tmp_path / "data").rglob(new)
    assert call("detectors", "remove", f"hub:{REPO}", typed="y\n").exit_code == 0
    assert not kept.exists() and not manager.PINS.exists()


def test_what_an_upgrade_does_not_change_is_told_as_it_was_asked_for(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager, "PINS", tmp_path / "plugins.toml")
    repo = stand_in.repo(REPO)
    old = repo.head
    for revision in (old, old[:8]):
        assert call("detectors", "install", f"hub:{REPO}@{revision}").exit_code == 0
        repo.commit({"README.md": b"---\n---\nA newer card.\n"})
        said = call("detectors", "upgrade", f"hub:{REPO}").stdout
        followed = f"`facejury detectors install hub:{REPO}` follows the main branch"
        assert said == f"hub:{REPO} stays at the commit asked for; {followed}\n"
    assert call("detectors", "install", f"hub:{REPO}@main").exit_code == 0
    assert call("detectors", "upgrade", f"hub:{REPO}").stdout == f"hub:{REPO} is at the newest commit of main\n"


def test_a_removal_that_was_killed_half_way_does_not_keep_the_next_from_its_work(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager, "PINS", tmp_path / "plugins.toml")
    commit = stand_in.repo(REPO).head
    assert call("detectors", "install", f"hub:{REPO}").exit_code == 0
    [kept] = (tmp_path / "data").rglob(commit)
    shutil.copytree(kept, kept.with_name(f"removing-{commit}"))
    done = call("detectors", "remove", f"hub:{REPO}", "--yes")
    assert (done.exit_code, done.stderr) == (0, "")
    assert list(kept.parent.iterdir()) == []


def test_what_the_hub_does_not_have_changes_nothing(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager, "PINS", tmp_path / "plugins.toml")
    for arguments in (["install", "hub:ada/nothing"], ["install", "hub:nothing"], ["install"], ["remove", "edges"]):
        done = call("detectors", *arguments)
        assert done.exit_code in {1, 2} and done.stderr.count("\n") == 1
        assert not manager.PINS.exists()
