"""The Batch tab: many pictures or a zip of them, one line each; a click on a name opens its full comparison."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from detectors.inputs.archive import MAX_ZIP_BYTES
from detectors.jury.judge import Jury
from detectors.scan.batch import (
    Entry,
    Order,
    arrange,
    as_csv,
    as_json,
    judge_item,
    judge_items,
    list_items,
    say_time_left,
)
from ui.components.controls import list_detectors, offer_stop
from ui.components.files_input import FilesInput
from ui.components.markup import build_frame, build_html
from ui.render.cards import BROKEN, STOPPING, WAITING, Drawing, Pieces, render, say
from ui.render.download import Saved, save_on_click
from ui.render.pictures import draw_thumb
from ui.render.wording import BATCH_TITLES
from ui.server.endpoint import offer_endpoint, without_path
from ui.server.events import ALL_AT_ONCE, PRIVATE, QUICK
from ui.server.job_slot import Job, JobSlot

log = logging.getLogger(__name__)
IN_TURN: dict[str, Any] = {"concurrency_id": "batch", "concurrency_limit": 1}  # beside Compare, which need not wait
DRAW_SECONDS = 0.7  # between two drawings of a growing table
EMPTY = say(
    "The pictures appear here, one per line.",
    more=f"Choose files, or a zip of at most {MAX_ZIP_BYTES // 1_000_000} MB; up to 1,000 pictures at once.",
)
NO_CHOICE = "Choose files and at least one detector first."
OPENING = say("Judging this picture again, with heat maps…", kind="busy")
ALL = "all"
SHOWN = [("All", ALL), *((title, word) for word, title in BATCH_TITLES.items())]
ORDERS = [("As given", "given"), ("Most fake first", "fake"), ("Least fake first", "real"), ("By name", "name")]
TABLE = """<div class="jury"><table class="batch"><caption>The pictures of this batch</caption><thead><tr>
<th scope="col">Picture</th><th scope="col">File</th><th scope="col">Jury</th><th scope="col">Faces</th>
<th scope="col">Detectors</th></tr></thead><tbody>${value.join("")}</tbody></table></div>"""
OPEN = """element.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-entry]");
  if (chosen) trigger("click", { entry: Number(chosen.dataset.entry) });
});"""
SCROLL = """() => document.querySelector("#batch-detail").scrollIntoView({ block: "start" })"""
Shown = tuple[Any, ...]
"""What an event changes: the status, the table, the tools' row, the two buttons."""


@dataclass
class BatchRun:
    """One run: what is judged so far. began: of time.monotonic()."""

    jury: Jury
    total: int = 0
    began: float = field(default_factory=time.monotonic)
    entries: list[Entry] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


@dataclass
class Tray:
    """One visitor's: the slot, the last run, and how its table is shown."""

    slot: JobSlot = field(default_factory=JobSlot)
    pile: BatchRun | None = None
    words: tuple[str, ...] = ()
    name: str = ""
    order: Order = "given"

    def arrange(self) -> list[Entry]:
        """The entries as the visitor wants to see them."""
        return arrange(self.pile.entries, words=self.words, name=self.name, order=self.order) if self.pile else []


def build_batch(jury: Jury) -> None:
    """Build the tab into the page that is open, and connect it."""
    tray = gr.State(Tray())
    with gr.Row(elem_id="batch"):
        with gr.Column(scale=2, min_width=300):
            files = FilesInput(
                file_count="multiple", label="Pictures, or zips of them", height=200, elem_id="batch-files"
            )
            keys = list_detectors(jury, elem_id="batch-detectors")
            judge = gr.Button("Judge all", variant="primary", elem_id="batch-judge")
            stop = gr.Button("Stop", variant="secondary", visible=False, elem_id="batch-stop")
        with gr.Column(scale=5, min_width=320):
            status = build_frame(EMPTY, elem_id="batch-status")
            tools, table = _lay_out_table(tray)
    shown = [status, table, tools, judge, stop]
    started = judge.click(_start, [files, keys, tray], shown, **ALL_AT_ONCE, **PRIVATE)
    started.then(_judge_with(jury), [tray], shown, trigger_mode="multiple", **IN_TURN, **PRIVATE)
    stop.click(_stop, [tray], shown, **QUICK)
    _offer_api(files, keys, jury)


def _lay_out_table(tray: gr.State) -> tuple[gr.Column, gr.HTML]:
    """The tools above the table, and the table; connected to each other, and to the picture that a click opens."""
    with gr.Column(visible=False) as tools, gr.Row(elem_id="batch-tools"):
        words = gr.Dropdown(SHOWN, value=ALL, label="Show", min_width=140)
        name = gr.Textbox(label="Name contains", min_width=140)
        order = gr.Dropdown(ORDERS, value="given", label="Order", min_width=140)
        csv, json = gr.Button("Save CSV", min_width=110), gr.Button("Save JSON", min_width=110)
    table = build_html([], script=OPEN, html_template=TABLE, elem_id="batch-table", container=False)
    detail = build_frame([], elem_id="batch-detail")
    changes = [words.change, name.change, order.change]
    gr.on(changes, _arrange, [words, name, order, tray], [table], **QUICK)
    opened = table.click(_open, [tray], [detail], **IN_TURN, **PRIVATE)
    opened.then(None, None, None, js=SCROLL, **PRIVATE)
    save_on_click(csv, partial(_save, as_csv, "verdicts.csv", "text/csv"), [tray], **QUICK)
    save_on_click(json, partial(_save, as_json, "verdicts.json", "application/json"), [tray], **QUICK)
    return tools, table


