"""The Guide tab: how to read a verdict, how detectors fail, what not to use them for. Its figures are read."""

from detectors.jury.about import describe
from detectors.jury.failures import find_failures
from detectors.jury.judge import Jury
from registry.contract import MIN_FACE_PIXELS
from ui.components.markup import build_html
from ui.render.cards import render


def build_guide(jury: Jury) -> None:
    """Build the tab into the page that is open."""
    build_html(draw_guide(jury), elem_id="guide")


def draw_guide(jury: Jury) -> str:
    """The tab's HTML, with what these detectors' own evaluations found."""
    failures = [found for spec in jury.specs if (found := find_failures(spec))]
    untested = dict.fromkeys(line for spec in jury.specs for line in describe(spec)["not_tested_on"])
    return render("guide", failures=failures, untested=list(untested), smallest=MIN_FACE_PIXELS)
