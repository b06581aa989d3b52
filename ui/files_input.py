"""The field for many files: as careful as the photo field, and as blind to what they are until each is opened."""

from pathlib import Path

import gradio as gr
from gradio.data_classes import FileData, ListFiles

from ui.photo_input import Quietly, check_upload, refuse


class FilesInput(gr.File, metaclass=Quietly):  # type: ignore[misc]
    """gr.File for untrusted files. Raises gr.Error for anything that was not uploaded."""

    is_template = True  # the browser shows it as the file component it is

    def preprocess(self, payload: ListFiles | FileData | None) -> list[str]:
        """The paths of the uploaded files, in their order."""
        files = [payload] if isinstance(payload, FileData) else payload or []
        return [check_upload(file) for file in files]

    async def async_move_resource_to_block_cache(self, url_or_file_path: str | Path | None) -> str | None:
        """As Gradio does, but never from an address on the network."""
        if "://" in str(url_or_file_path):
            raise refuse()
        path: str | None = await super().async_move_resource_to_block_cache(url_or_file_path)
        return path
