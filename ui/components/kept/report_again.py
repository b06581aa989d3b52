"""The report on an entry of the history, made anew from what is stored."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
from sqlalchemy import Engine

from detectors.jury.judge import Jury
from storage.history import PHOTO, HistoryEntry, NoSuchEntry, open_entry, read_picture
from ui.render.download import NO_FILE, Saved, save_on_click
from ui.render.kept.report import report_entry
from ui.server.database import ASKING, in_plain_words, user_of

PICTURE, SMALLS = "Include the picture", "Include the small pictures"


@dataclass(frozen=True)
class ReportAgain:
    """The components."""

    save: gr.Button
    pictured: gr.Checkbox

    @property
    def components(self) -> list[Any]:
        """What `offer_report` gives values for."""
        return [self.save, self.pictured]


def build_report_again(engine: Engine, jury: Jury, entry: gr.State) -> ReportAgain:
    """Build it into the page that is open. entry: the number of the one that is open."""
    save = gr.Button("Save the report", size="sm", variant="secondary", elem_classes="lesser", elem_id="report-again")
    pictured = gr.Checkbox(value=True, label=PICTURE, container=False, min_width=200, elem_classes="keep-small")
    save_on_click(save, _make_in(engine, jury), [entry, pictured], **ASKING)
    return ReportAgain(save, pictured)


def offer_report(entry: HistoryEntry | None) -> tuple[Any, Any]:
    """Values for ReportAgain.components."""
    label = PICTURE if entry is None or entry.kind == PHOTO else SMALLS
    has_picture = entry is not None and entry.has_picture
    return gr.Button(visible=entry is not None), gr.Checkbox(value=True, label=label, visible=has_picture)


def _make_in(engine: Engine, jury: Jury) -> Callable[..., Saved]:
    def make(number: int | None, pictured: bool, request: gr.Request) -> Saved:
        """The file, or none where the server has forgotten the page."""
        if number is None:
            return NO_FILE
        user = user_of(request)
        with in_plain_words():
            entry = open_entry(engine, user, entry_id=number)
            if entry is None:
                raise NoSuchEntry
            picture = read_picture(engine, user, entry_id=entry.id) if pictured else None
        return f"facejury-{entry.report_id}.html", "text/html", report_entry(entry, picture, jury.specs)

    return make
