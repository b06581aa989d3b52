"""What a scan keeps of one picture or sound: its rows, as one record that is either whole or not there."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace

from detectors.audio.results import JudgedSound
from detectors.faces.face import Box
from detectors.jury.fusion import JURY_KEY
from detectors.jury.results import Comparison, JudgedFace
from registry import Verdict
from text.tables import say_error

NO_FACE = "No face found."


@dataclass(frozen=True)
class Row:
    """One verdict, or why there is none.

    face: counted from 1, as one reads a picture; 0 says that there is none; None where the whole picture or file is
    meant.
    box: left, top, right, bottom in pixels. roll: as a Face has it. detector: "jury" for the jury's own. milliseconds:
    None for the jury and for sounds. notes: what a reader must know of the file, in all its rows. band: of a sound,
    which has no label. held_back_by: of the jury, see JuryVerdict. enlarged: of a face, see JudgedFace.
    """

    face: int | None = None
    box: Box | None = None
    roll: float | None = None
    detector: str | None = None
    p_fake: float | None = None
    label: str | None = None
    milliseconds: float | None = None
    error: str | None = None
    notes: str | None = None
    band: str | None = None
    held_back_by: str | None = None
    enlarged: bool | None = None


@dataclass(frozen=True)
class Record:
    """All rows of one file. sha256: of the file's bytes, empty when they could not be had."""

    path: str
    sha256: str
    rows: tuple[Row, ...]


def record_comparison(comparison: Comparison) -> Record:
    """What the jury said about one picture: its faces in order, each closed by the jury; then the whole image."""
    notes = " ".join(comparison.notes) or None
    rows = tuple(replace(row, notes=notes) for row in _rows(comparison))
    return Record(comparison.path, comparison.sha256, rows)


def record_sound(judged: JudgedSound, asked: Sequence[str]) -> Record:
    """What the detectors said about a sound that was read, a row each.

    asked: their keys; the reason is theirs if none answered.
    """
    notes = " ".join(judged.notes) or None
    rows = [
        Row(
            None, None, None, one.detector, one.p_fake, None if one.band else "failed", None, one.error, notes, one.band
        )
        for one in judged.scores
    ]
    silent = [Row(detector=key, error=judged.reason, notes=notes) for key in asked]
    return Record(judged.path, judged.sha256, tuple(rows or silent))


def record_error(path: str, sentence: str, *, sha256: str = "") -> Record:
    """A file that could not be judged."""
    return Record(path, sha256, (Row(error=sentence),))


def is_error(record: Record) -> bool:
    """Whether the file itself could not be judged."""
    return len(record.rows) == 1 and record.rows[0].face is None and record.rows[0].detector is None


def count(records: Sequence[Record]) -> dict[str, int]:
    """How many records there are (`done`), and of how many files what is known.

    errors: they could not be judged; failed: every detector failed on them; given: some detector gave a number.
    """
    labels = [{row.label for row in record.rows if row.detector} for record in records]
    return {
        "done": len(records),
        "errors": sum(is_error(record) for record in records),
        "failed": sum(said == {"failed"} for said in labels),
        "given": sum(any(row.p_fake is not None for row in record.rows) for record in records),
    }


def is_vain(counted: Mapping[str, int]) -> bool:
    """Whether there is not one answer, though there were files to judge. counted: what `count` says of a table."""
    failed = counted["failed"] > 0 or counted["errors"] == counted["done"]
    return counted["done"] > 0 and failed and not counted["given"]


def _rows(comparison: Comparison) -> Iterator[Row]:
    if comparison.error:
        yield Row(error=comparison.error)
        return
    if not comparison.faces:
        yield Row(face=0, error=NO_FACE)
    for number, face in enumerate(comparison.in_reading_order().faces, start=1):
        yield from _face_rows(number, face)
    yield from (_verdict_row(verdict) for verdict in comparison.whole_image)


def _face_rows(number: int, face: JudgedFace) -> Iterator[Row]:
    place = number, face.box, face.roll
    for verdict in face.verdicts:
        row = _verdict_row(verdict, *place)
        yield replace(row, error=say_error(row.error, face.doubt), enlarged=face.enlarged)
    if face.jury:
        said, held = (JURY_KEY, face.jury.p_fake, face.jury.label), face.jury.held_back_by or None
        yield Row(*place, *said, error=say_error(None, face.doubt), held_back_by=held, enlarged=face.enlarged)


def _verdict_row(verdict: Verdict, face: int | None = None, box: Box | None = None, roll: float | None = None) -> Row:
    said = verdict.detector, verdict.p_fake, verdict.label, verdict.milliseconds, verdict.error
    return Row(face, box, roll, *said)


def as_line(record: Record) -> bytes:
    """One line of JSON, ASCII only."""
    rows = [astuple(row) for row in record.rows]
    return json.dumps([record.path, record.sha256, rows], separators=(",", ":")).encode("ascii")


def read_line(line: bytes) -> Record:
    """The record that as_line wrote."""
    path, sha256, rows = json.loads(line)
    return Record(path, sha256, tuple(_read_row(row) for row in rows))


def _read_row(values: Sequence[object]) -> Row:
    face, box, *said = values
    corners = tuple(box) if isinstance(box, Iterable) else None
    return Row(face, corners, *said)  # type: ignore[arg-type]  # as_line wrote them in this order