def _start(paths: list[str], keys: list[str], tray: Tray) -> Shown:
    if not paths or not keys:
        tray.slot.clear(say(NO_CHOICE, kind="error"))
        return tray.slot.notice, gr.skip(), gr.skip(), *offer_stop(False)
    first, *more = map(Path, paths)
    tray.slot.put(Job(first, tuple(keys), more=tuple(more)), WAITING)
    tray.pile = None
    return WAITING, [], gr.Column(visible=False), *offer_stop(True)


def _stop(tray: Tray) -> Shown:
    tray.slot.clear(STOPPING)
    return (STOPPING if tray.pile is None else _say_progress(tray)), *(gr.skip(),) * 2, *offer_stop(False)


def _judge_with(jury: Jury) -> Callable[[Tray], Iterator[Shown]]:
    def judge(tray: Tray) -> Iterator[Shown]:
        """The table as it grows, for as long as it is wanted."""
        job = tray.slot.take()
        if job is None:  # an earlier run took it, or it was stopped before its turn
            yield _show(tray) if tray.pile else (EMPTY, [], gr.skip(), *offer_stop(tray.slot.busy))
            return
        tray.pile = pile = BatchRun(jury.choose(job.detectors))
        try:
            for _ in _judge_pile(pile, [job.path, *job.more], wanted=lambda: tray.slot.wants(job)):
                yield _show(tray)
        except Exception:  # whatever it was, the visitor reads a sentence and the log has the rest
            log.exception("a batch failed")
            tray.slot.put_away(job)
            yield BROKEN, *_show(tray)[1:]
            return
        tray.slot.put_away(job)
        yield _show(tray)

    return judge


def _judge_pile(pile: BatchRun, paths: list[Path], *, wanted: Callable[[], bool]) -> Iterator[None]:
    """Judge them all into the pile, with a pause for drawing now and then."""
    items = list_items(paths)
    pile.total, drawn = len(items), 0.0
    for entry, picture in judge_items(items, pile.jury, wanted=wanted):
        thumb = draw_thumb(picture.pixels) if picture else None
        pile.entries.append(entry)
        pile.lines.append(render("line", entry=entry, thumb=thumb, word=BATCH_TITLES[entry.word]))
        if time.monotonic() - drawn > DRAW_SECONDS:
            yield
            drawn = time.monotonic()


def _show(tray: Tray) -> Shown:
    has_lines = tray.pile is not None and bool(tray.pile.entries)
    return _say_progress(tray), _draw_lines(tray), gr.Column(visible=has_lines), *offer_stop(tray.slot.busy)


def _say_progress(tray: Tray) -> Pieces:
    pile = tray.pile
    if pile is None:
        return list(tray.slot.notice)
    done = len(pile.entries)
    counts = {title: sum(entry.word == word for entry in pile.entries) for word, title in BATCH_TITLES.items()}
    left = say_time_left(done, pile.total, since=pile.began) if tray.slot.busy else ""
    return [render("progress", done=done, total=pile.total, left=left, busy=tray.slot.busy, counts=counts)]


def _draw_lines(tray: Tray) -> Pieces:
    return [tray.pile.lines[entry.number] for entry in tray.arrange()] if tray.pile else []


def _arrange(word: str, name: str, order: Order, tray: Tray) -> Pieces:
    tray.words, tray.name, tray.order = () if word == ALL else (word,), name, order
    return _draw_lines(tray)


def _open(tray: Tray, event: gr.EventData) -> Iterator[Pieces]:
    """The full comparison of a line: judged again, since two hundred pictures' heat maps are not kept."""
    number = event._data.get("entry") if isinstance(event._data, dict) else None
    if tray.pile is None or not isinstance(number, int) or not 0 <= number < len(tray.pile.entries):
        return
    yield OPENING
    comparison, picture = judge_item(tray.pile.entries[number].item, tray.pile.jury)
    if picture is None:
        yield say(str(comparison.error), more=comparison.path, kind="error")
    else:
        yield Drawing(picture.pixels, tray.pile.jury, anchor="batch-face").draw(comparison)


def _save(write: Callable[[list[Entry]], str], name: str, kind: str, tray: Tray) -> Saved:
    """What is shown, in its order."""
    return name, kind, write(tray.arrange())


def _offer_api(files: FilesInput, keys: gr.CheckboxGroup, jury: Jury) -> None:
    """The endpoint /batch: the same, as JSON, for gradio_client and curl."""

    def judge_batch(files: list[str], detectors: list[str]) -> list[dict[str, Any]]:
        """Judge every face in many pictures or zips of them: a list with one entry a picture, as /compare answers.

        "name" is the file's. A file that cannot be judged is an entry whose "error" says why; the others are judged.
        """
        if not files or not detectors:
            raise gr.Error(NO_CHOICE, print_exception=False)
        judged = judge_items(list_items(map(Path, files)), jury.choose(detectors))
        return [without_path(entry.comparison) | {"name": entry.item.name} for entry, _ in judged]

    offer_endpoint(judge_batch, [files, keys], name="batch", label="comparisons", **IN_TURN)
