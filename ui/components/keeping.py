"""What the photo view keeps for who is signed in: a line that says so, the picture where asked, and feedback."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import anyio
import gradio as gr
from sqlalchemy import Engine

from detectors.jury.results import Comparison
from registry import DetectorSpec
from storage.database import DatabaseUnavailable
from storage.history import HistoryEntry, NoSuchEntry, keep_picture, open_entry
from storage.kept import QuotaReached
from storage.recorder import Recorder
from storage.users import AccountGone
from ui.components.feedback import FeedbackForm, build_feedback, offer, read_same
from ui.components.markup import build_html
from ui.render.cards import say_line
from ui.render.kept.photo import draw_kept_thumb
from ui.render.reports.versions import list_versions
from ui.server.database import ASKING, in_plain_words, user_of
from ui.server.events import ALL_AT_ONCE, PRIVATE
from ui.server.job_slot import JobSlot
from ui.server.limits.visits import page_gone

Specs = Sequence[DetectorSpec]
KEEP = "Keep this picture in my history"
KEPT = "Recorded in your history, with the picture."
RECORDED = "Recorded in your history, without the picture."
PICTURE_GONE = "Recorded in your history, but without the picture, which is no longer on the server. Choose it again."
NOT_RECORDED = (
    "Not recorded in your history: the account database cannot be reached right now. The verdicts still apply."
)
ENTRY = "data-entry="  # in the line that names an entry
UNSURE = NOT_RECORDED.replace("Not", "Possibly not", 1)


@dataclass(frozen=True)
class Keeping:
    """The components, and who writes."""

    recorder: Recorder
    keep: gr.Checkbox
    said: gr.HTML
    entry: gr.State
    feedback: FeedbackForm

    @property
    def shown(self) -> list[Any]:
        """What the functions below give values for."""
        return [self.said, self.entry, *self.feedback.components]

    def clear(self) -> dict[Any, Any]:
        """Nothing below verdicts that are not there yet, or no more."""
        return dict(zip(self.shown, ("", None, *offer(None)), strict=True))


def build_tick() -> gr.Checkbox:
    """The tick under the verdicts, where one knows what there is to keep; each new picture starts without it."""
    return gr.Checkbox(label=KEEP, container=False, elem_id="keep")


def build_keeping(recorder: Recorder, keep: gr.Checkbox, picture: gr.Image) -> Keeping:
    """What stands under the verdicts."""
    entry = gr.State(None)
    said = build_html("", elem_id="recorded")
    return Keeping(recorder, keep, said, entry, build_feedback(recorder.engine, entry, picture))


def connect_keeping(keeping: Keeping, slot: gr.State, *, picture: gr.Image, starts: list[Any], judged: Any) -> None:
    """slot: of the photo's; starts: the events after which old words are wrong.

    judged: the event that ends with all verdicts given.
    """
    engine, given = keeping.recorder.engine, [keeping.keep, picture]
    picture.change(None, None, [keeping.keep], js="() => false", **PRIVATE)
    gr.on(starts, keeping.clear, None, keeping.shown, **ALL_AT_ONCE, **PRIVATE)

    async def say_recorded(keep: bool, path: str | None, slot: JobSlot, request: gr.Request) -> Any:
        """What became of it; the verdicts stand there already, so this may wait. Nothing below another one's."""
        job = None if slot.busy else slot.judged
        line = await record(keep, path, request)
        return line if job and slot.judged is job else gr.skip()

    async def record(keep: bool, path: str | None, request: gr.Request) -> Any:
        recorded = keeping.recorder.take(user_of(request), str(request.session_hash))
        if recorded is None:  # cancelled, or never judged
            return gr.skip()
        try:
            number = await asyncio.shield(asyncio.wrap_future(recorded))  # who leaves takes no entry along
        except (AccountGone, DatabaseUnavailable):
            return say_line(NOT_RECORDED), None, *offer(None)
        except QuotaReached as error:
            return say_line(str(error)), None, *offer(None)
        # Not asyncio's own threads: Python waits for those before it ends, and the database may hang.
        return await anyio.to_thread.run_sync(_say, engine, user_of(request), number, keep, path)

    def change_mind(number: int | None, said: str, keep: bool, path: str | None, request: gr.Request) -> Any:
        """Keep the picture after all, or forget it again. said: the line that stands there, where one does.

        A line without an entry leaves the tick for the next picture.
        """
        if number is None and ENTRY in said:
            raise page_gone()
        return gr.skip() if number is None else _change(engine, user_of(request), number, keep, path)

    said = judged.then(say_recorded, [*given, slot], keeping.shown, trigger_mode="multiple", **ASKING)
    unsure = json.dumps(say_line(UNSURE))  # shown by the browser alone: without the database every request is refused
    said.failure(None, None, [keeping.said], js=f"() => {unsure}", **PRIVATE)
    changed = [keeping.keep, *keeping.shown]
    keeping.keep.input(change_mind, [keeping.entry, keeping.said, *given], changed, **ASKING)


