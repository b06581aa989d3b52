"""What the owner of an entry adds to it, a note and tags, and the link by which others may see it."""

from dataclasses import dataclass
from typing import Any

import gradio as gr
from sqlalchemy import Engine

from storage import shares
from storage.history import MAX_NOTE_CHARACTERS, PHOTO, HistoryEntry
from storage.shares import Share
from ui.components.markup import build_html, read_script
from ui.render.cards import render
from ui.render.wording import say_time
from ui.server.database import ASKING, in_plain_words, user_of
from ui.server.limits.visits import still_open

DAYS = [("1 day" if days == 1 else f"{days} days", days) for days in shares.DAYS]
SHOW_PICTURE, SHOW_SMALLS = "Show the picture too", "Show the small pictures that were kept too"


@dataclass(frozen=True)
class CaseFile:
    """The components. `whole` is shown when there is an entry. What `save` does is the caller's."""

    whole: gr.Row
    note: gr.Textbox
    tags: gr.Textbox
    save: gr.Button
    said: gr.HTML
    days: gr.Radio
    with_picture: gr.Checkbox
    end: gr.Button

    @property
    def link(self) -> list[Any]:
        """What `_say_link` gives values for."""
        return [self.said, self.end]

    @property
    def components(self) -> list[Any]:
        """What `offer_case` gives values for."""
        return [self.whole, self.note, self.tags, *self.link, self.with_picture]


def build_case(engine: Engine, entry: gr.State) -> CaseFile:
    """Build it into the page that is open. entry: the comparison's number."""
    with gr.Row(elem_id="case-file") as whole:
        with gr.Column(min_width=280):
            build_html("<h3>Note and tags</h3>")
            note = gr.Textbox(label="Note, which only you see", lines=4, max_length=MAX_NOTE_CHARACTERS)
            tags = gr.Textbox(label="Tags, separated by commas", placeholder="court, press", max_lines=1)
            save = gr.Button("Save note and tags", size="sm", variant="secondary", elem_classes="lesser")
        with gr.Column(min_width=280):
            build_html("<h3>Share a read-only link</h3>")
            said = build_html("", script=read_script("share.js"))
            days = gr.Radio(DAYS, value=DAYS[1][1], label="How long it works")
            with_picture = gr.Checkbox(label=SHOW_PICTURE, container=False)
            with gr.Row():
                make = gr.Button("Make a link", size="sm", variant="secondary", elem_classes="lesser")
                end = gr.Button("End the link", size="sm", variant="stop", visible=False, elem_classes="lesser")
    case = CaseFile(whole, note, tags, save, said, days, with_picture, end)
    make.click(_share_in(engine), [entry, days, with_picture], case.link, **ASKING)
    end.click(_end_in(engine), [entry], case.link, **ASKING)
    return case


def offer_case(engine: Engine, user: str, entry: HistoryEntry | None) -> tuple[Any, ...]:
    """What stands in it for an entry."""
    if entry is None:
        return gr.Row(visible=False), "", "", *_say_link(None), gr.Checkbox(value=False, visible=False)
    with in_plain_words():
        share = shares.find_share(engine, user, entry_id=entry.id)
    label = SHOW_PICTURE if entry.kind == PHOTO else SHOW_SMALLS
    picture = gr.Checkbox(value=False, label=label, visible=entry.has_picture)
    return gr.Row(visible=True), entry.note, ", ".join(entry.tags), *_say_link(share), picture


def _share_in(engine: Engine) -> Any:
    def share(number: int | None, days: int, with_picture: bool, request: gr.Request) -> Any:
        """A new link, shown this once."""
        user, number = user_of(request), still_open(number)
        with in_plain_words():
            secret = shares.share_entry(engine, user, entry_id=number, days=days, with_picture=with_picture)
            return _say_link(shares.find_share(engine, user, entry_id=number), secret)

    return share


def _end_in(engine: Engine) -> Any:
    def end(number: int | None, request: gr.Request) -> Any:
        """The link shows nothing from now on."""
        number = still_open(number)
        with in_plain_words():
            shares.end_share(engine, user_of(request), entry_id=number)
        return _say_link(None)

    return end


def _say_link(share: Share | None, secret: str | None = None) -> tuple[Any, Any]:
    """What there is of a link; the link itself only as it is made."""
    said = render("share", share=share, secret=secret, say_time=say_time)
    return said, gr.Button(visible=share is not None)
