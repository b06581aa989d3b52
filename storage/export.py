"""The history as a table that leaves: one CSV, a line for each verdict."""

import csv
import io
from collections.abc import Iterator

from sqlalchemy import Engine

from storage.history import ALL, BATCH, SOUND, VIDEO, Comparison, HistoryEntry, HistoryQuery, read_entries
from text.formulas import neutralise
from text.reading_order import read_order
from text.tables import say_error

CSV_COLUMNS = (
    *("time", "file", "sha256", "face", "detector", "p_fake", "label", "error", "notes", "user_note", "tags"),
    *("kind", "report_id"),
)


def export_csv(engine: Engine, user: str, wanted: HistoryQuery = ALL) -> str:
    """The user's entries as CSV, newest first, a line for each verdict and each jury verdict; columns CSV_COLUMNS.

    face: its number on the page, in a video the person's; "" is the whole picture. A batch has the lines of its
    pictures. label: of a sound its band.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(CSV_COLUMNS)
    for entry in read_entries(engine, user, wanted):
        writer.writerows([neutralise(cell) for cell in line] for line in _entry_lines(entry))
    return text.getvalue()


def _entry_lines(entry: HistoryEntry) -> Iterator[list[object]]:
    end = [entry.note, ", ".join(entry.tags), entry.kind, entry.report_id]
    pictures = (
        entry.comparison["comparisons"] if entry.kind == BATCH else [entry.comparison | {"name": entry.file_name}]
    )
    for one in pictures:
        said = LINES.get(entry.kind, _verdict_lines)(one)
        start, notes = [entry.time.isoformat(), one["name"], one["sha256"]], " ".join(one.get("notes") or [])
        yield from ([*start, *line, notes, *end] for line in said)


def _verdict_lines(comparison: Comparison) -> Iterator[list[object]]:
    """face (from 1; "" is the whole image), detector, p_fake, label, error; one line if there is no verdict."""
    lines = [_line("", verdict) for verdict in comparison.get("whole_image") or []]
    faces = comparison.get("faces") or []
    for number, place in enumerate(read_order([face["box"] for face in faces]), start=1):
        face = faces[place]
        said = [*(face.get("verdicts") or []), *([{"detector": "jury", **face["jury"]}] if face.get("jury") else [])]
        lines += [
            _line(number, verdict | {"error": say_error(verdict.get("error"), face.get("doubt"))}) for verdict in said
        ]
    yield from lines or [["", "", "", "", comparison.get("error") or ""]]


def _video_lines(video: Comparison) -> Iterator[list[object]]:
    """The same of a video's persons; error is why a verdict is inconclusive."""
    lines = []
    for person in [*([video["whole_image"]] if video["whole_image"] else []), *video["persons"]]:
        said = [*person["verdicts"], *person["clips"], *([person["jury"]] if person["jury"] else [])]
        lines += [_line(person["person"] or "", verdict | {"error": verdict["reason"]}) for verdict in said]
    yield from lines or [["", "", "", "", video["error"] or ""]]


def _sound_lines(sound: Comparison) -> Iterator[list[object]]:
    """The same of a sound, whose label is its band."""
    lines = [_line("", verdict | {"label": verdict["band"] or "failed"}) for verdict in sound["verdicts"]]
    yield from lines or [["", "", "", "", sound["error"] or ""]]


LINES = {VIDEO: _video_lines, SOUND: _sound_lines}


def _line(face: object, verdict: Comparison) -> list[object]:
    values = (verdict.get(name) for name in ("detector", "p_fake", "label", "error"))
    return [face, *("" if value is None else value for value in values)]
