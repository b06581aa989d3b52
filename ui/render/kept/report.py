"""The report on an entry of the history, of whatever kind, for its owner or for whoever has its link."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from registry import DetectorSpec
from storage.history import BATCH, VIDEO, Comparison, HistoryEntry
from storage.shares import SharedEntry
from ui.render.cards import render
from ui.render.kept.batch import outline_batch, restore_batch, seat_batch, unpack_thumbs
from ui.render.kept.photo import seat_photo
from ui.render.kept.video import restore_film, seat_video
from ui.render.pictures import draw_still
from ui.render.reports.frame import Case, frame_report, recall
from ui.render.reports.photo import render_stored
from ui.render.reports.video import render_film
from ui.render.wording import BATCH_TITLES

SEATS = {BATCH: seat_batch, VIDEO: seat_video}


def seat_entry(entry: HistoryEntry) -> list[DetectorSpec]:
    """Who judged it then, by key and title."""
    return seat_result(entry.kind, entry.comparison)


def seat_result(kind: str, result: Comparison) -> list[DetectorSpec]:
    """The same of a result in the form that the history keeps."""
    return SEATS.get(kind, seat_photo)(result)


def report_entry(entry: HistoryEntry, picture: bytes | None, specs: Sequence[DetectorSpec]) -> str:
    """The report, made anew from what is stored. picture: what was kept, or None; specs: the detectors of today."""
    return _render(entry, picture, recall(entry, seat_entry(entry), specs, made=datetime.now(UTC)))


def report_shared(shared: SharedEntry) -> str:
    """What a link shows of an entry: a page of its own, without scripts, links or the entry's note and tags."""
    entry = shared.entry
    case = recall(entry, seat_entry(entry), (), made=entry.time)
    return _render(entry, shared.picture, replace(case, until=shared.share.until))


def _render(entry: HistoryEntry, picture: bytes | None, case: Case) -> str:
    if entry.kind == VIDEO:
        return render_film(restore_film(entry.comparison, picture), case, pictured=picture is not None)
    return (
        _render_batch(entry, picture, case) if entry.kind == BATCH else render_stored(case, entry.comparison, picture)
    )


def _render_batch(entry: HistoryEntry, picture: bytes | None, case: Case) -> str:
    entries, thumbs = restore_batch(entry.comparison), unpack_thumbs(picture)
    outline = outline_batch(entries)
    return render(
        "batch_report",
        **frame_report(case),
        name=entry.file_name,
        entries=entries,
        thumbs={number: draw_still(data) for number, data in thumbs.items()},
        label=outline["label"],
        headline=outline["said"],
        words=BATCH_TITLES,
    )
