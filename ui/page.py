"""The whole page: its title, its tabs, and what a visitor must know before believing a verdict."""

import os
from collections.abc import Sequence

import gradio as gr

from auth.recorder import Recorder
from detectors.compare import Jury
from detectors.game import Deck
from registry import Problem
from ui.batch import build_batch
from ui.cards import render
from ui.compare import build_compare
from ui.detectors import build_detectors
from ui.forge import build_forge
from ui.game import build_game
from ui.guide import build_guide
from ui.history import build_history
            if recorder is not None:
                with gr.Tab("History", id="history") as history:
                    build_history(recorder.engine, page, tabs, history)
            with gr.Tab("Detectors", id="detectors") as detectors:
                build_detectors(jury, problems, tab=detectors)
            with gr.Tab("Guide", id="guide"):
                build_guide(jury)
        gr.HTML(render("foot"), js_on_load=None, apply_default_css=False)
        # A visitor's first event makes their session, which takes half a second: not the one with their photo, then.
        page.load(lambda: None, api_visibility="private", show_progress="hidden", queue=False)
    page.queue(max_size=QUEUED)
    return page
