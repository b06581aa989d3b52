"""The batch view of Check: many pictures or a zip of them, one line each; a click on a name opens it in full."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from detectors.inputs.archive import MAX_ZIP_BYTES
from detectors.inputs.picture_kinds import send_elsewhere
from detectors.jury.judge import Jury
from detectors.scan.batch import Entry, arrange, judge_item, judge_items, list_items, say_time_left
from storage.recorder import Recorder
from ui.components.batch_table import BatchRun, BatchView, draw_lines, find_neighbours, lay_out_table
from ui.components.controls import list_detectors, offer_stop
from ui.components.entrance import Receiver
from ui.components.files_input import FilesInput
from ui.components.judging import run_steps, take_turn
from ui.components.markup import build_frame, build_html
from ui.components.run_keeping import Finished, Smalls, Written, build_run_keeping, connect_run_keeping, record_run
from ui.render.cards import STOPPING, WAITING, Drawing, Pieces, render, say
from ui.render.download import NO_FILE, Saved
from ui.render.kept.batch import count_words, draw_line, name_batch, outline_batch, pack_thumbs, store_batch
from ui.render.pictures import THUMB_PIXELS, pack, shrink
from ui.render.reports.batch import render_batch_report
from ui.server.database import user_of
from ui.server.endpoint import ENDPOINTS, offer_endpoint, without_path
from ui.server.events import ALL_AT_ONCE, PRIVATE, QUICK
from ui.server.job_slot import Job, JobSlot
from ui.server.programs.webhook import Entries, WebhookRefused, Webhooks
from ui.server.queue import FairQueue
from ui.server.remote_picture import MAX_URL_CHARACTERS

IN_TURN: dict[str, Any] = {"concurrency_id": "batch", "concurrency_limit": 1}  # beside Compare, which need not wait
DRAW_SECONDS = 0.7  # between two drawings of a growing table
EMPTY = say(
    "The pictures appear here, one per line.",
    more=f"Choose files, or a zip of at most {MAX_ZIP_BYTES // 1_000_000} MB; up to 1,000 pictures at once.",
)
NO_CHOICE = "Choose files and at least one detector first."
CANCELLED = say("Cancelled.", more="Press Judge all to start again.")
BY_ITSELF = send_elsewhere(video="it is judged by itself, as a video.", sound="it is judged by itself, as a sound.")
THUMBNAILS = "the thumbnails"
OPENING = say("Judging this picture again, with heat maps…", kind="busy")
Shown = tuple[Any, ...]
"""What an event changes: the status, the table, the tools' row, the two buttons, the opened line's neighbours."""


@dataclass
class BatchSession(BatchView):
    """One visitor's: the slot, the last run, how its table is shown, and what the history has of it."""

    slot: JobSlot = field(default_factory=JobSlot)
    written: Written | None = None


def build_batch(
    jury: Jury, queue: FairQueue, recorder: Recorder | None = None, webhooks: Webhooks | None = None
) -> Receiver:
    """Build the view into the page that is open, and connect it.

    queue: for a picture that is opened from the table, as for one on the Photo view; recorder: writes down what its
    visitors have judged; webhooks: post what a program has judged to its address.
    """
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
            keeping = build_run_keeping(recorder, pictures=THUMBNAILS, prefix="batch") if recorder else None
            parts = lay_out_table(session, partial(_open, queue), prefix="batch", save_report=_save_report)
    shown = [status, parts.table, parts.tools, judge, stop, parts.neighbours]
    cleared, starts = [*shown, parts.detail], [judge.click, dropped.change]
    on_status: dict[str, Any] = {
        "show_progress_on": [status],
        **PRIVATE,
    }  # else each part holds its words
    started = gr.on(starts, _start, [files, keys, session], cleared, **ALL_AT_ONCE, **on_status)
    judging = _judge_with(jury, recorder)
    judged = started.then(judging, [session], shown, trigger_mode="multiple", **IN_TURN, **on_status)
    if keeping:
        connect_run_keeping(keeping, session, started=started, judged=judged, take_smalls=_take_thumbs)
    stop.click(_stop, [session], shown, **QUICK)
    _offer_api(files, keys, jury, recorder)
    if webhooks:
        _offer_webhook(files, keys, jury, webhooks, recorder)
    return Receiver(files, keys, dropped)