def record_page(recorder: Recorder, request: gr.Request, specs: Specs, comparison: Comparison) -> None:
    """Have what was judged in the photo view written down; `say_recorded` then says what came of it."""
    recorder.record(user_of(request), page=str(request.session_hash), **_describe(comparison, specs))


def record_call(recorder: Recorder, request: gr.Request, specs: Specs, comparison: Comparison) -> None:
    """The same for a program, never with the picture; what could not be judged is no entry."""
    if comparison.error is None:
        recorder.record(user_of(request), **_describe(comparison, specs))


def _describe(comparison: Comparison, specs: Specs) -> dict[str, Any]:
    """What is written of a comparison."""
    return {"file_name": comparison.path, "comparison": comparison.as_dict(), "versions": list_versions(specs)}


def _say(engine: Engine, user: str, number: int, keep: bool, path: str | None) -> tuple[Any, ...]:
    """The line, the entry's number, and the form for feedback."""
    try:
        entry, line = _keep_as_told(engine, user, number, keep, path)
    except (AccountGone, DatabaseUnavailable):
        return say_line(NOT_RECORDED), None, *offer(None)
    except NoSuchEntry as error:  # deleted elsewhere
        return say_line(str(error)), None, *offer(None)
    return line, number, *offer(entry)


def _change(engine: Engine, user: str, number: int, keep: bool, path: str | None) -> tuple[Any, ...]:
    """The tick, and the rest as of `_say`."""
    with in_plain_words():
        try:
            entry, line = _keep_as_told(engine, user, number, keep, path)
        except NoSuchEntry as error:  # deleted elsewhere: nothing may say any more that it is recorded
            return False, say_line(str(error)), None, *offer(None)
    return keep, line, number, *(gr.skip() for _ in offer(entry))


def _keep_as_told(engine: Engine, user: str, number: int, keep: bool, path: str | None) -> tuple[HistoryEntry, str]:
    """The entry, with the picture where that is wanted, and the line that says so. Raises NoSuchEntry."""
    entry = open_entry(engine, user, entry_id=number)
    if entry is None:
        raise NoSuchEntry
    picture = read_same(path, entry.sha256) if keep else None
    if picture is not None or entry.has_picture:
        try:
            thumb = draw_kept_thumb(entry.comparison, picture) if picture else None
            keep_picture(engine, user, entry_id=entry.id, picture=picture, thumb=thumb)
        except QuotaReached as error:
            return entry, say_line(f"{RECORDED} {error}", link=f"?history={entry.id}", link_text="Open the entry")
    sentence = RECORDED if not keep else PICTURE_GONE if picture is None else KEPT
    return entry, say_line(sentence, link=f"?view=check/{entry.id}", link_text="Open the entry", entry=entry.id)
