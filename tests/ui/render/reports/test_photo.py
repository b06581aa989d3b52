"""The report as a file."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import gradio as gr
import pytest

from detectors.faces.face import TURNED
from detectors.inputs.images import read_image
from detectors.jury.about import find_model_hash
from detectors.jury.compare import compare
from detectors.jury.judge import RESTARTING, Jury
from detectors.jury.wording import ENLARGED
from detectors.provenance import Credentials, Provenance, Trace
from registry import DetectorSpec, load_registry
from tests.ui.jurors import JURY, spec
from ui.render.download import NO_FILE
from ui.render.reports.photo import _make_with, render_report
from ui.server.job_slot import Job, JobSlot

MARKUP = "<script>alert(1)</script>"
MADE = datetime(2026, 11, 21, 9, 5, tzinfo=UTC)


def make(
    portrait: str,
    specs: tuple[DetectorSpec, ...],
    *,
    shown: bool = True,
    name: str = "a.png",
    found: Provenance | None = None,
) -> str:
    comparison = replace(compare(Path(portrait), Jury(specs), path=name), provenance=found)
    return render_report(comparison, specs, read_image(Path(portrait)).pixels if shown else None, made=MADE)


def test_it_tells_all_of_a_comparison_and_needs_no_other_file(portrait: str) -> None:
    specs = load_registry().choose(["efficientnet", "custom-cnn"])
    html = make(portrait, specs, found=Provenance(camera="Canon EOS R5"))
    comparison = compare(Path(portrait), Jury(specs))
    for verdict in comparison.faces[0].verdicts:
        assert f"{verdict.p_fake:.3f}" in html and f"{verdict.fake_from:.3f}" in html
    for said in (comparison.sha256, "21 Nov 2026, 09:05 UTC", "Canon EOS R5", "cannot prove", "not tested on"):
        assert said in html
    assert all(find_model_hash(chosen) in html for chosen in specs) and "no network file" not in html
    assert html.count("data:image/webp") == 1 + 1 + 2 * 2  # the picture, the face, two heat maps over it
    assert "http://" not in html and "https://" not in html


def test_it_names_its_language_to_screen_readers_and_translators(portrait: str) -> None:
    assert '<html lang="en">' in make(portrait, load_registry().choose(["custom-cnn"]))


def test_without_the_picture_no_face_is_in_it(portrait: str) -> None:
    html = make(portrait, JURY, shown=False)
    assert html.count("data:image/webp") == 1  # the heat map, over nothing
    assert "left out on request" in html
    assert "SHA-256" in html


def test_stability_that_was_asked_for_stands_in_it(portrait: str) -> None:
    judged = compare(Path(portrait), Jury(JURY), stability=True)
    html = render_report(judged, JURY, None, made=MADE)
    assert html.count("when saved again, smaller or shifted") == len(judged.faces[0].stability.verdicts)


def test_of_a_face_that_cannot_be_judged_it_says_why_and_no_number(portrait: str) -> None:
    judged = compare(Path(portrait), Jury(JURY), stability=True)
    (face,) = judged.faces
    html = render_report(replace(judged, faces=(replace(face, doubt=TURNED),)), JURY, None, made=MADE)
    assert TURNED in html and "when saved again" not in html
    assert not any(f"{verdict.p_fake:.3f}" in html for verdict in face.verdicts)


def test_of_several_faces_it_says_of_each_why_to_be_careful(portrait: str) -> None:
    judged = compare(Path(portrait), Jury(JURY))
    (face,) = judged.faces
    faces = (face, replace(face, enlarged=True), replace(face, doubt=TURNED, enlarged=True))
    html = render_report(replace(judged, faces=faces), JURY, None, made=MADE)
    assert html.count(ENLARGED) == 1
    assert render_report(replace(judged, faces=faces[1:2]), JURY, None, made=MADE).count(ENLARGED) == 1


def test_all_texts_from_outside_are_escaped(portrait: str) -> None:
    def explode(image: object) -> float:
        raise RuntimeError(MARKUP)

    found = Provenance(
        credentials=Credentials(signer=MARKUP, signature_holds=True, content_holds=True),
        camera=MARKUP,
        software=MARKUP,
        traces=(Trace(MARKUP, MARKUP, MARKUP),),
    )
    html = make(portrait, (*JURY, spec("exploder", explode, title=MARKUP)), name=MARKUP, found=found)
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 8


def judged(path: Path, *keys: str, stability: bool = False) -> JobSlot:
    """The slot of a visitor whose photo was judged."""
    slot = JobSlot()
    slot.put(Job(path, keys, stability), ())
    job = slot.take()
    assert job is not None and slot.put_away(job)
    return slot


def test_it_is_on_the_judging_that_is_shown_whatever_is_ticked_now(portrait: str) -> None:
    _, _, report = _make_with(Jury(JURY))(judged(Path(portrait), "accuser", stability=True), True)
    assert "Accuser" in report and "Defender" not in report
    assert report.count("when saved again, smaller or shifted") == 1
    slot = judged(Path(portrait), "accuser")
    slot.clear(())
    assert _make_with(Jury(JURY))(slot, True) == NO_FILE


def test_what_no_report_can_be_made_of_is_refused_in_a_sentence(portrait: str, tmp_path: Path) -> None:
    jury = Jury(JURY)
    (tmp_path / "notes.jpg").write_text("just text, " * 20)
    make_report = _make_with(jury)
    with pytest.raises(gr.Error, match="not a picture we can read"):
        make_report(judged(tmp_path / "notes.jpg", "accuser"), True)
    jury.stop()
    with pytest.raises(gr.Error, match=RESTARTING):
        make_report(judged(Path(portrait), "accuser"), True)
