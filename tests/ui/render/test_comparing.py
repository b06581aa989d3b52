"""Detectors beside one another: nothing is drawn or said of a number that was not measured."""

import json
import re
from dataclasses import replace
from pathlib import Path

from detectors.jury.about import describe, describe_jury, find_model_hash
from detectors.jury.compare import compare
from detectors.jury.fusion import JURY_KEY, hash_jury
from detectors.jury.judge import Jury
from detectors.networks.folder import METRICS, WEIGHTS
from registry import load_registry
from tests.ui.jurors import JURY
from ui.render.comparing import draw_compared
from ui.render.differences import find_difference
from ui.render.remembered import as_remembered
from ui.render.wording import MINUS, say_signed

SPECS = load_registry(blocked=())
KNOWN = {spec.key: describe(spec) for spec in SPECS.detectors}
HASHES = {spec.key: find_model_hash(spec) for spec in SPECS.detectors} | {JURY_KEY: hash_jury()}


def test_two_that_were_measured_together_have_curves_dots_and_a_paired_difference() -> None:
    html = draw_compared({key: KNOWN[key] for key in ("custom-cnn", "efficientnet")}, HASHES)
    found = find_difference("efficientnet", "custom-cnn", HASHES)
    assert found and found.unseen and found.unseen["low"] > 0
    assert f"EfficientNet-Lite0 {MINUS} Custom CNN" in html  # the better first, whatever was ticked first
    assert say_signed(found.unseen) in html and say_signed(found.sets["lfw-faceswap"]) in html
    assert html.count("<polyline") == 4
    sets = [
        name
        for name, one in json.loads((WEIGHTS / "custom-cnn" / METRICS).read_text())["sources"].items()
        if "auc" in one
    ]
    assert re.findall(r'<th scope="row" translate="no">([a-z0-9-]+)</th>', html) == sets
    assert html.count('<i class="dot') == 2 * len(sets)


def test_the_other_way_round_is_the_same_difference_with_the_other_sign() -> None:
    one, other = (find_difference(*pair, HASHES) for pair in (("blend", "residual"), ("residual", "blend")))
    assert one and other
    assert (one.mean["low"], one.mean["high"]) == (-other.mean["high"], -other.mean["low"])
    assert one == other.turned()


def test_four_have_six_differences_the_jury_s_own_line_and_no_set_by_set_difference() -> None:
    jury = describe_jury(list(KNOWN.values()))
    assert jury is not None
    html = draw_compared({JURY_KEY: jury, **{key: KNOWN[key] for key in ("blend", "custom-cnn", "residual")}}, HASHES)
    assert len(re.findall(rf'<th scope="row" translate="no">[^<]+ {MINUS} [^<]+</th>', html)) == 6
    assert 'class="line line-jury"' in html and 'class="by"' not in html


def test_other_weights_have_no_difference_and_what_was_not_measured_is_not_drawn() -> None:
    strange = HASHES | {"blend": "0" * 64}
    assert find_difference("blend", "residual", strange) is None
    assert find_difference("blend", "nobody", HASHES) is None
    html = draw_compared({"blend": KNOWN["blend"], "accuser": describe(JURY[0])}, HASHES)
    assert "not measured on the same faces, so no difference is given" in html
    assert "Accuser comes with no measurements: nothing is drawn of it." in html
    assert html.count("<polyline") == 2
    none = draw_compared({spec.key: describe(spec) for spec in JURY}, {})
    assert "<polyline" not in none and '<i class="dot' not in none


def test_a_provider_s_own_figures_are_said_to_be_theirs() -> None:
    theirs = {**KNOWN["blend"], "owner": "hub:user/name@1234567", "title": "Theirs"}
    html = draw_compared({"theirs": theirs, "blend": KNOWN["blend"]}, HASHES)
    assert "The figures of Theirs come from its provider and were not checked here." in html


def test_only_names_and_labels_are_remembered_and_nothing_of_a_face_that_cannot_be_judged(portrait: str) -> None:
    comparison = compare(Path(portrait), Jury(JURY), path="a.png")
    said = json.loads(as_remembered(comparison.as_dict(), "a.png"))
    assert said == {"name": "a.png", "parts": [{"part": "face 1", "said": {"accuser": "fake", "defender": "real"}}]}
    doubted = replace(comparison, faces=(replace(comparison.faces[0], doubt="Too small."),))
    assert json.loads(as_remembered(doubted.as_dict(), "a.png"))["parts"] == []
