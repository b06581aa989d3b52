"""Cancelling, mended: Gradio's /cancel fails when the run it stops has just ended by itself.

Its `cancel_event` (gradio/routes.py, 6.31) waits for the run's iterator to close and then deletes it, though the queue
may have deleted it in between; the KeyError becomes a 500, and the page's next listeners are never called.
"""

from typing import Any

import gradio as gr


class _Forgiving(dict[str, Any]):
    """A dictionary from which a key may be deleted twice."""

    def __delitem__(self, key: str) -> None:
        self.pop(key, None)


def mend_cancelling(page: gr.Blocks) -> None:
    """Let a launched page cancel runs that end at the same moment."""
    page.app.iterators = _Forgiving(page.app.iterators)
