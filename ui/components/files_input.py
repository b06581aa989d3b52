"""The field for many files: as careful as the photo field, and as blind to what they are until each is opened.

Gradio's `file_types` go by the names: none of our fields has any.
"""

from typing import Any

import gradio as gr
from gradio.data_classes import FileData, ListFiles

from ui.components.photo_input import Quietly, check_upload, name_example


class FilesInput(gr.File, metaclass=Quietly):  # type: ignore[misc]
    """gr.File for untrusted files. Raises gr.Error for anything that was not uploaded."""

    is_template = True  # the browser shows it as the file component it is

    def preprocess(self, payload: ListFiles | FileData | None) -> list[str]:
        """The paths of the uploaded files, in their order."""
        files = [payload] if isinstance(payload, FileData) else payload or []
        return [check_upload(file) for file in files]

    def example_payload(self) -> Any:
        """What the API panel shows as this argument: pictures, or the one video."""
        return name_example("video.mp4") if self.file_count == "single" else [name_example("photo.jpg")]
