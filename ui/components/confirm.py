"""A button that asks again before anything is lost."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui.components.markup import build_html
from ui.render.cards import render
from ui.server.events import QUICK


@dataclass(frozen=True)
class Confirmed:
    """The first button, and the question that takes its place with the button that means it."""

    ask: gr.Button
    question: gr.Group
    yes: gr.Button

    @property
    def components(self) -> list[Any]:
        """What `reset` gives values for."""
        return [self.ask, self.question]


def build_confirmed(label: str, *, question: str, yes: str) -> Confirmed:
    """Build it into the page that is open. What `yes` does is the caller's; it should give back `reset()` as well."""
    ask = gr.Button(label, size="sm", variant="secondary", elem_classes=["lesser", "asks"])  # see focus.js
    with gr.Group(visible=False, elem_classes="question") as group:
        build_html(render("question", question=question))
        with gr.Row():
            sure = gr.Button(yes, size="sm", variant="stop")
            no = gr.Button("No, keep", size="sm", variant="secondary")
    both = [ask, group]
    ask.click(lambda: (gr.Button(visible=False), gr.Group(visible=True)), None, both, **QUICK)
    no.click(reset, None, both, **QUICK)
    return Confirmed(ask, group, sure)


def reset() -> tuple[Any, Any]:
    """The first button again."""
    return gr.Button(visible=True), gr.Group(visible=False)
