"""What the tabs that judge have in common: whom to ask, and a button that starts or, in its place, one that stops."""

from typing import Any

import gradio as gr

from detectors.jury.judge import Jury

NO_PICTURE = "Choose a picture first."
NO_DETECTOR = "Choose at least one detector."
START = "0:00"  # of what is heard or watched from its beginning
NO_TIME = "Enter the start as 90, 1:30 or 1:02:30."


def list_detectors(jury: Jury, *, elem_id: str) -> gr.CheckboxGroup:
    """The jurors to choose from, by key; all are chosen."""
    choices = [(spec.title, spec.key) for spec in jury.specs]
    return gr.CheckboxGroup(
        choices, value=[key for _, key in choices], label="Detectors", elem_id=elem_id, elem_classes="as-given"
    )


def build_choice(choices: list[tuple[str, str]], label: str, **options: Any) -> gr.Dropdown:
    """A list of texts of ours to choose one from. options: of gr.Dropdown.

    Nothing can be typed: the framework would look for it in the English texts, where a translation is seen.
    """
    return gr.Dropdown(choices, label=label, filterable=False, num_choices_shown=None, **options)


def offer_stop(running: bool) -> tuple[Any, Any]:
    """The two buttons: the one that starts, or in its place the one that stops."""
    return gr.Button(visible=not running), gr.Button(visible=running)
