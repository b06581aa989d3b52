"""A documented endpoint beside the page: what a tab does, as JSON, for gradio_client and curl."""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from detectors.inputs.picture_kinds import send_elsewhere

ENDPOINTS = send_elsewhere(video="/video judges it.", sound="/audio judges it.")


def offer_endpoint(answer: Callable[..., Any], given: Sequence[Any], *, name: str, label: str, **options: Any) -> None:
    """Offer `answer` at /name. given: fields of the page, which check what a program sends as what a visitor does.

    label: of the answer, in Gradio's own list of endpoints; options: of the event.
    """
    trigger, shown = gr.Button(visible=False), gr.JSON(visible=False, label=label)
    trigger.click(answer, inputs=given, outputs=shown, api_name=name, **options)


def without_path(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with null for every "path" in it: gradio_client takes any object that has one for a file to fetch."""
    return {key: None if key == "path" and isinstance(part, str) else _clear(part) for key, part in answer.items()}


def _clear(part: Any) -> Any:
    if isinstance(part, dict):
        return without_path(part)
    return [_clear(one) for one in part] if isinstance(part, list) else part
