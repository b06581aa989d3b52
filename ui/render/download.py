"""A button that saves a file made on the click. The browser makes the file, so that none lies on this disk."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import gradio as gr

from ui.server.events import PRIVATE
from ui.server.limits.visits import page_gone

SAVE = """([name, kind, text]) => {
  const [type, coded] = kind.split(";");
  const content = coded ? Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)) : text;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  return null; // it is not kept on the page
}"""
Saved = tuple[str, str, str]
"""The file's name, its media type, its text. ";base64" after the type: it is bytes."""
NO_FILE: Saved = ("", "", "")


def save_on_click(button: gr.Button, make: Callable[..., Saved], given: Sequence[Any], **options: Any) -> None:
    """Connect the button: what `make` returns for these inputs is saved as a file.

    The button is only seen where there is something to save: where `make` has nothing, the server has forgotten it.
    """

    @wraps(make)  # Gradio gives the request to whoever is seen to ask for it
    def make_list(*values: Any) -> list[str]:
        saved = make(*values)
        if saved == NO_FILE:
            raise page_gone()
        return list(saved)

    made = gr.JSON(visible="hidden", elem_classes="saved-file")  # by the class too: a column that opens shows it
    clicked = button.click(make_list, list(given), [made], **options)
    clicked.success(None, [made], [made], js=SAVE, **PRIVATE)
