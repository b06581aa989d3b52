"""The report: one comparison as one HTML file that needs nothing else, to be printed or kept."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import gradio as gr

from detectors.inputs.images import ImageError, read_image
from detectors.jury.compare import judge_stepwise
from detectors.jury.judge import Jury
from detectors.jury.results import Comparison
from detectors.jury.wording import say_split
from detectors.provenance import read_provenance
from detectors.provenance.say import say_provenance
from registry import DetectorSpec, Image
from ui.render.band import label_face, list_p_fakes, say_highest, say_next, sum_up, warn, warn_face
from ui.render.cards import render
from ui.render.download import NO_FILE, Saved, save_on_click
from ui.render.kept.photo import read_kept, restore
from ui.render.pictures import draw_scene
from ui.render.reports.frame import Case, frame_report, identify
from ui.server.job_slot import JobSlot


def build_report(slot: gr.State, jury: Jury, **options: Any) -> None:
    """The button under the verdicts, and the choice beside it. slot: of the photo's; options: of its event."""
    with gr.Row(elem_id="report"):
        shown = gr.Checkbox(value=True, label="Include the picture", container=False, min_width=200)
        button = gr.Button("Save the report", variant="secondary", min_width=160, elem_id="save-report")
    save_on_click(button, _make_with(jury), [slot, shown], **options)


def _make_with(jury: Jury) -> Callable[[JobSlot, bool], Saved]:
    def make(slot: JobSlot, with_picture: bool) -> Saved:
        """The report on the verdicts that are shown, judged once more: nothing of them was kept."""
        job = slot.judged
        if job is None:
            return NO_FILE
        try:
            picture = read_image(job.path)
        except ImageError as error:
            raise gr.Error(str(error), print_exception=False) from error
        chosen = jury.choose(job.detectors)
        *_, judged = judge_stepwise(picture, chosen, path=job.path.name, stability=job.stability)
        if judged.error:
            raise gr.Error(judged.error, print_exception=False)
        comparison = replace(judged, provenance=read_provenance(job.path))
        image = picture.pixels if with_picture else None
        report = render_report(comparison, chosen.specs, image, made=datetime.now(UTC))
        return f"facejury-{comparison.sha256[:12]}.html", "text/html", report

    return make


def render_report(
    comparison: Comparison, specs: tuple[DetectorSpec, ...], image: Image | None, *, made: datetime
) -> str:
    """The file's text. image: uint8 RGB (h, w, 3), or None for a report that shows neither picture nor faces."""
    case = identify(comparison.sha256, specs, made=made)
    return render("report", **frame_report(case), **_values(comparison, image))


def render_stored(case: Case, stored: dict[str, Any], picture: bytes | None) -> str:
    """The same of a comparison from the history. picture: as it was kept."""
    image = read_kept(picture)
    return render("report", **frame_report(case), **_values(restore(stored, image), image))


def _values(comparison: Comparison, image: Image | None) -> dict[str, Any]:
    """What the report's template shows of a comparison."""
    comparison = comparison.in_reading_order()
    labels = [label_face(face, face.jury) for face in comparison.faces]
    return {
        "comparison": comparison,
        "name": comparison.path,
        "headline": sum_up(labels) if any(labels) else None,
        "highest": say_highest(list_p_fakes(comparison.faces, [face.jury for face in comparison.faces])),
        "advice": say_next(sum_up(labels).label) if any(labels) else "",
        "warnings": warn(comparison),
        "faces": [
            {"face": face, "split": say_split(face.verdicts), "careful": warn_face(face)} for face in comparison.faces
        ],
        "scene": None if image is None else draw_scene(image),
        "lines": say_provenance(comparison.provenance) if comparison.provenance else [],
    }
