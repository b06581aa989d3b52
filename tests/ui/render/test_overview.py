"""The table of all detectors: its order, and what its means are of."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from detectors.jury.about import describe, describe_jury
from detectors.networks.folder import CONFIG, WEIGHTS
from detectors.networks.resolve import add_source
from registry import Registry, load_registry
from ui.render.cards import render
from ui.render.comparing import draw_compared
from ui.render.overview import list_overview
from ui.render.wording import say_span


def figure(value: float) -> dict[str, float]:
    return {"value": value, "low": value, "high": value}


def about(title: str, unseen: list[float], seen: list[float], **more: Any) -> Any:
    sets = [(value, False) for value in unseen] + [(value, True) for value in seen]
    measured = [{"in_training": trained, "figures": {"auc": figure(value)}} for value, trained in sets]
    measured.append({"in_training": False, "figures": {"accuracy": figure(0.1)}})  # of one class: no AUC
    return {
        "key": title.lower(),
        "title": title,
        "looks_for": "",
        "measured": measured,
        "overall": None,
        "parameters": 9,
        "license": "",
    } | more


def test_the_jury_comes_first_and_then_who_is_best_on_unseen_data() -> None:
    weak, strong = about("Weak", [0.6, 0.7], [0.99]), about("Strong", [0.8], [0.7])
    guest = about("Guest", [], [], measured=[])
    lines = list_overview([weak, guest, strong], about("The jury", [0.5], []))
    assert [line.title for line in lines] == ["The jury", "Strong", "Weak", "Guest"]
    assert [line.is_jury for line in lines] == [True, False, False, False]
    assert lines[2].unseen and lines[2].unseen.mean == pytest.approx(0.65)
    assert say_span(lines[2].unseen) == "0.650 [0.600, 0.700]"
    assert (lines[3].measured, say_span(lines[3].unseen)) == (False, "-")


def test_a_detector_that_does_not_say_what_it_was_trained_on_denies_nothing(tmp_path: Path) -> None:
    folder = shutil.copytree(WEIGHTS / "custom-cnn", tmp_path / "silent")
    told = json.loads((folder / CONFIG).read_text()) | {"key": "silent", "title": "Silent", "trained_on": []}
    (folder / CONFIG).write_text(json.dumps(told))
    (spec,) = add_source(Registry(()), str(folder))
    silent = describe(spec)
    (line,) = list_overview([silent], None)
    assert (line.unseen, line.seen) == (None, None)
    assert "<small>training data not stated</small>" in render("overview", overview=[line], fewest=2, most=4)
    page = render("detectors", abouts=[silent], together=None, left_out=[])
    sets = len(silent["measured"])
    assert page.count("<small>training data not stated</small>") == sets + 1, "and all test splits"
    assert "used in training" not in page
    compared = draw_compared({"silent": silent, "blend": describe(load_registry()["blend"])}, {})
    assert "], training data not stated" in compared


def test_our_own_detectors_all_have_figures_on_data_they_never_saw() -> None:
    abouts = [describe(spec) for spec in load_registry(blocked=()).detectors if spec.expects == "face"]
    lines = list_overview(abouts, describe_jury(abouts))
    assert len(lines) == 6
    assert all(line.unseen and line.unseen.sets >= 2 and "coverage" in line.figures for line in lines)
