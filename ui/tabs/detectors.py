"""The Detectors tab: who each one is and how it was measured, and what kept others out; also as JSON."""

from collections.abc import Sequence
from pathlib import Path

import gradio as gr

from detectors.jury.about import About, describe, describe_jury
from detectors.jury.judge import Jury
from detectors.jury.wording import hide_paths
from registry import Problem
from ui.components.markup import build_html
from ui.render.cards import render
from ui.render.overview import list_overview
from ui.server.events import ALL_AT_ONCE, QUICK

SORTING = Path(__file__).parents[1] / "components" / "sorting.js"


def build_detectors(jury: Jury, problems: Sequence[Problem], *, tab: gr.Tab) -> None:
    """Build the tab into the page that is open, and the endpoint /detectors beside it."""
    known = [describe(spec) for spec in jury.specs]
    together = describe_jury(known)
    left_out = [(problem.plugin, hide_paths(problem.reason)) for problem in problems]

    def list_detectors() -> list[About]:
        """The detectors of this page: owner, version, licence, thresholds, training data, and figures with intervals.

        Each figure has its 95 % interval, by set of faces. The keys are those that /compare takes.
        """
        return [about | {"fault": jury.faults.get(about["key"], "")} for about in known]

    def draw() -> str:
        abouts, overview = list_detectors(), list_overview(known, together)
        return render("detectors", abouts=abouts, overview=overview, together=together, left_out=left_out)

    listing = build_html(draw(), script=SORTING.read_text(encoding="utf-8"))
    tab.select(draw, None, listing, **QUICK)  # faults come later
    gr.api(list_detectors, api_name="detectors", **ALL_AT_ONCE)
