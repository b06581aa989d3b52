"""What a run says of itself: how it is trained, and all that it has learnt from."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from detectors.networks.folder import WEIGHTS, read_config
from models.training.config import TrainingConfig
from models.training.recipe_file import list_changes, read_learnt, read_recipe, write_averaged, write_recipe

CONFIG = TrainingConfig(steps=10, batch=32)


def test_what_was_learnt_from_before_stays_known(tmp_path: Path) -> None:
    write_recipe(tmp_path, "blend", replace(CONFIG, without=["x", "y"]), ["b", "a"])
    write_recipe(tmp_path, "blend", replace(CONFIG, steps=20, without=["y", "z"]), ["c"], read_learnt(tmp_path))
    found = read_recipe(tmp_path)
    assert (found["architecture"], found["steps"], found["sources"]) == ("blend", 20, ["a", "b", "c"])
    assert found["without"] == ["y"]
    write_recipe(tmp_path, "blend", CONFIG, ["c"])  # begun anew
    assert read_recipe(tmp_path)["sources"] == ["c"]


def test_what_a_resumed_run_is_given_anew_is_listed_but_for_its_length(tmp_path: Path) -> None:
    write_recipe(tmp_path, "blend", CONFIG, ["a"])
    assert list_changes(tmp_path, replace(CONFIG, steps=99, head_steps=0), ["a"]) == []
    assert list_changes(tmp_path, replace(CONFIG, batch=4), ["b", "c"]) == ["batch 32, now 4", "sources a, now b and c"]
    taught = replace(CONFIG, teacher="efficientnet 0123", without=["x"])
    assert list_changes(tmp_path, taught, ["a"]) == ["teacher none, now efficientnet 0123", "without none, now x"]
    assert list_changes(tmp_path / "elsewhere", CONFIG, ["a"]) == []


def test_a_checkpoint_has_learnt_what_its_run_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_recipe(tmp_path, "blend", replace(CONFIG, without=["x"]), ["a"])
    (tmp_path / "checkpoint").mkdir()
    learnt = {"architecture": "blend", "sources": ["a"], "without": ["x"]}
    assert read_learnt(tmp_path / "checkpoint") == learnt
    monkeypatch.chdir(tmp_path / "checkpoint")
    assert read_learnt(Path()) == learnt


def test_averaged_weights_know_the_architecture_and_the_sources_of_both(tmp_path: Path) -> None:
    write_recipe(tmp_path / "run", "blend", CONFIG, ["mine"])
    (tmp_path / "mixed").mkdir()
    parts = [tmp_path / "run" / "best.keras", WEIGHTS / "blend" / "model.keras"]
    write_averaged(tmp_path / "mixed" / "best.keras", parts)
    found = read_recipe(tmp_path / "mixed")
    sources = sorted({"mine", *read_config(WEIGHTS / "blend").trained_on})
    assert found == {"architecture": "blend", "sources": sources, "without": []}
    write_averaged(tmp_path / "run" / "mixed.keras", parts)
    assert json.loads((tmp_path / "run" / "recipe.json").read_text())["sources"] == ["mine"]
