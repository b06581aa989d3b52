"""A comparison as HTML."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from detectors.inputs.images import read_image
from detectors.jury.compare import compare_stepwise
from detectors.jury.fusion import JuryVerdict
from detectors.jury.judge import Jury
from detectors.provenance import Provenance, Trace
from registry import load_registry
from tests.ui.jurors import JURY
from ui.render.cards import Drawing, draw_provenance
from ui.render.report import render_report


def test_markup_in_a_file_name_is_escaped(portrait: str) -> None:
    *_, comparison = compare_stepwise(Path(portrait), Jury(JURY), path="<b>name</b>.png")
    html = "".join(Drawing(read_image(Path(portrait)).pixels, Jury(JURY)).draw(comparison))
    assert "&lt;b&gt;name&lt;/b&gt;.png" in html
    assert "<b>name" not in html


def test_only_the_pieces_that_changed_are_drawn_again(portrait: str) -> None:
    steps = list(compare_stepwise(Path(portrait), Jury(JURY)))
    drawing = Drawing(read_image(Path(portrait)).pixels, Jury(JURY))
    before, after = drawing.draw(steps[0]), drawing.draw(steps[1])
    assert before[0] == after[0]  # the picture with its boxes
    assert before[2] != after[2]  # the face that got a verdict
    assert drawing.draw(replace(steps[1]))[2] is after[2]


def test_the_jury_rules_once_everybody_has_spoken(portrait: str) -> None:
    jury = Jury(load_registry(blocked=()).detectors)
    steps = list(compare_stepwise(Path(portrait), jury))
    drawing = Drawing(read_image(Path(portrait)).pixels, jury)
    drawn = ["".join(drawing.draw(step)) for step in steps]
    assert ["The jury:" in html for html in drawn] == [False] * (len(drawn) - 1) + [True]
    assert ['id="base-rate"' in html for html in drawn] == [False] * (len(drawn) - 1) + [True]


def test_a_heat_map_is_as_strong_as_its_slider_says_before_anybody_moves_it(portrait: str) -> None:
    jury = Jury(load_registry(blocked=()).choose(["custom-cnn"]))
    *_, comparison = compare_stepwise(Path(portrait), jury)
    html = "".join(Drawing(read_image(Path(portrait)).pixels, jury).draw(comparison))
    [strength] = re.findall(r'<input type="range"[^>]* value="([^"]+)" aria-label="Strength of the heat map', html)
    assert 0.5 <= float(strength) <= 0.7  # the face is still seen below
    assert f"opacity:var(--heat, {strength})" in html


def test_a_mix_that_was_never_counted_has_no_ruling_and_no_slider(portrait: str) -> None:
    *_, comparison = compare_stepwise(Path(portrait), Jury(JURY))
    html = "".join(Drawing(read_image(Path(portrait)).pixels, Jury(JURY)).draw(comparison))
    assert "ruling" not in html
    assert "base-rate" not in html


def test_a_huge_picture_stays_small_in_the_page(portrait: str) -> None:
    drawing = Drawing(np.random.default_rng(0).integers(0, 256, (3000, 4000, 3), dtype=np.uint8), Jury(JURY))
    [comparison] = list(compare_stepwise(Path(portrait), Jury(())))
    assert len("".join(drawing.draw(comparison))) < 400_000


def test_what_a_file_says_of_itself_is_escaped_and_stands_apart_from_the_verdicts() -> None:
    html = "".join(draw_provenance(Provenance(software="<b>Darkroom</b>", traces=(Trace("<i>X</i>", "here", "<s>"),))))
    assert "&lt;b&gt;Darkroom&lt;/b&gt;" in html and "&lt;i&gt;X" in html and "&lt;s&gt;" in html
    assert "missing data is not suspicious" in html
    assert "suspicious" not in html.replace("missing data is not suspicious", "")


def test_the_cards_show_the_jury_verdict_that_stands_in_the_face(portrait: str) -> None:
    jury = Jury(load_registry(blocked=()).detectors)
    *_, comparison = compare_stepwise(Path(portrait), jury)
    changed = replace(comparison.faces[0], jury=JuryVerdict(0.77, "fake"))
    html = "".join(Drawing(read_image(Path(portrait)).pixels, jury).draw(replace(comparison, faces=(changed,))))
    assert "The jury: " in html and "Estimated chance of fake: 77 %" in html


def test_what_is_settled_offers_no_base_rate(portrait: str) -> None:
    jury = Jury(load_registry(blocked=()).detectors)
    *_, comparison = compare_stepwise(Path(portrait), jury)
    image = read_image(Path(portrait)).pixels
    live, settled = ("".join(Drawing(image, jury, settled=settled).draw(comparison)) for settled in (False, True))
    assert "The jury: " in live and 'id="base-rate"' in live
    assert "The jury: " in settled and "base-rate" not in settled and "data-steps" not in settled


def test_who_was_never_measured_is_badged_and_counted_apart(portrait: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detectors.jury.judge.is_measured", lambda spec: spec.key != "accuser")
    *_, comparison = compare_stepwise(Path(portrait), Jury(JURY))
    drawn = "".join(Drawing(read_image(Path(portrait)).pixels, Jury(JURY)).draw(comparison))
    assert 'Accuser <span class="badge">not measured</span>' in drawn and drawn.count("badge") == 1
    assert "0 of 1 say fake, 1 real, 1 not measured." in drawn
    report = render_report(comparison, JURY, None, made=datetime.now(UTC))
    assert "Accuser <small>not measured</small>" in report and "0 of 1 say fake, 1 real, 1 not measured" in report
