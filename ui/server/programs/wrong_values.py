"""What a program reads whose values the page cannot read, where Gradio itself tells of an error without a word."""

from typing import Any

import gradio as gr
from gradio.blocks import BlockFunction

from auth.requests import API, UPLOAD

WRONG_FORM = (
    f"A value of this call is missing, or not of the form that {API}info tells. A file is sent to {UPLOAD} first, and "
    'named as {"path": PATH, "meta": {"_type": "gradio.FileData"}}, with the path that it answers.'
)


class TellingBlocks(gr.Blocks):  # type: ignore[misc] # untyped
    """Blocks that say to a caller that its values cannot be read, and how they are to be."""

    async def preprocess_data(self, block_fn: BlockFunction, *arguments: Any, **options: Any) -> list[Any]:
        """Gradio's own; null for a text, such as a variable that is not set, is the empty one. Raises gr.Error."""
        try:
            read = await super().preprocess_data(block_fn, *arguments, **options)
        except gr.Error as error:
            error.print_exception = False  # the log is of what went wrong here
            raise
        except (TypeError, ValueError, AttributeError, LookupError) as error:
            raise gr.Error(WRONG_FORM, print_exception=False) from error
        return [
            "" if value is None and isinstance(field, gr.Textbox) else value
            for field, value in zip(block_fn.inputs, read, strict=True)
        ]
