"""The pictures of a batch as a table, on Check and in the history: filtered, sorted, saved, and one opened in full."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from typing import Any

import gradio as gr

from detectors.jury.judge import Jury
from detectors.scan.batch import Entry, Order, arrange, as_csv, as_json
from ui.components.controls import build_choice
from ui.components.markup import build_frame, build_html, build_verdicts, read_script
from ui.render.cards import Pieces, render
from ui.render.download import NO_FILE, Saved, save_on_click
from ui.render.wording import BATCH_TITLES
from ui.server.events import ALL_AT_ONCE, PRIVATE
from ui.server.limits.visits import page_gone

ALL = "all"
UNFILTERED = ALL, "", "given"
SHOWN = [("All", ALL), *((title, word) for word, title in BATCH_TITLES.items())]
ORDERS = [("As given", "given"), ("Most fake first", "fake"), ("Least fake first", "real"), ("By name", "name")]
TABLE = """<div class="jury"><table class="batch"><caption>The pictures of this batch</caption><thead><tr>
<th scope="col">Picture</th><th scope="col">File</th><th scope="col">Jury</th><th scope="col">Faces</th>
<th scope="col">Detectors</th></tr></thead><tbody>${value.join("")}</tbody></table></div>"""
OPEN = """element.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-entry]");
  if (chosen) trigger("click", { entry: Number(chosen.dataset.entry) });
});"""
SCROLL = """() => {
  const id = "%s-detail";
  location.hash = id; // so that Back leads to the table, where it was
  document.getElementById(id).scrollIntoView({ block: "start" });
}"""


@dataclass
class BatchRun:
    """One run: what is judged so far. began: of time.monotonic(); thumbs: WebP, by the entries' numbers."""

    jury: Jury
    total: int = 0
    began: float = field(default_factory=time.monotonic)
    entries: list[Entry] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    thumbs: dict[int, bytes] = field(default_factory=dict)


OpenEntry = Callable[[BatchRun, Entry, Callable[[], bool]], Iterator[Pieces]]
"""Draws a picture in full, for as long as that is wanted."""
SaveReport = Callable[[bool, Any], Saved]


@dataclass
class BatchView:
    """What one visitor sees of a batch, and how its table is shown.

    opened: the line that is shown in full; opening: the click on a line that came last.
    """

    run: BatchRun | None = None
    words: tuple[str, ...] = ()
    name: str = ""
    order: Order = "given"
    opened: Entry | None = None
    opening: object = None

    def arrange(self) -> list[Entry]:
        """The entries as the visitor wants to see them."""
        return arrange(self.run.entries, words=self.words, name=self.name, order=self.order) if self.run else []


@dataclass(frozen=True)
class BatchTable:
    """The components. filters: which lines are shown, and in which order; see UNFILTERED.

    neighbours: the way from the opened line to others, which whoever changes the table draws again.
    """

    tools: gr.Column
    filters: tuple[gr.components.Component, ...]
    table: gr.HTML
    neighbours: gr.HTML
    detail: gr.HTML


def lay_out_table(
    view: gr.State, open_entry: OpenEntry, *, prefix: str, save_report: SaveReport | None = None
) -> BatchTable:
    """The tools above the table, and the table; connected to each other, and to the picture that a click opens.

    view: holds a BatchView; open_entry: waits in no queue where batches are judged, which may take an hour; prefix: of
    the ids; save_report: where the table has a button for it, makes the report, with thumbnails or without.
    """
    at_once = ALL_AT_ONCE | PRIVATE
    with gr.Column(visible=False) as tools:
        with gr.Row(elem_id=f"{prefix}-tools", elem_classes="batch-tools"):
            words = build_choice(SHOWN, "Show", value=ALL, min_width=140)
            name = gr.Textbox(label="Name contains", min_width=140)
            order = build_choice(ORDERS, "Order", value="given", min_width=140)
        with gr.Row(elem_classes=["batch-tools", "batch-saves"]):
            csv, json = gr.Button("Save CSV", min_width=110), gr.Button("Save JSON", min_width=110)
            if save_report:
                report = gr.Button("Save the report", min_width=140, elem_id=f"{prefix}-report")
                pictured = gr.Checkbox(value=True, label="Include the thumbnails", container=False, min_width=200)
                save_on_click(report, save_report, [pictured, view], **at_once)
    script = read_script("remember.js") + OPEN
    table = build_html([], script=script, html_template=TABLE, elem_id=f"{prefix}-table", container=False)
    with gr.Column(elem_id=f"{prefix}-detail", elem_classes="batch-detail"):
        neighbours, detail = build_frame([], script=OPEN), build_verdicts([])
    filters = words, name, order
    gr.on([one.change for one in filters], _arrange, [*filters, view], [table, neighbours], **at_once)
    open_line = _open_with(open_entry)
    table.click(None, None, None, js=SCROLL % prefix, **PRIVATE)  # to where it is said that one waits
    opened = table.click(open_line, [view], [neighbours, detail], trigger_mode="multiple", **at_once)
    opened.then(None, None, None, js=SCROLL % prefix, **PRIVATE)
    neighbours.click(open_line, [view], [neighbours, detail], trigger_mode="multiple", **at_once)
    save_on_click(csv, partial(_save, as_csv, "verdicts.csv", "text/csv"), [view], **at_once)
    save_on_click(json, partial(_save, as_json, "verdicts.json", "application/json"), [view], **at_once)
    return BatchTable(tools, filters, table, neighbours, detail)


def draw_lines(view: BatchView) -> Pieces:
    """The table's lines."""
    return [view.run.lines[entry.number] for entry in view.arrange()] if view.run else []


def find_neighbours(view: BatchView) -> Pieces:
    """The way to the lines above and below the opened one, as the table is now; nothing where it is filtered out."""
    shown, entry = view.arrange(), view.opened
    if entry is None or entry not in shown:
        return []
    place = shown.index(entry)
    before, after = shown[max(0, place - 1) : place], shown[place + 1 : place + 2]
    numbers = {"before": before[0].number if before else None, "after": after[0].number if after else None}
    return [render("neighbours", place=place + 1, total=len(shown), name=entry.item.name, **numbers)]


def _arrange(word: str, name: str, order: Order, view: BatchView) -> tuple[Pieces, Pieces]:
    if view.run is None and (word, name, order) != UNFILTERED:
        raise page_gone()
    view.words, view.name, view.order = () if word == ALL else (word,), name, order
    return draw_lines(view), find_neighbours(view)


def _open_with(open_entry: OpenEntry) -> Callable[..., Iterator[tuple[Any, Any]]]:
    def open_line(view: BatchView, event: gr.EventData) -> Iterator[tuple[Any, Any]]:
        """The full comparison of a line, until another one is opened or a new batch begins."""
        number = event._data.get("entry") if isinstance(event._data, dict) else None
        if view.run is None:
            raise page_gone()
        if not isinstance(number, int) or not 0 <= number < len(view.run.entries):
            return
        view.opened, view.opening = (entry := view.run.entries[number]), (mine := object())

        def wanted() -> bool:
            return view.opening is mine

        for shown in takewhile(lambda _: wanted(), open_entry(view.run, entry, wanted)):
            yield find_neighbours(view), shown
        if not wanted():
            yield gr.skip(), gr.skip()  # Gradio says the last thing once more when a run ends

    return open_line


def _save(write: Callable[[list[Entry]], str], name: str, kind: str, view: BatchView) -> Saved:
    """What is shown, in its order."""
    if view.run is None:
        return NO_FILE
    return name, kind, write(view.arrange())
