"""What is known of a detector, from its registration and its files."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors.jury.about import describe, describe_jury, find_model_folder, is_measured
from detectors.jury.fusion import JURY_METRICS, fuse
from detectors.jury.judge import Jury
from detectors.networks.folder import WEIGHTS
from detectors.networks.resolve import add_source
from registry import DetectorSpec, Registry, load_registry

FOLDER = WEIGHTS / "custom-cnn"
METRICS = json.loads((FOLDER / "metrics.json").read_text())
SHAM = """
import pluggy

@pluggy.HookimplMarker("facejury")
def register_detectors(register):
    register(key="custom-cnn", title="Custom CNN", load=lambda: lambda image: 0.998)
"""
UNLISTED = DetectorSpec(key="odd", title="Odd", load=lambda: lambda image: 0.5, card="A rule of thumb.")


def copy_folder(tmp_path: Path, **changes: object) -> Path:
    """A copy of a model folder without its network's neighbours; changes: fields of its metrics.json."""
    folder = tmp_path / "somebody"
    folder.mkdir()
    for name in ("config.json", "model.onnx", "README.md"):
        shutil.copyfile(FOLDER / name, folder / name)
    (folder / "metrics.json").write_text(json.dumps(METRICS | changes))
    return folder


def describe_folder(folder: Path) -> Any:
    (spec,) = add_source(Registry(()), str(folder))
    return describe(spec)


def test_every_figure_of_a_built_in_is_that_of_its_metrics() -> None:
    about = describe(load_registry()["custom-cnn"])
    assert {one["data"]: (one["real"], one["fake"]) for one in about["measured"]} == {
        name: (found["real"], found["fake"]) for name, found in METRICS["sources"].items()
    }
    for one in [*about["measured"], about["overall"]]:
        found = METRICS["overall"] if one is about["overall"] else METRICS["sources"][one["data"]]
        assert one["figures"] == {name: value for name, value in found.items() if isinstance(value, dict)}
    assert about["roc"] == [list(point) for point in zip(*METRICS["curves"]["roc"].values(), strict=True)]
    assert [one["count"] for one in about["reliability"]] == [one["count"] for one in METRICS["curves"]["reliability"]]
    assert about["not_tested_on"] == METRICS["not_tested_on"]


def test_a_built_in_says_what_it_is_and_what_it_learnt_from() -> None:
    about = describe(load_registry()["custom-cnn"])
    assert (about["owner"], about["version"]) == ("built in", f"sha256 {METRICS['model'][:12]}")
    assert about["license"].startswith("research use")
    seen = {one["data"] for one in about["measured"] if one["in_training"]}
    assert seen <= set(about["trained_on"])
    unseen = {one["data"] for one in about["measured"]} - seen
    assert {"faceforensics-c23", "faceforensics-nt", "stylegan2-unsplash"} <= unseen
    assert about["problem"] == about["card"] == ""


def test_a_set_of_which_two_splits_were_measured_is_known_to_have_been_trained_on(tmp_path: Path) -> None:
    figures = METRICS["sources"]["deepfake-faces"]
    both = {f"deepfake-faces ({split})": figures | {"split": split} for split in ("val", "test")}
    sources = both | {"elsewhere (test)": figures, "deepfake-faces (other)": figures | {"split": "test"}}
    about = describe_folder(copy_folder(tmp_path, sources=sources))
    assert [one["in_training"] for one in about["measured"]] == [True, True, False, False]


def test_what_a_detector_does_not_say_it_was_trained_on_is_not_known(tmp_path: Path) -> None:
    folder = copy_folder(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"trained_on": []}))
    about = describe_folder(folder)
    assert {one["in_training"] for one in [*about["measured"], about["overall"]]} == {None}


def test_a_model_folder_that_was_added_is_described_like_a_built_in_one(tmp_path: Path) -> None:
    folder = copy_folder(tmp_path)
    (spec,) = add_source(Registry(()), str(folder))
    about = describe(replace(spec, key="theirs"))
    assert find_model_folder(spec) == folder
    assert about["owner"] == "model folder somebody"
    assert about["measured"] == describe(load_registry()["custom-cnn"])["measured"]
    assert str(tmp_path) not in json.dumps(about)


