"""An entry of the history checked again by today's jury: from the kept picture, or from the file when it is given."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeVar

import gradio as gr
from sqlalchemy import Engine

from detectors.audio.judge import judge_sound
from detectors.inputs.images import read_image
from detectors.jury.compare import judge_stepwise
from detectors.jury.judge import Jury
from detectors.scan.batch import judge_items, list_items
from detectors.video.judge import judge_video
from storage.history import BATCH, KINDS, PHOTO, SOUND, VIDEO, HistoryEntry, NoSuchEntry, open_entry, read_picture
from ui.components.files_input import FilesInput
from ui.components.judging import run_steps, take_turn
from ui.components.markup import build_frame, read_script
from ui.render.cards import Pieces, say
from ui.render.kept.batch import store_batch
from ui.render.kept.rechecked import Result, draw_rechecked
from ui.render.kept.report import seat_entry
from ui.render.kept.video import store_video
from ui.render.reports.versions import list_versions
from ui.server.database import in_plain_words, user_of
from ui.server.events import ALL_AT_ONCE, PRIVATE
from ui.server.job_slot import Job, JobSlot
from ui.server.limits.visits import still_open
from ui.server.queue import FairQueue

ASK = {
    PHOTO: "The picture was not kept. To check it again, choose the same file here.",
    BATCH: "The pictures of a batch are not kept. To check them again, choose the same files here, or the same zip.",
    VIDEO: "Videos are not kept. To check it again, choose the same file here.",
    SOUND: "Recordings are not kept. To check it again, choose the same file here.",
}
HOW_KNOWN = "Its SHA-256 tells whether it is the same."
BUSY = say("Checking again…", kind="busy")
SAY_SECONDS = 1.0  # between two words on how far a video is
NOBODY = say("None of the detectors that judged this is here any more.", kind="error")
QUEUES = {BATCH: "batch", VIDEO: "video", SOUND: "audio"}  # of the views of Check
TURNS = {PHOTO: ALL_AT_ONCE} | {kind: {"concurrency_id": one, "concurrency_limit": 1} for kind, one in QUEUES.items()}
Step = TypeVar("Step")
Steps = Iterator[Result | Pieces]
"""Words on how far it is, and last the result in the form that the history keeps."""
Wanted = Callable[[], bool]


@dataclass(frozen=True, eq=False, kw_only=True)
class Recheck(Job):
    """A job about an entry, as it was when this was asked. picture: the kept one, where no file was given."""

    entry: HistoryEntry
    picture: bytes | None = None


@dataclass(frozen=True)
class CheckAgain:
    """The components. fields: for the files, one a kind; slot: holds a JobSlot.

    Whoever shows another entry, or none, clears the slot: what is still being judged would be said under that one.
    """

    start: gr.Button
    fields: dict[str, FilesInput]
    said: gr.HTML
    slot: gr.State

    @property
    def components(self) -> list[Any]:
        """What `offer_check` gives values for."""
        return [self.start, *self.fields.values(), self.said]


def build_start() -> gr.Button:
    """The button, which stands apart from what it leads to."""
    return gr.Button("Check again", size="sm", variant="secondary", elem_classes="lesser", elem_id="check-again")


def build_check_again(engine: Engine, jury: Jury, queue: FairQueue, entry: gr.State, start: gr.Button) -> CheckAgain:
    """Build the rest into the page that is open. jury: all of today; entry: the number of the one that is open."""
    said = build_frame([], script=read_script("local_time.js"), elem_id="rechecked")
    fields = {kind: _build_field(kind) for kind in KINDS}
    slot = gr.State(JobSlot())
    judge, shown, at_once = _judge_with(jury, queue), [said, *fields.values()], ALL_AT_ONCE | PRIVATE
    started = start.click(_start_in(engine), [entry, slot], shown, trigger_mode="multiple", **at_once)
    started.success(judge, [slot], [said], trigger_mode="multiple", **at_once)
    for kind, field in fields.items():
        # at once, so that the files are this entry's, although another may be open when it is their turn
        given = field.upload(_take_in(engine), [entry, field, slot], shown, trigger_mode="multiple", **at_once)
        given.success(judge, [slot], [said], trigger_mode="multiple", **TURNS[kind], **PRIVATE)
    return CheckAgain(start, fields, said, slot)


def offer_check(entry: HistoryEntry | None) -> tuple[Any, ...]:
    """Values for CheckAgain.components: the button alone."""
    return gr.Button(visible=entry is not None), *_show_field(""), []


def _build_field(kind: str) -> FilesInput:
    count = "multiple" if kind == BATCH else "single"
    return FilesInput(file_count=count, label="The same file again", height=140, visible=False, elem_id=f"again-{kind}")


def _show_field(wanted: str) -> list[Any]:
    """The field of this kind, empty, and no other."""
    return [gr.update(value=None, visible=kind == wanted) for kind in KINDS]


def _start_in(engine: Engine) -> Callable[..., tuple[Any, ...]]:
    def start(number: int | None, slot: JobSlot, request: gr.Request) -> tuple[Any, ...]:
        """Have judged what was kept; else ask for the file."""
        entry = _open(engine, request, number)
        with in_plain_words():
            kept = read_picture(engine, user_of(request), entry_id=entry.id) if entry.kind == PHOTO else None
        if kept is None:
            slot.clear(say(ASK[entry.kind], more=HOW_KNOWN))
            return slot.notice, *_show_field(entry.kind)
        slot.put(Recheck(path=Path(entry.file_name), detectors=(), entry=entry, picture=kept), BUSY)
        return slot.notice, *_show_field("")

    return start


def _take_in(engine: Engine) -> Callable[..., tuple[Any, ...]]:
    def take(number: int | None, paths: Sequence[str], slot: JobSlot, request: gr.Request) -> tuple[Any, ...]:
        """Have the files judged that were given."""
        entry, (first, *more) = _open(engine, request, number), map(Path, paths)
        slot.put(Recheck(path=first, detectors=(), more=tuple(more), entry=entry), BUSY)
        return slot.notice, *_show_field("")

    return take


def _judge_with(jury: Jury, queue: FairQueue) -> Callable[[JobSlot], Iterator[Any]]:
    def judge(slot: JobSlot) -> Iterator[Any]:
        """What was found, for as long as the entry is open that it was asked for."""
        job = slot.take()
        if not isinstance(job, Recheck):  # an earlier run took it, or it is not wanted any more
            yield gr.skip()
            return

        def wanted() -> bool:
            return slot.wants(job)

        yield from takewhile(lambda _: wanted(), _check(job, jury, queue, wanted=wanted))
        if not slot.put_away(job):
            yield gr.skip()  # Gradio says the last thing once more when a run ends

    return judge


def _open(engine: Engine, request: gr.Request, number: int | None) -> HistoryEntry:
    number = still_open(number)
    with in_plain_words():
        entry = open_entry(engine, user_of(request), entry_id=number)
        if entry is None:
            raise NoSuchEntry
    return entry


def _seat(entry: HistoryEntry, jury: Jury) -> Jury:
    """Those who judged then, as they are today."""
    return jury.choose({*entry.versions, *(spec.key for spec in seat_entry(entry))})


def _check(job: Recheck, jury: Jury, queue: FairQueue, *, wanted: Wanted) -> Iterator[Pieces]:
    """Words on how far it is, and last both results side by side, or why there are none; nothing once not wanted."""
    entry, seated = job.entry, _seat(job.entry, jury)
    if not seated.specs:
        yield NOBODY
        return
    yield BUSY
    result: Result | None = None

    def listen() -> Iterator[Pieces]:
        nonlocal result
        for step in JUDGES[entry.kind](job, seated, queue, wanted):
            if isinstance(step, dict):
                result = step
            else:
                yield step

    failed = yield from run_steps(listen())
    if not wanted():
        return
    if failed or result is None:
        yield failed
    elif result.get("error"):
        yield say(str(result["error"]), kind="error")
    else:
        yield draw_rechecked(entry, result, list_versions(seated.specs), at=datetime.now(UTC))


def _judge_photo(job: Recheck, jury: Jury, queue: FairQueue, wanted: Wanted) -> Steps:
    def find() -> Iterator[Result]:
        picture = read_image(job.path if job.picture is None else job.picture)
        *_, last = judge_stepwise(picture, jury, path=job.entry.file_name, wanted=wanted)
        yield last.as_dict()

    yield from take_turn(queue, find, wanted=wanted)


def _judge_batch(job: Recheck, jury: Jury, _queue: FairQueue, wanted: Wanted) -> Steps:
    items, entries = list_items([job.path, *job.more]), []

    def judge() -> Iterator[int]:
        for judged, _ in judge_items(items, jury, wanted=wanted):
            entries.append(judged)
            yield len(entries)

    yield from _tell(judge(), lambda number: f"Checking again: {number} of {len(items)} pictures…")
    yield store_batch(entries)


def _judge_video(job: Recheck, jury: Jury, _queue: FairQueue, wanted: Wanted) -> Steps:
    start, name = job.entry.comparison["start"], job.entry.file_name
    looks = judge_video(job.path, jury, start=start, name=name, wanted=wanted)
    last = yield from _tell(looks, lambda look: f"Checking again: {round(100 * look.video.share)} % of the video…")
    if last:
        yield store_video(last.video)


def _judge_sound(job: Recheck, jury: Jury, _queue: FairQueue, wanted: Wanted) -> Steps:
    start, name = job.entry.comparison["start"], job.entry.file_name
    heard = judge_sound(job.path, jury, start=start, name=name, wanted=wanted)
    last = yield from _tell(
        heard, lambda hearing: f"Checking again: {round(100 * hearing.judged.share)} % of the sound…"
    )
    if last:
        yield last.judged.as_dict()


JUDGES: dict[str, Callable[[Recheck, Jury, FairQueue, Wanted], Steps]] = {
    PHOTO: _judge_photo,
    BATCH: _judge_batch,
    VIDEO: _judge_video,
    SOUND: _judge_sound,
}


def _tell(steps: Iterable[Step], word: Callable[[Step], str]) -> Generator[Pieces, None, Step | None]:
    """Take the steps, with a word now and then; returns the last of them, None where there was none."""
    told, step = time.monotonic(), None
    for step in steps:
        if time.monotonic() - told > SAY_SECONDS:
            yield say(word(step), kind="busy")
            told = time.monotonic()
    return step
