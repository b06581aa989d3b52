"""The Detectors tab: who each one is and how it was measured, and what kept others out; also as JSON."""

from collections.abc import Sequence

import gradio as gr

from detectors.about import About, describe
from detectors.compare import hide_paths
from registry import DetectorSpec, Problem
from ui.cards import render


def build_detectors(specs: Sequence[DetectorSpec], problems: Sequence[Problem]) -> None:
    """Build the tab into the page that is open, and the endpoint /detectors beside it."""
    abouts = [describe(spec) for spec in specs]
    left_out = [(problem.plugin, hide_paths(problem.reason)) for problem in problems]
    gr.HTML(render("detectors", abouts=abouts, left_out=left_out), js_on_load=None, apply_default_css=False)

    def list_detectors() -> list[About]:
        """The detectors of this page: owner, version, licence, thresholds, training data, and figures with intervals.

        Each figure has its 95 % interval, by set of faces. The keys are those that /compare takes.
        """
        return abouts

    gr.api(list_detectors, api_name="detectors", concurrency_limit=None)
