"""Our own HTML on the page: a text, or a frame for pieces, of which only what changes travels to the browser."""

from pathlib import Path
from typing import Any

import gradio as gr

from ui.render.cards import Pieces

TEMPLATE = '<div class="jury"><div class="pieces">${value.join("")}</div></div>'


def build_html(html: str | Pieces, *, script: str | None = None, **options: Any) -> gr.HTML:
    """Build it into the page that is open. script: for the browser, run once it is there; options: of gr.HTML."""
    return gr.HTML(html, js_on_load=script, apply_default_css=False, **options)


def build_frame(pieces: Pieces, *, script: str | None = None, **options: Any) -> gr.HTML:
    """A frame with these pieces in it; the rest as above."""
    return build_html(pieces, script=script, html_template=TEMPLATE, **options)


def build_verdicts(pieces: Pieces, *, more: str = "", **options: Any) -> gr.HTML:
    """A frame for what ui.render.cards draws, in which one face is chosen at a time.

    more: script beside that; options: of gr.HTML.
    """
    return build_frame(pieces, script=read_script("remember.js", "verdicts.js") + more, **options)


def read_script(*names: str) -> str:
    """What these files of this folder make a component do, one after the other."""
    return "".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in names)
