"""An opened entry of the history in the frame it had on Check: a photo's faces, a batch's table, a video's people
or a sound's scores."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from detectors.jury.judge import Jury
from detectors.scan.batch import Entry
from registry import DetectorSpec
from storage.history import BATCH, SOUND, VIDEO, HistoryEntry
from ui.components.batch_table import UNFILTERED, BatchRun, BatchTable, BatchView, draw_lines, lay_out_table
from ui.components.film import FilmView, draw_view, lay_out_film
from ui.components.markup import build_verdicts, read_script
from ui.render.cards import Pieces, render
from ui.render.kept.batch import draw_line, restore_batch, unpack_thumbs
from ui.render.kept.photo import draw_stored
from ui.render.kept.sound import draw_stored_sound
from ui.render.kept.video import restore_film, seat_video
from ui.render.wording import say_time


@dataclass(frozen=True)
class EntryViews:
    """The components, of which the head and one of the three frames are shown."""

    photo: gr.HTML
    film: gr.Column
    film_view: gr.State
    film_parts: list[Any]
    batch: gr.Column
    batch_view: gr.State
    table: BatchTable

    @property
    def components(self) -> list[Any]:
        """What `draw_entry` gives values for."""
        film = [self.film, self.film_view, *self.film_parts]
        table = [self.table.tools, *self.table.filters, self.table.table]
        return [self.photo, *film, self.batch, self.batch_view, *table, self.table.neighbours, self.table.detail]


def build_entry_views(known: tuple[DetectorSpec, ...]) -> EntryViews:
    """Build them into the page that is open. known: the detectors of today."""
    film_view, batch_view = gr.State(FilmView()), gr.State(BatchView())
    photo = build_verdicts([], more=read_script("local_time.js"))
    with gr.Column(visible=False) as film:
        film_parts = lay_out_film(film_view, prefix="kept-video")
    with gr.Column(visible=False) as batch:
        table = lay_out_table(batch_view, partial(_open_line, known), prefix="kept-batch")
    return EntryViews(photo, film, film_view, film_parts, batch, batch_view, table)


def draw_entry(entry: HistoryEntry, picture: bytes | None, known: tuple[DetectorSpec, ...]) -> tuple[Any, ...]:
    """Values for EntryViews.components. picture: what was kept, or None; known: as above."""
    head = [render("entry", entry=entry, say_time=say_time)]
    if entry.kind == VIDEO:
        return head, *_draw_film(entry, picture, known), *_hide_batch()
    if entry.kind == BATCH:
        return head, *_hide_film(), *_draw_batch(entry, picture)
    if entry.kind == SOUND:
        return [*head, *draw_stored_sound(entry.comparison)], *_hide_film(), *_hide_batch()
    return [*head, *draw_stored(entry.comparison, picture, known=known)], *_hide_film(), *_hide_batch()


def draw_nothing(pieces: Pieces) -> tuple[Any, ...]:
    """The same with a sentence in place of an entry."""
    return pieces, *_hide_film(), *_hide_batch()


def _draw_film(entry: HistoryEntry, stills: bytes | None, known: tuple[DetectorSpec, ...]) -> tuple[Any, ...]:
    view = FilmView(jury=Jury(seat_video(entry.comparison, known)), film=restore_film(entry.comparison, stills))
    return gr.Column(visible=True), view, *draw_view(view, view.film)  # type: ignore[arg-type]  # set above


def _hide_film() -> tuple[Any, ...]:
    return gr.Column(visible=False), FilmView(), [], [], []


def _draw_batch(entry: HistoryEntry, thumbs: bytes | None) -> tuple[Any, ...]:
    entries, kept = restore_batch(entry.comparison), unpack_thumbs(thumbs)
    lines = [draw_line(one, kept.get(one.number)) for one in entries]
    view = BatchView(BatchRun(Jury(()), len(entries), entries=entries, lines=lines))
    return gr.Column(visible=True), view, gr.Column(visible=True), *UNFILTERED, draw_lines(view), [], []


def _hide_batch() -> tuple[Any, ...]:
    return gr.Column(visible=False), BatchView(), gr.Column(visible=False), *UNFILTERED, [], [], []


def _open_line(
    known: tuple[DetectorSpec, ...], _run: BatchRun, entry: Entry, _wanted: Callable[[], bool]
) -> Iterator[Pieces]:
    """A picture of the batch as it was judged, so that nobody waits; its own was not kept."""
    if entry.word == "error":
        yield [render("notice", sentence=entry.sentence, more=entry.item.name, kind="error")]
    else:
        yield draw_stored(entry.comparison, None, anchor="kept-face", known=known)
