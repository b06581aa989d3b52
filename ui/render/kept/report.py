"""The report on an entry of the history, of whatever kind, for its owner or for whoever has its link."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from registry import DetectorSpec
from storage.history import BATCH, SOUND, VIDEO, Comparison, HistoryEntry
from storage.shares import SharedEntry
from ui.render.kept.batch import restore_batch, seat_batch, unpack_thumbs
from ui.render.kept.photo import seat_photo
from ui.render.kept.sound import restore_sound, seat_sound
from ui.render.kept.video import restore_film, seat_video
from ui.render.reports.batch import render_batch
from ui.render.reports.frame import Case, recall
from ui.render.reports.photo import render_stored
from ui.render.reports.sound import render_sound_report
from ui.render.reports.video import render_film

SEATS = {BATCH: seat_batch, VIDEO: seat_video, SOUND: seat_sound}


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
    if entry.kind == SOUND:
        return render_sound_report(restore_sound(entry.comparison), case, name=entry.file_name)
    if entry.kind == BATCH:
        return render_batch(case, entry.file_name, restore_batch(entry.comparison), unpack_thumbs(picture))
    return render_stored(case, entry.comparison, picture)
