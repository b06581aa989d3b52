"""A comparison as HTML."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from detectors.inputs.images import read_image
from detectors.jury.compare import compare_stepwise
from detectors.jury.fusion import JuryVerdict
from detectors.jury.judge import Jury
from detectors.provenance import Provenance, Trace
from registry import Label, load_registry
from tests.ui.jurors import JURY, spec
from ui.render.cards import Drawing, draw_provenance
from ui.render.reports.photo import render_report

FOUR: list[tuple[float, Label]] = [(0.1, "real"), (0.95, "fake"), (0.5, "inconclusive"), (0.99, "fake")]
STEPPED = ("inconclusive", "fake", "fake")  # 0.75 where fakes are rare, as many as reals, and common


def test_markup_in_a_file_name_is_escaped(portrait: str) -> None:
    *_, comparison = compare_stepwise(Path(portrait), Jury(JURY), path="<b>name</b>.png")
    html = "".join(Drawing(read_image(Path(portrait)).pixels, Jury(JURY)).draw(comparison))
    assert "&lt;b&gt;name&lt;/b&gt;.png" in html
    assert "<b>name" not in html


def test_only_the_pieces_that_changed_are_drawn_again(portrait: str) -> None:
    steps = list(compare_stepwise(Path(portrait), Jury(JURY)))
    drawing = Drawing(read_image(Path(portrait)).pixels, Jury(JURY))
    before, after = drawing.draw(steps[0]), drawing.draw(steps[1])
    assert before[1] == after[1]  # the picture
    assert before[3] != after[3]  # the face that got a verdict
    assert drawing.draw(replace(steps[1]))[3] is after[3]


def test_the_jury_rules_once_everybody_has_spoken(portrait: str) -> None:
    jury = Jury(load_registry(blocked=()).detectors)
    steps = list(compare_stepwise(Path(portrait), jury))
    drawing = Drawing(read_image(Path(portrait)).pixels, jury)
    drawn = ["".join(drawing.draw(step)) for step in steps]
    assert ['class="chance"' in html for html in drawn] == [False] * (len(drawn) - 1) + [True]
    assert ['class="rate"' in html for html in drawn] == [False] * (len(drawn) - 1) + [True]


def test_of_several_faces_the_most_suspicious_comes_first_and_one_headline_counts_them(portrait: str) -> None:
    jury = Jury(load_registry(blocked=()).detectors)
    *_, comparison = compare_stepwise(Path(portrait), jury)
    [face] = comparison.faces
    faces = tuple(replace(face, jury=JuryVerdict(p_fake, label, 0.9, 0.2)) for p_fake, label in FOUR)
    html = "".join(Drawing(read_image(Path(portrait)).pixels, jury).draw(replace(comparison, faces=faces)))
    assert re.findall(r'class="thumb ([a-z]+)".*?style="order:(\d)"', html) == [
        ("real", "3"),
        ("fake", "1"),
        ("inconclusive", "2"),
        ("fake", "0"),
    ]
    assert "Likely fake: 2 of 4 faces" in html
    assert re.findall(r'class="box ([a-z]+)"', html) == [label for _, label in FOUR]


def test_a_heat_map_in_which_nothing_stands_out_is_said_and_not_shown(portrait: str) -> None:
    even, spot, half = np.full((8, 8), 0.7, np.float32), np.full((8, 8), 0.1, np.float32), np.eye(8, dtype=np.float32)
    spot[2:4, 2:4], half[:5] = 0.9, 1.0
    for heatmap, said, shown in ((even, True, False), (spot, False, True), (half, True, False)):
        jury = Jury([spec("mapper", lambda image, map_=heatmap: (0.9, map_))])
        *_, comparison = compare_stepwise(Path(portrait), jury)
        html = "".join(Drawing(read_image(Path(portrait)).pixels, jury).draw(comparison))
        assert ("no particular area" in html) is said
        assert ("Show the heat map of Mapper" in html) is shown


def test_generalists_come_first_then_our_experts_then_what_was_added(portrait: str) -> None:
    registry = load_registry(blocked=())
    jury = Jury([spec("guest", lambda image: 0.5), *registry.choose(["blend", "efficientnet"])])
    *_, comparison = compare_stepwise(Path(portrait), jury)
    html = "".join(Drawing(read_image(Path(portrait)).pixels, jury).draw(comparison))
    titles = re.findall(r"<h4[^>]*>([^<]+)</h4>", html)
    assert titles == [*(registry[key].title for key in ("efficientnet", "blend")), "Guest"]
    assert "blending traces" in html


def test_a_mix_that_was_never_counted_has_no_jury_verdict_and_no_slider(portrait: str) -> None:
    *_, comparison = compare_stepwise(Path(portrait), Jury(JURY))
    html = "".join(Drawing(read_image(Path(portrait)).pixels, Jury(JURY)).draw(comparison))
    assert "chance" not in html.replace("Estimated chance", "")
    assert 'class="rate"' not in html


def test_a_huge_picture_stays_small_in_the_page(portrait: str) -> None:
    drawing = Drawing(np.random.default_rng(0).integers(0, 256, (3000, 4000, 3), dtype=np.uint8), Jury(JURY))
    [comparison] = list(compare_stepwise(Path(portrait), Jury(())))
    assert len("".join(drawing.draw(comparison))) < 800_000


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
    assert "Likely fake" in html and "Estimated chance of fake: 77 %." in html


def test_the_bands_and_every_faces_colour_moves_with_its_words(portrait: str) -> None:
    *_, comparison = compare_stepwise(Path(portrait), Jury(JURY))
    face = replace(comparison.faces[0], jury=JuryVerdict(0.75, "fake", 0.7, 0.3))
    real = replace(face, jury=JuryVerdict(0.01, "real", 0.7, 0.3))
    drawing = Drawing(read_image(Path(portrait)).pixels, Jury(JURY))
    html = unescape("".join(drawing.draw(replace(comparison, faces=(face, real)))))
    moved = {
        name: re.findall(rf'class="{name} [a-z]+" data-classes="(\[.*?\])"', html)
        for name in ("summary", "box", "thumb")
    }
    assert [json.loads(steps) for steps in moved["summary"]] == [[f"summary {label}" for label in STEPPED]]
    for name in ("box", "thumb"):
        assert [json.loads(steps) for steps in moved[name]] == [
            [f"{name} {label}" for label in STEPPED],
            [f"{name} real"] * 3,
        ]
    strip = html[html.index('<nav class="strip"') :]
    assert json.loads(re.search(r'data-steps="(\[.*?\])"', strip)[1]) == ["Inconclusive", "Likely fake", "Likely fake"]


def test_what_is_settled_offers_no_base_rate(portrait: str) -> None:
    jury = Jury(load_registry(blocked=()).detectors)
    *_, comparison = compare_stepwise(Path(portrait), jury)
    image = read_image(Path(portrait)).pixels
    live, settled = ("".join(Drawing(image, jury, settled=settled).draw(comparison)) for settled in (False, True))
    assert 'class="chance"' in live and 'class="rate"' in live
    assert (
        'class="chance"' in settled
        and "rate" not in settled.replace("generator traces", "")
        and "data-steps" not in settled
    )


def test_who_was_never_measured_is_badged_and_counted_apart(portrait: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detectors.jury.judge.is_measured", lambda spec: spec.key != "accuser")
    *_, comparison = compare_stepwise(Path(portrait), Jury(JURY))
    drawn = "".join(Drawing(read_image(Path(portrait)).pixels, Jury(JURY)).draw(comparison))
    assert 'Accuser <span class="badge" translate="yes">not measured</span>' in drawn and drawn.count("badge") == 1
    assert "0 of 1 say fake, 1 real, 1 not measured." in drawn
    report = render_report(comparison, JURY, None, made=datetime.now(UTC))
    assert "Accuser <small>not measured</small>" in report and "0 of 1 say fake, 1 real, 1 not measured" in report
