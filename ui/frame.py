"""A place for pieces of HTML: what changes travels to the browser, what stays does not."""

from typing import Any

import gradio as gr

from ui.cards import Pieces

TEMPLATE = '<div class="jury">${value.join("")}</div>'


def build_frame(pieces: Pieces, **options: Any) -> gr.HTML:
    """Build it into the page that is open, with these pieces in it. options: of gr.HTML."""
    return gr.HTML(pieces, html_template=TEMPLATE, js_on_load=None, apply_default_css=False, **options)
