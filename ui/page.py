"""The whole page: its title, its tabs, and what a visitor must know before believing a verdict."""

from collections.abc import Sequence

import gradio as gr

from detectors.compare import Jury
from registry import Problem
from ui.cards import render
from ui.compare import build_compare
from ui.detectors import build_detectors

CACHE_SECONDS = (600, 3600)  # how often uploads are swept, and how old one may grow


def build_page(jury: Jury, problems: Sequence[Problem] = (), *, account: bool = False) -> gr.Blocks:
    """The page for a jury. problems: what kept plugins out; account: visitors are signed in."""
    with gr.Blocks(title="Facejury", analytics_enabled=False, delete_cache=CACHE_SECONDS, fill_width=True) as page:
        gr.HTML(render("head", account=account), js_on_load=None, apply_default_css=False)
        with gr.Tabs():
            with gr.Tab("Compare"):
                build_compare(jury)
            with gr.Tab("Detectors") as tab:
                build_detectors(jury, problems, tab=tab)
        gr.HTML(render("foot"), js_on_load=None, apply_default_css=False)
    page.queue(max_size=20)
    return page