def _start(paths: list[str], keys: list[str], session: BatchSession) -> Shown:
    """What is shown before the first line; last, no picture of the batch before."""
    if not paths or not keys:
        session.slot.clear(say(NO_CHOICE, kind="error"))
        return session.slot.notice, gr.skip(), gr.skip(), *offer_stop(False), gr.skip(), gr.skip()
    first, *more = map(Path, paths)
    session.slot.put(Job(first, tuple(keys), more=tuple(more)), WAITING)
    session.run, session.written, session.opened, session.opening = None, None, None, None
    return WAITING, [], gr.Column(visible=False), *offer_stop(True), [], []


def _stop(session: BatchSession) -> Shown:
    session.slot.clear(STOPPING if session.run else CANCELLED)
    return _say_progress(session), *(gr.skip(),) * 2, *offer_stop(False), gr.skip()


def _judge_with(jury: Jury, recorder: Recorder | None = None) -> Callable[[BatchSession, gr.Request], Iterator[Shown]]:
    def judge(session: BatchSession, request: gr.Request) -> Iterator[Shown]:
        """The table as it grows, for as long as it is wanted."""
        job = session.slot.take()
        if job is None:  # none was put, an earlier run took it, or it was stopped: what is shown says so
            yield (gr.skip(),) * 6
            return
        session.run = run = BatchRun(jury.choose(job.detectors))
        try:
            failed = yield from run_steps(_judge_run(session, run, job))
        finally:  # also of a run that another one replaced, or whose page was closed
            if recorder and run.entries:
                recorded = record_run(recorder, user_of(request), _write_up(run.entries, run.jury))
                if session.run is run:
                    session.written = Written(recorded)
        session.slot.put_away(job)
        status, *others = _show(session)
        yield failed or status, *others

    return judge


def _judge_run(session: BatchSession, run: BatchRun, job: Job) -> Iterator[Shown]:
    """Judge all files of the job into the run, and show it now and then."""
    items = list_items([job.path, *job.more])
    run.total, drawn = len(items), 0.0
    for entry, picture in judge_items(items, run.jury, elsewhere=BY_ITSELF, wanted=lambda: session.slot.wants(job)):
        if picture:
            run.thumbs[entry.number] = pack(shrink(picture.pixels, THUMB_PIXELS))
        run.entries.append(entry)
        run.lines.append(draw_line(entry, run.thumbs.get(entry.number)))
        if time.monotonic() - drawn > DRAW_SECONDS:
            yield _show(session)
            drawn = time.monotonic()


def _show(session: BatchSession) -> Shown:
    has_lines = session.run is not None and bool(session.run.entries)
    tools, buttons = gr.Column(visible=has_lines), offer_stop(session.slot.busy)
    return _say_progress(session), draw_lines(session), tools, *buttons, find_neighbours(session)


def _say_progress(session: BatchSession) -> Pieces:
    run = session.run
    if run is None:
        return list(session.slot.notice) or EMPTY
    done = len(run.entries)
    judged = sum(entry.word != "error" for entry in run.entries)
    left = say_time_left(done, run.total, since=run.began) if session.slot.busy else ""
    shown = {"done": done, "judged": judged, "total": run.total, "left": left, "busy": session.slot.busy}
    return [render("progress", **shown, counts=count_words(run.entries))]


def _open(queue: FairQueue, run: BatchRun, entry: Entry, wanted: Callable[[], bool]) -> Iterator[Pieces]:
    """The full comparison of a line: judged again, since two hundred pictures' heat maps are not kept."""

    def find() -> Iterator[Pieces]:
        comparison, picture = judge_item(entry.item, run.jury, elsewhere=BY_ITSELF, wanted=wanted)
        if picture is None:
            yield say(str(comparison.error), more=comparison.path, kind="error")
        elif wanted():
            yield Drawing(picture.pixels, run.jury, anchor="batch-face").draw(comparison)

    yield OPENING
    failed = yield from run_steps(take_turn(queue, find, wanted=wanted), more=entry.item.name)
    if failed:
        yield failed