@pytest.mark.parametrize(
    ("plugin", "owner"),
    [
        ("hub:ada/steady@" + "0" * 40, "hub:ada/steady@" + "0" * 40),
        ("/home/somebody/edges.py", "unpackaged file edges.py"),
        ("/home/somebody/steady.onnx", "network steady.onnx"),
        ("pluggy", "plugin package pluggy"),
    ],
)
def test_the_owner_is_named_without_the_folders_of_this_machine(plugin: str, owner: str) -> None:
    assert describe(replace(UNLISTED, plugin=plugin, owner="pluggy"))["owner"] == owner


def test_a_plugin_package_has_the_licence_of_its_package_and_its_own_card() -> None:
    about = describe(replace(UNLISTED, plugin="pluggy", owner="pluggy", version="1"))
    assert (about["license"], about["card"], about["version"]) == ("MIT", "A rule of thumb.", "1")
    assert about["measured"] == about["not_tested_on"] == []


def test_figures_of_other_weights_are_not_shown(tmp_path: Path) -> None:
    about = describe_folder(copy_folder(tmp_path, model="0" * 64))
    assert about["measured"] == about["roc"] == []
    assert "other weights" in about["problem"]


@pytest.mark.parametrize(
    "changes",
    [
        {"sources": {"a": {"real": 1, "fake": 1, "auc": {"value": float("nan"), "low": 0, "high": 1}}}},
        {"sources": {"a": {"real": 1, "fake": 1, "auc": {"value": "<b>1</b>", "low": 0, "high": 1}}}},
        {"sources": ["a"]},
        {"overall": None},
        {"curves": {"roc": {"fpr": [0, 1], "tpr": [0]}, "reliability": []}},
        {"not_tested_on": None},
    ],
)
def test_metrics_that_are_none_are_said_to_be_unreadable(tmp_path: Path, changes: dict[str, object]) -> None:
    about = describe_folder(copy_folder(tmp_path, **changes))
    assert about["problem"] == "Its metrics.json cannot be read."
    assert about["measured"] == []


@pytest.mark.parametrize("text", ["", "[" * 100_000, "[]", "null", "{}", "\x00"])
def test_a_file_of_anything_else_is_said_to_be_unreadable(tmp_path: Path, text: str) -> None:
    folder = copy_folder(tmp_path)
    (folder / "metrics.json").write_text(text)
    assert describe_folder(folder)["problem"] == "Its metrics.json cannot be read."


def test_a_model_folder_without_metrics_is_one_that_was_not_measured(tmp_path: Path) -> None:
    folder = copy_folder(tmp_path)
    (folder / "metrics.json").unlink()
    about = describe_folder(folder)
    assert about["measured"] == []
    assert about["problem"] == ""
    assert about["trained_on"]


def test_the_jurys_own_figures_are_those_that_were_measured_of_all_built_ins_together() -> None:
    measured = json.loads(JURY_METRICS.read_text())
    abouts = [describe(spec) for spec in load_registry().detectors]
    found = describe_jury(abouts)
    assert found["overall"]["figures"]["auc"] == measured["overall"]["auc"]
    assert [one["data"] for one in found["measured"]] == list(measured["sources"])
    assert {one["data"] for one in found["measured"] if not one["in_training"]} == {
        "faceforensics-c23",
        "faceforensics-nt",
        "stylegan2-unsplash",
    }
    assert describe_jury([*abouts, describe(UNLISTED)]) == found
    assert describe_jury(abouts[1:]) is None


def test_another_network_under_a_members_key_counts_as_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEJURY_BLOCK", "custom-cnn")
    (copy,) = add_source(Registry(()), str(copy_folder(tmp_path)))
    sham = tmp_path / "sham.py"
    sham.write_text(SHAM)
    (other,) = add_source(Registry(()), str(sham))
    assert copy.key == other.key == "custom-cnn"
    assert is_measured(copy) and not is_measured(other)
    picture = np.zeros((80, 80, 3), np.uint8)
    with Jury([other]) as jury:
        verdict = jury.judge(other, picture)
    assert verdict.p_fake == 0.998 and fuse([verdict]) is None
