"""A button that saves a file made on the click. The browser makes the file, so that none lies on this disk."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import gradio as gr

from ui.server.events import PRIVATE

SAVE = """([name, kind, text]) => {
  if (!text) return;
  const [type, coded] = kind.split(";");
  const content = coded ? Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)) : text;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}"""
Saved = tuple[str, str, str]
"""The file's name, its media type, its text; an empty text saves nothing. ";base64" after the type: it is bytes."""
NO_FILE: Saved = ("", "", "")


def save_on_click(button: gr.Button, make: Callable[..., Saved], given: Sequence[Any], **options: Any) -> None:
    """Connect the button: what `make` returns for these inputs is saved as a file."""

    @wraps(make)  # Gradio gives the request to whoever is seen to ask for it
    def make_list(*values: Any) -> list[str]:
        return list(make(*values))

    made = gr.JSON(visible="hidden", elem_classes="saved-file")  # by the class too: a column that opens shows it
    clicked = button.click(make_list, list(given), [made], **options)
    clicked.success(None, [made], None, js=SAVE, **PRIVATE)
