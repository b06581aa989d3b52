"""The photo field: hands over the path of the uploaded file, its bytes untouched, and nothing else on this disk.

Gradio's own field opens any path a client names and decodes `data:` URLs of any size; see also ui.components.offline.
"""

from abc import ABCMeta
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import FileData, ImageData
from gradio.utils import get_upload_folder

REFUSED = "Upload the picture through this page."
PLACEHOLDER = "# Drop a photo here\nor click to choose one"


class Quietly(type(gr.Image)):  # type: ignore[misc]
    """Gradio's metaclass writes a .pyi beside every new component; a start must not write into the checkout."""

    def __new__(cls, *definition: Any) -> Any:
        """The class, without a file beside it."""
        return ABCMeta.__new__(cls, *definition)


class PhotoInput(gr.Image, metaclass=Quietly):  # type: ignore[misc]
    """gr.Image for untrusted files. Raises gr.Error for anything that was not uploaded."""

    is_template = True  # the browser shows it as the image component it is

    def preprocess(self, payload: ImageData | None) -> str | None:
        """The path of an uploaded file, not decoded; None when there is none."""
        return None if payload is None else check_upload(payload)

    def example_payload(self) -> dict[str, Any]:
        """What the API panel shows as this argument; Gradio's own example has no face in it."""
        return name_example("photo.jpg")


def name_example(name: str) -> dict[str, Any]:
    """A file as a call names it, standing for one of the caller's own."""
    return {"path": name, "url": name, "meta": {"_type": "gradio.FileData"}}  # the panel writes handle_file(url)


def build_photo(**options: Any) -> PhotoInput:
    """The field as the tabs have it. options: of gr.Image."""
    return PhotoInput(show_label=False, placeholder=PLACEHOLDER, buttons=[], **options)


def check_upload(payload: FileData | ImageData) -> str:
    """The path of what was uploaded here. Raises gr.Error for anything else."""
    if payload.path is None or (payload.url or "").startswith("data:"):
        raise refuse()
    path = Path(payload.path).resolve()
    if Path(get_upload_folder()).resolve() not in path.parents:
        raise refuse()
    return str(path)


def refuse() -> gr.Error:
    """The one answer to everything that was not uploaded."""
    return gr.Error(REFUSED, print_exception=False)
