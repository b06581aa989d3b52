"""The Detectors tab: who each one is and how it was measured, two to four compared, and what kept others out; JSON."""

from collections.abc import Sequence

import gradio as gr

from detectors.jury.about import About, describe, describe_jury, find_model_hash
from detectors.jury.fusion import JURY_KEY, hash_jury
from detectors.jury.judge import Jury
from detectors.jury.wording import hide_paths
from registry import Problem
from ui.components.markup import build_html, read_script
from ui.render.cards import render
from ui.render.comparing import FEWEST, MOST, draw_compared
from ui.render.overview import list_overview
from ui.server.events import ALL_AT_ONCE, QUICK


def build_detectors(jury: Jury, problems: Sequence[Problem], *, tab: gr.Tab) -> None:
    """Build the tab into the page that is open, and the endpoint /detectors beside it."""
    known = [describe(spec) for spec in jury.specs]
    together = describe_jury(known)
    hashes = {spec.key: find_model_hash(spec) for spec in jury.specs} | {JURY_KEY: hash_jury()}
    comparable = ({JURY_KEY: together} if together else {}) | {about["key"]: about for about in known}
    left_out = [(problem.plugin, hide_paths(problem.reason)) for problem in problems]

    def list_detectors() -> list[About]:
        """The detectors of this page: owner, version, licence, thresholds, training data, and figures with intervals.

        Each figure has its 95 % interval, by set of faces. "expects" says which endpoints take a key: /compare
        and /batch those of "face" and "image", /audio those of "audio", /video all.
        """
        return [about | {"fault": jury.faults.get(about["key"], "")} for about in known]

    def draw() -> str:
        return render("detectors", abouts=list_detectors(), together=together, left_out=left_out)

    def compare(event: gr.EventData) -> str:
        """The ticked detectors beside one another, in the table's order; nothing for none."""
        asked = event._data.get("compare") if isinstance(event._data, dict) else None
        chosen = {key: about for key, about in comparable.items() if isinstance(asked, list) and key in asked}
        return draw_compared(chosen, hashes) if FEWEST <= len(chosen) <= MOST else ""

    table = render("overview", overview=list_overview(known, together), fewest=FEWEST, most=MOST)
    overview = build_html(table, script=read_script("listen.js", "sorting.js", "comparing.js"))
    compared = build_html("", script=read_script("listen.js", "compared.js"), elem_id="compared")
    listing = build_html(draw())
    tab.select(draw, None, listing, **QUICK)  # faults come later
    overview.click(compare, None, compared, **QUICK)
    compared.click(compare, None, compared, **QUICK)
    gr.api(list_detectors, api_name="detectors", **ALL_AT_ONCE)
