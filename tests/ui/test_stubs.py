"""Gradio is imported without looking through its own source."""

import sys

import gradio.component_meta
import pytest

from ui import stubs


def test_gradio_leaves_its_stubs_as_they_are() -> None:
    assert gradio.component_meta.create_or_modify_pyi is stubs.leave_stub


def test_what_is_imported_already_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    before = list(sys.meta_path)
    stubs.leave_stubs()
    assert sys.meta_path == before
