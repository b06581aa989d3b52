"""An entry of the history checked again by today's jury: from the kept picture, or from the file when it is given."""

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import gradio as gr
from sqlalchemy import Engine

from detectors.audio.judge import judge_sound
from detectors.inputs.audio.kinds import SUFFIXES as SOUNDS
from detectors.inputs.video_kinds import SUFFIXES
from detectors.jury.compare import compare
from detectors.jury.judge import Jury
from detectors.scan.batch import judge_items, list_items
from detectors.video.judge import judge_video
from storage.history import BATCH, KINDS, PHOTO, SOUND, VIDEO, HistoryEntry, open_entry, read_picture
from ui.components.files_input import FilesInput
from ui.components.judging import run_steps
from ui.components.markup import build_frame, read_script
from ui.render.cards import Pieces, say
from ui.render.kept.batch import store_batch
from ui.render.kept.rechecked import Result, draw_rechecked
from ui.render.kept.report import seat_entry
from ui.render.kept.video import store_video
from ui.render.reports.versions import list_versions
from ui.server.database import in_plain_words, user_of
from ui.server.events import ALL_AT_ONCE, PRIVATE
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
TYPES = {VIDEO: sorted(SUFFIXES), SOUND: sorted(SOUNDS | SUFFIXES)}
Step = TypeVar("Step")
Steps = Iterator[Result | Pieces]
"""Words on how far it is, and last the result in the form that the history keeps."""


@dataclass(frozen=True)
class CheckAgain:
    """The components. fields: for the files, one a kind."""

    start: gr.Button
    fields: dict[str, FilesInput]
    said: gr.HTML

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
    check = CheckAgain(start, fields, said)
    judges = {PHOTO: _judge_photo, BATCH: _judge_batch, VIDEO: _judge_video, SOUND: _judge_sound}
    shown = [said, *fields.values()]
    start.click(_start_in(engine, jury, queue), [entry], shown, **ALL_AT_ONCE, **PRIVATE)
    for kind, field in fields.items():
        judge = _judge_with(engine, jury, queue, judges[kind])
        field.upload(judge, [entry, field], shown, **TURNS[kind], **PRIVATE)
    return check


def offer_check(entry: HistoryEntry | None) -> tuple[Any, ...]:
    """Values for CheckAgain.components: the button alone."""
    return gr.Button(visible=entry is not None), *_show_field(""), []


def _build_field(kind: str) -> FilesInput:
    types = {"file_types": TYPES[kind]} if kind in TYPES else {}
    count = "multiple" if kind == BATCH else "single"
    return FilesInput(
        file_count=count, label="The same file again", height=140, visible=False, elem_id=f"again-{kind}", **types
    )


def _show_field(wanted: str) -> list[Any]:
    """The field of this kind, empty, and no other."""
    return [gr.update(value=None, visible=kind == wanted) for kind in KINDS]


def _start_in(engine: Engine, jury: Jury, queue: FairQueue) -> Callable[..., Iterator[Any]]:
    def start(number: int | None, request: gr.Request) -> Iterator[Any]:
        """Judge what was kept; else ask for the file."""
        entry = _open(engine, request, number)
        with in_plain_words():
            kept = entry.kind == PHOTO and read_picture(engine, user_of(request), entry_id=entry.id)
        if not kept:
            yield say(ASK[entry.kind], more=HOW_KNOWN), *_show_field(entry.kind)
            return
        for shown in _check(entry, jury, _judge_photo(kept, entry, _seat(entry, jury), queue)):
            yield shown, *_show_field("")

    return start


def _judge_with(
    engine: Engine, jury: Jury, queue: FairQueue, judge: Callable[..., Steps]
) -> Callable[..., Iterator[Any]]:
    def judge_again(number: int | None, paths: Sequence[str], request: gr.Request) -> Iterator[Any]:
        """Judge the file that was given."""
        entry = _open(engine, request, number)
        given = [Path(path) for path in paths]
        for shown in _check(entry, jury, judge(given, entry, _seat(entry, jury), queue)):
            yield shown, *_show_field("")

    return judge_again


def _open(engine: Engine, request: gr.Request, number: int | None) -> HistoryEntry:
    with in_plain_words():
        entry = open_entry(engine, user_of(request), entry_id=number or 0)
    if entry is None:
        raise gr.Error("There is no such entry in your history.", print_exception=False)
    return entry


def _seat(entry: HistoryEntry, jury: Jury) -> Jury:
    """Those who judged then, as they are today."""
    return jury.choose({*entry.versions, *(spec.key for spec in seat_entry(entry))})


def _check(entry: HistoryEntry, jury: Jury, steps: Steps) -> Iterator[Pieces]:
    """Words on how far it is, and last both results side by side, or why there are none."""
    seated = _seat(entry, jury)
    if not seated.specs:
        yield NOBODY
        return
    yield BUSY
    result: Result | None = None

    def listen() -> Iterator[Pieces]:
        nonlocal result
        for step in steps:
            if isinstance(step, dict):
                result = step
            else:
                yield step

    failed = yield from run_steps(listen())
    if failed or result is None:
        yield failed
    elif result.get("error"):
        yield say(str(result["error"]), kind="error")
    else:
        yield draw_rechecked(entry, result, list_versions(seated.specs), at=datetime.now(UTC))


def _judge_photo(given: bytes | list[Path], entry: HistoryEntry, jury: Jury, queue: FairQueue) -> Steps:
    with queue.wait() as place:
        deque(place, maxlen=0)  # wait
        yield compare(given if isinstance(given, bytes) else given[0], jury, path=entry.file_name).as_dict()


def _judge_batch(given: list[Path], _entry: HistoryEntry, jury: Jury, _queue: FairQueue) -> Steps:
    items, entries = list_items(given), []

    def judge() -> Iterator[int]:
        for judged, _ in judge_items(items, jury):
            entries.append(judged)
            yield len(entries)

    if items:
        yield from _tell(judge(), lambda number: f"Checking again: {number} of {len(items)} pictures…")
    yield store_batch(entries)


def _judge_video(given: list[Path], entry: HistoryEntry, jury: Jury, _queue: FairQueue) -> Steps:
    looks = judge_video(given[0], jury, start=entry.comparison["start"], name=entry.file_name)
    last = yield from _tell(looks, lambda look: f"Checking again: {round(100 * look.video.share)} % of the video…")
    yield store_video(last.video)


def _judge_sound(given: list[Path], entry: HistoryEntry, jury: Jury, _queue: FairQueue) -> Steps:
    heard = judge_sound(given[0], jury, start=entry.comparison["start"], name=entry.file_name)
    last = yield from _tell(
        heard, lambda hearing: f"Checking again: {round(100 * hearing.judged.share)} % of the sound…"
    )
    yield last.judged.as_dict()


def _tell(steps: Iterable[Step], word: Callable[[Step], str]) -> Generator[Pieces, None, Step]:
    """Take the steps, of which there is at least one, with a word now and then; returns the last of them."""
    told = time.monotonic()
    for step in steps:
        if time.monotonic() - told > SAY_SECONDS:
            yield say(word(step), kind="busy")
            told = time.monotonic()
    return step