def _save_report(pictured: bool, session: BatchSession) -> Saved:
    """Of all pictures that were judged so far, whichever the table shows."""
    run = session.run
    if run is None or not run.entries:
        return NO_FILE
    made = datetime.now(UTC)
    text = render_batch_report(run.entries, run.thumbs if pictured else {}, run.jury.specs, made=made)
    return f"facejury-batch-{made:%Y-%m-%d-%H%M}.html", "text/html", text


def _write_up(entries: list[Entry], jury: Jury) -> Finished:
    """What the history gets of a run, also of one that ended early: at least one picture."""
    return Finished(name_batch(entries), store_batch(entries), outline_batch(entries), jury.specs)


def _take_thumbs(session: BatchSession) -> Smalls | None:
    """The thumbnails of the run, that of its most suspect picture in front; None where it is gone."""
    run = session.run
    if run is None or not run.thumbs:
        return None
    first = next((entry.number for entry in arrange(run.entries, order="fake") if entry.number in run.thumbs), None)
    return Smalls(pack_thumbs(run.thumbs), None if first is None else run.thumbs[first])


def _offer_api(files: FilesInput, keys: gr.CheckboxGroup, jury: Jury, recorder: Recorder | None) -> None:
    """The endpoint /batch: the same, as JSON, for gradio_client and curl."""

    def judge_batch(files: list[str], detectors: list[str], request: gr.Request) -> list[dict[str, Any]]:
        """Judge every face in many pictures or zips of them: a list with one entry a picture, as /compare answers.

        "name" is the file's. A file that cannot be judged is an entry whose "error" says why; the others are judged.
        """
        if not files or not detectors:
            raise gr.Error(NO_CHOICE, print_exception=False)
        chosen = jury.choose(detectors)
        entries = [entry for entry, _ in judge_items(list_items(map(Path, files)), chosen, elsewhere=ENDPOINTS)]
        if recorder and entries:
            record_run(recorder, user_of(request), _write_up(entries, chosen))
        return _as_answer(entries)

    offer_endpoint(judge_batch, [files, keys], name="batch", label="comparisons", **IN_TURN)


def _offer_webhook(
    files: FilesInput, keys: gr.CheckboxGroup, jury: Jury, webhooks: Webhooks, recorder: Recorder | None
) -> None:
    """The endpoint /batch_webhook, which answers at once."""

    def judge_later(
        files: list[str], detectors: list[str], url: str, secret: str, request: gr.Request
    ) -> dict[str, Any]:
        """Judge as /batch does, in the background; then post the list, signed with the secret, to this address.

        The answer is {"id", "pictures"}: the message's webhook-id, and how many there are.
        """
        if not files or not detectors:
            raise gr.Error(NO_CHOICE, print_exception=False)
        paths, chosen = [Path(file) for file in files], jury.choose(detectors)
        items = list_items(paths)

        def judge() -> Entries | None:
            """None where the server stops meanwhile."""
            found = judge_items(items, chosen, elsewhere=ENDPOINTS, wanted=lambda: not jury.is_stopping)
            entries = [entry for entry, _ in found]
            if jury.is_stopping:
                return None
            if recorder and entries:
                record_run(recorder, user_of(request), _write_up(entries, chosen))
            return _as_answer(entries)

        try:
            target = webhooks.check(url, secret)
            number = webhooks.start(judge, target, caller=request.username or "", files=paths)
        except WebhookRefused as error:
            raise gr.Error(str(error), print_exception=False) from error
        return {"id": number, "pictures": len(items)}

    url = gr.Textbox(visible=False, label="url", max_length=MAX_URL_CHARACTERS)
    secret = gr.Textbox(visible=False, label="secret", max_length=200)
    offer_endpoint(judge_later, [files, keys, url, secret], name="batch_webhook", label="batch", **ALL_AT_ONCE)


def _as_answer(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    return [without_path(entry.comparison) | {"name": entry.item.name} for entry in entries]
