"""The batch view of Check: many pictures or a zip of them, one line each; a click on a name opens it in full."""

import time
from collections.abc import Callable, Iterable, Iterator
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
from ui.components.entrance import Receiver
from ui.components.files_input import FilesInput
from ui.components.judging import run_steps
from ui.components.markup import build_frame, build_html, build_verdicts, read_script
from ui.render.cards import STOPPING, WAITING, Drawing, Pieces, render, say
from ui.render.download import Saved, save_on_click
from ui.render.pictures import draw_thumb
from ui.render.remembered import as_remembered
from ui.render.wording import BATCH_TITLES
from ui.server.endpoint import offer_endpoint, without_path
from ui.server.events import ALL_AT_ONCE, PRIVATE, QUICK
from ui.server.job_slot import Job, JobSlot
from ui.server.programs.webhook import Entries, WebhookRefused, Webhooks
from ui.server.remote_picture import MAX_URL_CHARACTERS

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
class BatchSession:
    """One visitor's: the slot, the last run, and how its table is shown."""

    slot: JobSlot = field(default_factory=JobSlot)
    run: BatchRun | None = None
    words: tuple[str, ...] = ()
    name: str = ""
    order: Order = "given"

    def arrange(self) -> list[Entry]:
        """The entries as the visitor wants to see them."""
        return arrange(self.run.entries, words=self.words, name=self.name, order=self.order) if self.run else []


def build_batch(jury: Jury, webhooks: Webhooks | None = None) -> Receiver:
    """Build the view into the page that is open, and connect it."""
    session, dropped = gr.State(BatchSession()), gr.State(0.0)
    build_html(render("back"))
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
            tools, table = _lay_out_table(session)
    shown = [status, table, tools, judge, stop]
    started = gr.on([judge.click, dropped.change], _start, [files, keys, session], shown, **ALL_AT_ONCE, **PRIVATE)
    started.then(_judge_with(jury), [session], shown, trigger_mode="multiple", **IN_TURN, **PRIVATE)
    stop.click(_stop, [session], shown, **QUICK)
    _offer_api(files, keys, jury)
    if webhooks:
        _offer_webhook(files, keys, jury, webhooks)
    return Receiver(files, keys, dropped)


def _lay_out_table(session: gr.State) -> tuple[gr.Column, gr.HTML]:
    """The tools above the table, and the table; connected to each other, and to the picture that a click opens."""
    with gr.Column(visible=False) as tools, gr.Row(elem_id="batch-tools"):
        words = gr.Dropdown(SHOWN, value=ALL, label="Show", min_width=140)
        name = gr.Textbox(label="Name contains", min_width=140)
        order = gr.Dropdown(ORDERS, value="given", label="Order", min_width=140)
        csv, json = gr.Button("Save CSV", min_width=110), gr.Button("Save JSON", min_width=110)
    table = build_html(
        [],
        script=read_script("remember.js") + OPEN,
        html_template=TABLE,
        elem_id="batch-table",
        container=False,
    )
    detail = build_verdicts([], elem_id="batch-detail")
    changes = [words.change, name.change, order.change]
    gr.on(changes, _arrange, [words, name, order, session], [table], **QUICK)
    opened = table.click(_open, [session], [detail], **IN_TURN, **PRIVATE)
    opened.then(None, None, None, js=SCROLL, **PRIVATE)
    detail.click(_open, [session], [detail], **IN_TURN, **PRIVATE)
    save_on_click(csv, partial(_save, as_csv, "verdicts.csv", "text/csv"), [session], **QUICK)
    save_on_click(json, partial(_save, as_json, "verdicts.json", "application/json"), [session], **QUICK)
    return tools, table


def _start(paths: list[str], keys: list[str], session: BatchSession) -> Shown:
    if not paths or not keys:
        session.slot.clear(say(NO_CHOICE, kind="error"))
        return session.slot.notice, gr.skip(), gr.skip(), *offer_stop(False)
    first, *more = map(Path, paths)
    session.slot.put(Job(first, tuple(keys), more=tuple(more)), WAITING)
    session.run = None
    return WAITING, [], gr.Column(visible=False), *offer_stop(True)


def _stop(session: BatchSession) -> Shown:
    session.slot.clear(STOPPING)
    return (STOPPING if session.run is None else _say_progress(session)), *(gr.skip(),) * 2, *offer_stop(False)


def _judge_with(jury: Jury) -> Callable[[BatchSession], Iterator[Shown]]:
    def judge(session: BatchSession) -> Iterator[Shown]:
        """The table as it grows, for as long as it is wanted."""
        job = session.slot.take()
        if job is None:  # an earlier run took it, or it was stopped before its turn
            yield _show(session) if session.run else (EMPTY, [], gr.skip(), *offer_stop(session.slot.busy))
            return
        session.run = run = BatchRun(jury.choose(job.detectors))
        failed = yield from run_steps(_judge_run(session, run, job))
        session.slot.put_away(job)
        status, *others = _show(session)
        yield failed or status, *others

    return judge


