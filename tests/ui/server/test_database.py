"""Who is asking, and nobody."""

from types import SimpleNamespace

import gradio as gr
import pytest

from ui.server.database import user_of


def test_a_request_of_nobody_is_refused_in_a_sentence() -> None:
    assert user_of(SimpleNamespace(username="Anna")) == "Anna"
    with pytest.raises(gr.Error, match=r"Please sign in first\."):
        user_of(SimpleNamespace(username=None))
