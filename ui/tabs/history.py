"""The History tab: what this visitor has had judged, and nobody else.

Lists, searches, opens, annotates, shares, exports and deletes.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import gradio as gr
from sqlalchemy import Engine

from detectors.jury.judge import Jury
from storage import history, verdict
from storage.history import HistoryQuery, NoSuchEntry
from ui.components.confirm import Confirmed, build_confirmed, reset
from ui.components.controls import build_choice
from ui.components.feedback import FeedbackForm, build_feedback, offer
from ui.components.kept.case_file import CaseFile, build_case, offer_case
from ui.components.kept.check_again import CheckAgain, build_check_again, build_start, offer_check
from ui.components.kept.entry_views import EntryViews, build_entry_views, draw_entry, draw_nothing
from ui.components.kept.report_again import ReportAgain, build_report_again, offer_report
from ui.components.markup import build_html, read_script
from ui.render.cards import say
from ui.render.kept.entries import draw_entries
from ui.server.database import ASKING, in_plain_words, user_of
from ui.server.events import QUICK
from ui.server.job_slot import JobSlot
from ui.server.limits.visits import still_open
from ui.server.queue import FairQueue
from ui.server.views import PARAMETER

PAGE = 20  # entries shown at once
VIEWS = ("batch", "video", "audio", "live")  # of the Check tab, not entries
SEARCHED = "File name, note, tag, report ID, or the beginning of a SHA-256"
KINDS = [
    ("All kinds", ""),
    ("Photos", history.PHOTO),
    ("Batches", history.BATCH),
    ("Videos", history.VIDEO),
    ("Sounds", history.SOUND),
]
VERDICTS = [
    ("All verdicts", ""),
    ("Likely fake", verdict.FAKE),
    ("Inconclusive", verdict.INCONCLUSIVE),
    ("Likely real", verdict.REAL),
    ("No verdict", verdict.NONE),
]
ALL_TAGS = ("All tags", "")
FORMER = "history"  # of links as they were before: /?history=12
FOLLOW = """element.addEventListener('click', event => {
  const link = event.target.closest('a[data-entry]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  event.stopPropagation();
  trigger('click', {entry: Number(link.dataset.entry)});
});
listen('facejury:open', event => trigger('click', {entry: event.detail}));"""


@dataclass(frozen=True)
class Place:
    """Where the list stands. starts: of each page so far, the number that its entries lie below; next: of the next."""

    wanted: HistoryQuery = history.ALL
    starts: tuple[int | None, ...] = (None,)
    next: int | None = None


@dataclass(frozen=True)
class EntryList:
    """The list's components."""

    whole: gr.Column
    search: gr.Textbox
    kind: gr.Dropdown
    verdict: gr.Dropdown
    tag: gr.Dropdown
    entries: gr.HTML
    newer: gr.Button
    older: gr.Button
    clear: Confirmed
    place: gr.State

    @property
    def shown(self) -> list[Any]:
        """What `_show` gives values for."""
        return [self.tag, self.entries, self.newer, self.older, self.clear.ask, self.place]


@dataclass(frozen=True)
class Opened:
    """One entry's components."""

    whole: gr.Column
    back: gr.Button
    report: ReportAgain
    check: CheckAgain
    views: EntryViews
    forget: Confirmed
    delete: Confirmed
    feedback: FeedbackForm
    case: CaseFile
    entry: gr.State

    @property
    def shown(self) -> list[Any]:
        """What `_present` gives values for, after the two columns."""
        parts: list[Any] = [self.report, self.check, self.forget, self.delete, self.feedback, self.case]
        return [*self.views.components, self.entry, *(one for part in parts for one in part.components)]


def build_history(engine: Engine, jury: Jury, queue: FairQueue, page: gr.Blocks, *, tabs: gr.Tabs, tab: gr.Tab) -> None:
    """Build the tab into the page that is open, and connect it.

    jury: all detectors of today; `tab` is in `tabs`, with the id "history".
    """
    entry_list, opened = _lay_out_list(), _lay_out_opened(engine, jury, queue)
    _connect_list(engine, entry_list, tab)
    _connect_opened(engine, jury, entry_list, opened)
    both = [entry_list.whole, opened.whole, *opened.shown]
    entry_list.entries.click(_open_in(engine, jury), opened.check.slot, both, **ASKING)
    page.load(_follow_link(engine, jury), None, [tabs, *both], **ASKING)


def _lay_out_list() -> EntryList:
    with gr.Column(elem_id="history-list") as whole:
        with gr.Row(elem_id="narrow"):
            search = gr.Textbox(
                label="Search", placeholder=SEARCHED, elem_id="search", max_lines=1, scale=3, min_width=260
            )
            kind = build_choice(KINDS, "Kind", value="", scale=1, min_width=140)
            word = build_choice(VERDICTS, "Verdict", value="", scale=1, min_width=140)
            # custom: Gradio's own refusal of what is not in the list is an error of the server's; ours is all tags
            tag = gr.Dropdown([ALL_TAGS], value="", label="Tag", visible=False, scale=1, allow_custom_value=True)
        entries = build_html("", script=read_script("listen.js", "local_time.js") + FOLLOW, elem_id="entries")
        with gr.Row(elem_classes="pages"):
            newer = gr.Button("← Newer", size="sm", variant="secondary", visible=False)
            older = gr.Button("Older →", size="sm", variant="secondary", visible=False)
        question = "Delete your whole history with its kept pictures? This cannot be undone."
        clear = build_confirmed("Delete all…", question=question, yes="Yes, delete all")
    return EntryList(whole, search, kind, word, tag, entries, newer, older, clear, gr.State(Place()))


def _lay_out_opened(engine: Engine, jury: Jury, queue: FairQueue) -> Opened:
    entry = gr.State(None)
    with gr.Column(visible=False, elem_id="entry") as whole:
        with gr.Row(elem_id="entry-actions"):
            back = gr.Button("← All entries", size="sm", variant="secondary", elem_classes=["lesser", "back-to-list"])
            report = build_report_again(engine, jury, entry)
            start = build_start()
        check = build_check_again(engine, jury, queue, entry, start)
        views = build_entry_views(jury.specs)
        case = build_case(engine, entry)
        feedback = build_feedback(engine, entry)
        question = "Delete what was kept of the pictures? The verdicts stay."
        forget = build_confirmed("Delete the picture…", question=question, yes="Yes, delete the picture")
        question = "Delete this entry, and its picture if it was kept? This cannot be undone."
        delete = build_confirmed("Delete this entry…", question=question, yes="Yes, delete it")
    return Opened(whole, back, report, check, views, forget, delete, feedback, case, entry)


def _connect_list(engine: Engine, entry_list: EntryList, tab: gr.Tab) -> None:
    def first(search: str, kind: str, word: str, tag: str, request: gr.Request) -> tuple[Any, ...]:
        sought = (search or "")[: history.MAX_SEARCH_CHARACTERS].strip()
        return _show(engine, user_of(request), Place(HistoryQuery(sought, tag or "", kind or "", word or "")))

    def older(place: Place, request: gr.Request) -> tuple[Any, ...]:
        return _show(engine, user_of(request), replace(place, starts=(*place.starts, place.next)))

    def newer(place: Place, request: gr.Request) -> tuple[Any, ...]:
        return _show(engine, user_of(request), replace(place, starts=place.starts[:-1] or (None,)))

    def clear(request: gr.Request) -> tuple[Any, ...]:
        with in_plain_words():
            history.delete_entries(engine, user_of(request))
        return *_show(engine, user_of(request), Place()), "", "", "", reset()[1]

    sought = [entry_list.search, entry_list.kind, entry_list.verdict, entry_list.tag]
    tab.select(first, sought, entry_list.shown, **ASKING)
    entry_list.search.change(first, sought, entry_list.shown, trigger_mode="always_last", **ASKING)
    for chosen in (entry_list.kind, entry_list.verdict, entry_list.tag):
        chosen.input(first, sought, entry_list.shown, **ASKING)
    entry_list.older.click(older, entry_list.place, entry_list.shown, **ASKING)
    entry_list.newer.click(newer, entry_list.place, entry_list.shown, **ASKING)
    cleared = [*entry_list.shown, entry_list.search, entry_list.kind, entry_list.verdict, entry_list.clear.question]
    entry_list.clear.yes.click(clear, None, cleared, **ASKING)


def _connect_opened(engine: Engine, jury: Jury, entry_list: EntryList, opened: Opened) -> None:
    def close(slot: JobSlot) -> tuple[Any, Any]:
        slot.clear(())
        return _turn(False)

    def delete(number: int | None, place: Place, slot: JobSlot, request: gr.Request) -> tuple[Any, ...]:
        with in_plain_words():
            history.delete_entries(engine, user_of(request), entry_ids=[still_open(number)])
        return *close(slot), *_show(engine, user_of(request), place)

    # These two leave alone what they do not change: a link just made, a second check, a note or feedback half written.
    def forget(number: int | None, place: Place, request: gr.Request) -> dict[Any, Any]:
        number = still_open(number)
        with in_plain_words(), suppress(NoSuchEntry):  # all that is shown of one that is gone says so
            history.keep_picture(engine, user_of(request), entry_id=number, picture=None)
        changed = [*opened.views.components, *opened.report.components, *opened.forget.components]
        return show_again(number, place, user_of(request), {*changed, opened.case.with_picture})

    def annotate(number: int | None, place: Place, note: str, tags: str, request: gr.Request) -> dict[Any, Any]:
        number = still_open(number)
        with in_plain_words():
            history.write_note(engine, user_of(request), entry_id=number, note=note, tags=tags)
        return show_again(number, place, user_of(request), {opened.views.photo, opened.case.note, opened.case.tags})

    def show_again(number: int, place: Place, user: str, changed: set[Any]) -> dict[Any, Any]:
        """What changed of the entry, and the list; all of it where it is gone meanwhile."""
        presented = dict(zip([*columns, *opened.shown], _present(engine, jury, user, number), strict=True))
        is_there = presented[opened.entry] is not None
        of_entry = {part: value for part, value in presented.items() if part in changed or not is_there}
        return of_entry | dict(zip(entry_list.shown, _show(engine, user, place), strict=True))

    columns, given, slot = [entry_list.whole, opened.whole], [opened.entry, entry_list.place], opened.check.slot
    opened.back.click(close, slot, columns, **QUICK)
    opened.delete.yes.click(delete, [*given, slot], [*columns, *entry_list.shown], **ASKING)
    changed = [*columns, *opened.shown, *entry_list.shown]
    opened.forget.yes.click(forget, given, changed, **ASKING)
    opened.case.save.click(annotate, [*given, opened.case.note, opened.case.tags], changed, **ASKING)


def _open_in(engine: Engine, jury: Jury) -> Callable[..., tuple[Any, ...]]:
    def open_entry(slot: JobSlot, clicked: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """The entry that was clicked in the list."""
        slot.clear(())
        return _present(engine, jury, user_of(request), _as_number(clicked.entry))

    return open_entry


def _follow_link(engine: Engine, jury: Jury) -> Callable[..., Any]:
    def follow(request: gr.Request) -> Any:
        """What a permanent link opens; nothing changes on a page that was opened without one."""
        view = request.query_params.get(PARAMETER, "")
        asked = view.removeprefix("check/") if view.startswith("check/") else request.query_params.get(FORMER)
        if asked is None or asked in VIEWS:
            return gr.skip()
        return gr.Tabs(selected="history"), *_present(engine, jury, user_of(request), _as_number(asked))

    return follow


def _as_number(text: object) -> int:
    """An entry's number, or 0, which none has."""
    digits = str(text)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def _show(engine: Engine, user: str, place: Place) -> tuple[Any, ...]:
    """One page of the list: values for EntryList.shown."""
    with in_plain_words():
        tags = history.list_tags(engine, user)
        if place.wanted.tag not in tags:  # its last entry may have lost it
            place = replace(place, wanted=replace(place.wanted, tag=""))
        find = partial(history.find_entries, engine, user, place.wanted, limit=PAGE + 1)
        while not (found := find(before=place.starts[-1])) and len(place.starts) > 1:
            place = replace(place, starts=place.starts[:-1])  # all that stood on this page has been deleted
    rows, more = found[:PAGE], len(found) > PAGE
    listed = draw_entries(rows, place.wanted)
    choices = gr.Dropdown([ALL_TAGS, *((tag, tag) for tag in tags)], value=place.wanted.tag, visible=bool(tags))
    newer, older = gr.Button(visible=len(place.starts) > 1), gr.Button(visible=more)
    nothing = not rows and place.wanted == history.ALL
    after = replace(place, next=rows[-1].id if more else None)
    return choices, listed, newer, older, gr.Button(visible=not nothing), after


def _present(engine: Engine, jury: Jury, user: str, number: int) -> tuple[Any, ...]:
    """One entry in place of the list: values for the two columns and Opened.shown."""
    with in_plain_words():
        entry = history.open_entry(engine, user, entry_id=number)
        picture = history.read_picture(engine, user, entry_id=number) if entry else None
    drawn = draw_entry(entry, picture, jury.specs) if entry else draw_nothing(say(str(NoSuchEntry()), kind="error"))
    kept = gr.Button(visible=picture is not None), gr.Group(visible=False)
    there = gr.Button(visible=entry is not None), gr.Group(visible=False)
    return (
        *_turn(True),
        *drawn,
        entry.id if entry else None,
        *offer_report(entry),
        *offer_check(entry),
        *kept,
        *there,
        *offer(entry),
        *offer_case(engine, user, entry),
    )


def _turn(opened: bool) -> tuple[Any, Any]:
    """The list, or the opened entry in its place."""
    return gr.Column(visible=not opened), gr.Column(visible=opened)
