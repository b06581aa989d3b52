"""What the batch and the video view keep for who is signed in: a line that says so, and small pictures where asked."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import gradio as gr
from sqlalchemy import Engine

from registry import DetectorSpec
from storage.database import DatabaseUnavailable
from storage.history import NoSuchEntry, keep_picture
from storage.kept import QuotaReached
from storage.recorder import Recorded, Recorder
from storage.users import AccountGone
from ui.components.keeping import NOT_RECORDED, UNSURE
from ui.components.markup import build_html
from ui.render.cards import say_line
from ui.render.reports.versions import list_versions
from ui.server.database import ASKING, in_plain_words, user_of
from ui.server.events import ALL_AT_ONCE, PRIVATE
from ui.server.job_slot import JobSlot
from ui.server.limits.visits import still_open

NO_PICTURES = "There is no picture in this result to keep."
RECORDED = "Recorded in your history, {with_} {pictures}."


@dataclass(frozen=True)
class Finished:
    """A run that ended, for the history: what is written of it, and of which detectors."""

    file_name: str
    comparison: dict[str, Any]
    outline: Mapping[str, str]
    specs: tuple[DetectorSpec, ...]


@dataclass
class Written:
    """A run that was handed to the history. told: whether the page has been told what became of it."""

    recorded: Recorded
    told: bool = False

    def is_entry(self, number: int) -> bool:
        """Whether it became the entry of that number."""
        return self.recorded.done() and self.recorded.exception() is None and self.recorded.result() == number


class RunSession(Protocol):
    """One visitor's runs. written: the one whose results are shown; None while there is none, or it is not over."""

    slot: JobSlot
    written: Written | None


@dataclass(frozen=True)
class Smalls:
    """The small pictures of a run: what is kept of them all, and the one that stands for them in a list."""

    packed: bytes
    thumb: bytes | None


@dataclass(frozen=True)
class RunKeeping:
    """The components, and who writes. pictures: what a tick keeps, "the stills"."""

    recorder: Recorder
    pictures: str
    keep: gr.Checkbox
    said: gr.HTML
    entry: gr.State

    @property
    def shown(self) -> list[Any]:
        """What an event changes."""
        return [self.said, self.entry, self.keep]


def build_run_keeping(recorder: Recorder, *, pictures: str, prefix: str) -> RunKeeping:
    """Build it into the page that is open, under the results. prefix: of the ids."""
    keep = gr.Checkbox(
        label=f"Keep {pictures} in my history",
        container=False,
        visible=False,
        elem_id=f"{prefix}-keep",
        elem_classes="keep-small",
    )
    said = build_html("", elem_id=f"{prefix}-recorded")
    return RunKeeping(recorder, pictures, keep, said, gr.State(None))


def connect_run_keeping(
    keeping: RunKeeping,
    session: gr.State,
    *,
    started: Any,
    judged: Any,
    take_smalls: Callable[[Any], Smalls | None] | None = None,
) -> None:
    """session: holds a RunSession; started: the event that begins a run, or tells why not; judged: the one that ends
    with the results, handed to the history by then; take_smalls: the pictures of what is shown, None where they are
    gone; without it there are none to be kept.
    """
    nothing = "", None, gr.Checkbox(value=False, visible=False)

    def clear(given: RunSession) -> Any:
        """Take the old words away, unless the old results still stand there."""
        return nothing if given.written is None else gr.skip()

    async def say(given: RunSession) -> Any:
        """What became of the run, once; the results stand there already, so this may wait."""
        written = given.written
        if written is None or written.told:
            return gr.skip()
        written.told = True
        line, number = await say_written(written.recorded, pictures=keeping.pictures)
        if given.written is not written:  # another one was begun meanwhile
            return gr.skip()
        return line, number, gr.Checkbox(value=False, visible=number is not None and take_smalls is not None)

    def change_mind(number: int | None, keep: bool, given: RunSession, request: gr.Request) -> Any:
        """Keep the small pictures too, or forget them again."""
        number = still_open(number)
        is_shown = given.written is not None and given.written.is_entry(number)
        smalls = take_smalls(given) if take_smalls and is_shown else None
        if keep and smalls is None:
            return say_line(NO_PICTURES), number, gr.skip()
        return _change(keeping, user_of(request), number, smalls if keep else None)

    started.then(clear, [session], keeping.shown, trigger_mode="multiple", **ALL_AT_ONCE, **PRIVATE)
    said = judged.then(say, [session], keeping.shown, trigger_mode="multiple", **ASKING)
    unsure = json.dumps(say_line(UNSURE))  # shown by the browser alone: without the database every request is refused
    said.failure(None, None, [keeping.said], js=f"() => {unsure}", **PRIVATE)
    keeping.keep.input(change_mind, [keeping.entry, keeping.keep, session], keeping.shown, **ASKING)


async def say_written(recorded: Recorded, *, pictures: str) -> tuple[str, int | None]:
    """Wait for it. Returns the line that says what became of it, and the entry's number where it became one."""
    try:
        number = await asyncio.shield(asyncio.wrap_future(recorded))  # who leaves takes no entry along
    except (AccountGone, DatabaseUnavailable):
        return say_line(NOT_RECORDED), None
    except QuotaReached as error:
        return say_line(str(error)), None
    return _say(pictures, number, keep=False), number


def _change(keeping: RunKeeping, user: str, number: int, smalls: Smalls | None) -> tuple[Any, ...]:
    """Values for RunKeeping.shown once these are kept, or what was kept is forgotten."""
    with in_plain_words():
        try:
            keep_smalls(keeping.recorder.engine, user, number, smalls)
        except NoSuchEntry as error:  # deleted elsewhere: nothing may say any more that it is recorded
            return say_line(str(error)), None, gr.Checkbox(value=False, visible=False)
    return _say(keeping.pictures, number, keep=smalls is not None), number, gr.skip()


def keep_smalls(engine: Engine, user: str, number: int, smalls: Smalls | None) -> None:
    """Keep them with the entry of that number, or with None forget what was kept. Raises QuotaReached, NoSuchEntry."""
    picture, thumb = (smalls.packed, smalls.thumb) if smalls else (None, None)
    keep_picture(engine, user, entry_id=number, picture=picture, thumb=thumb)


def record_run(recorder: Recorder, user: str, finished: Finished) -> Recorded:
    """Have it written down, without pictures."""
    return recorder.record(
        user,
        file_name=finished.file_name,
        comparison=finished.comparison,
        outline=finished.outline,
        versions=list_versions(finished.specs),
    )


def _say(pictures: str, number: int, *, keep: bool) -> str:
    sentence = RECORDED.format(with_="with" if keep else "without", pictures=pictures)
    return say_line(sentence, link=f"?view=check/{number}", link_text="Open the entry", entry=number)