def _judge_run(session: BatchSession, run: BatchRun, job: Job) -> Iterator[Shown]:
    """Judge all files of the job into the run, and show it now and then."""
    items = list_items([job.path, *job.more])
    run.total, drawn = len(items), 0.0
    for entry, picture in judge_items(items, run.jury, wanted=lambda: session.slot.wants(job)):
        thumb = draw_thumb(picture.pixels) if picture else None
        run.entries.append(entry)
        said = as_remembered(entry.comparison, entry.item.name)
        run.lines.append(render("line", entry=entry, thumb=thumb, word=BATCH_TITLES[entry.word], remembered=said))
        if time.monotonic() - drawn > DRAW_SECONDS:
            yield _show(session)
            drawn = time.monotonic()


def _show(session: BatchSession) -> Shown:
    has_lines = session.run is not None and bool(session.run.entries)
    return _say_progress(session), _draw_lines(session), gr.Column(visible=has_lines), *offer_stop(session.slot.busy)


def _say_progress(session: BatchSession) -> Pieces:
    run = session.run
    if run is None:
        return list(session.slot.notice)
    done = len(run.entries)
    counts = {title: sum(entry.word == word for entry in run.entries) for word, title in BATCH_TITLES.items()}
    left = say_time_left(done, run.total, since=run.began) if session.slot.busy else ""
    return [render("progress", done=done, total=run.total, left=left, busy=session.slot.busy, counts=counts)]


def _draw_lines(session: BatchSession) -> Pieces:
    return [session.run.lines[entry.number] for entry in session.arrange()] if session.run else []


def _arrange(word: str, name: str, order: Order, session: BatchSession) -> Pieces:
    session.words, session.name, session.order = () if word == ALL else (word,), name, order
    return _draw_lines(session)


def _open(session: BatchSession, event: gr.EventData) -> Iterator[Pieces]:
    """The full comparison of a line: judged again, since two hundred pictures' heat maps are not kept."""
    number = event._data.get("entry") if isinstance(event._data, dict) else None
    if session.run is None or not isinstance(number, int) or not 0 <= number < len(session.run.entries):
        return
    entry = session.run.entries[number]
    neighbours = _find_neighbours(session, entry)
    yield neighbours + OPENING
    comparison, picture = judge_item(entry.item, session.run.jury)
    if picture is None:
        yield neighbours + say(str(comparison.error), more=comparison.path, kind="error")
    else:
        yield neighbours + Drawing(picture.pixels, session.run.jury, anchor="batch-face").draw(comparison)


def _find_neighbours(session: BatchSession, entry: Entry) -> Pieces:
    """The way to the lines above and below it in the table; nothing for one that is filtered out by now."""
    shown = session.arrange()
    if entry not in shown:
        return []
    place = shown.index(entry)
    before, after = shown[max(0, place - 1) : place], shown[place + 1 : place + 2]
    numbers = {"before": before[0].number if before else None, "after": after[0].number if after else None}
    return [render("neighbours", place=place + 1, total=len(shown), name=entry.item.name, **numbers)]


def _save(write: Callable[[list[Entry]], str], name: str, kind: str, session: BatchSession) -> Saved:
    """What is shown, in its order."""
    return name, kind, write(session.arrange())


def _offer_api(files: FilesInput, keys: gr.CheckboxGroup, jury: Jury) -> None:
    """The endpoint /batch: the same, as JSON, for gradio_client and curl."""

    def judge_batch(files: list[str], detectors: list[str]) -> list[dict[str, Any]]:
        """Judge every face in many pictures or zips of them: a list with one entry a picture, as /compare answers.

        "name" is the file's. A file that cannot be judged is an entry whose "error" says why; the others are judged.
        """
        if not files or not detectors:
            raise gr.Error(NO_CHOICE, print_exception=False)
        return _as_answer(judge_items(list_items(map(Path, files)), jury.choose(detectors)))

    offer_endpoint(judge_batch, [files, keys], name="batch", label="comparisons", **IN_TURN)


def _offer_webhook(files: FilesInput, keys: gr.CheckboxGroup, jury: Jury, webhooks: Webhooks) -> None:
    """The endpoint /batch_webhook, which answers at once."""

    def judge_later(
        files: list[str], detectors: list[str], url: str, secret: str, request: gr.Request
    ) -> dict[str, Any]:
        """Judge as /batch does, in the background; then post the list, signed with the secret, to this address.

        The answer is {"id", "pictures"}: the message's webhook-id, and how many there are.
        """
        if not files or not detectors:
            raise gr.Error(NO_CHOICE, print_exception=False)
        items = list_items(map(Path, files))

        def judge() -> Entries | None:
            """None where the server stops meanwhile."""
            answer = _as_answer(judge_items(items, jury.choose(detectors), wanted=lambda: not jury.is_stopping))
            return None if jury.is_stopping else answer

        try:
            number = webhooks.start(judge, webhooks.check(url, secret), caller=request.username or "")
        except WebhookRefused as error:
            raise gr.Error(str(error), print_exception=False) from error
        return {"id": number, "pictures": len(items)}

    url = gr.Textbox(visible=False, label="url", max_length=MAX_URL_CHARACTERS)
    secret = gr.Textbox(visible=False, label="secret", max_length=200)
    offer_endpoint(judge_later, [files, keys, url, secret], name="batch_webhook", label="batch", **ALL_AT_ONCE)


def _as_answer(judged: Iterable[tuple[Entry, Any]]) -> list[dict[str, Any]]:
    return [without_path(entry.comparison) | {"name": entry.item.name} for entry, _ in judged]
