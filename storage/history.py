"""What a user has looked at: each comparison's JSON as it is, and its picture only where they asked to keep it.

Everything is asked for by the user's name (`gr.Request.username`), so nobody reaches another's entry by its number.
All functions raise AccountGone if the account is, DatabaseUnavailable if the database is; those that keep an
entry or a picture raise QuotaReached.
"""

import csv
import io
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, insert, or_, select, update

from storage.database import inserted_id, reading, writing
from storage.kept import check_entries, drop_unused, lock_owner, store_picture
from storage.tables import comparisons, pictures
from storage.users import owner_id
from text.formulas import neutralise
from text.tables import say_error

MAX_FILE_NAME_CHARACTERS = 255
MAX_SEARCH_CHARACTERS = 255
MAX_NOTE_CHARACTERS = 2_000
MAX_TAGS = 10
MAX_TAG_CHARACTERS = 24
NOTE_RULE = f"A note may have {MAX_NOTE_CHARACTERS:,} characters; this one has {{count:,}}."
TAGS_RULE = f"An entry may have {MAX_TAGS} tags, separated by commas, of up to {MAX_TAG_CHARACTERS} characters each."
CSV_COLUMNS = ("time", "file", "sha256", "face", "detector", "p_fake", "label", "error", "notes", "user_note", "tags")

Comparison = dict[str, Any]  # schema 1 of the comparison; stored and given back unread


class NoteRefused(ValueError):
    """The note or the tags are too long or too many; the text is meant for the visitor."""


@dataclass(frozen=True)
class HistoryEntry:
    """One comparison in somebody's history. `time` is UTC; `has_picture` is False where the picture was not kept.

    note, tags: what its owner wrote to it; tags in lower case, in alphabetical order.
    """

    id: int
    time: datetime
    file_name: str
    sha256: str
    has_picture: bool
    comparison: Comparison
    note: str
    tags: tuple[str, ...]


def add_entry(
    engine: Engine, user: str, *, file_name: str, comparison: Comparison, picture: bytes | None = None
) -> int:
    """Write down one comparison and return its number. Give `picture` only if the user ticked "keep this picture"."""
    with writing(engine) as connection:
        owner = lock_owner(connection, user)
        check_entries(connection, owner)
        row = {
            "user_id": owner,
            "picture_id": store_picture(connection, owner, picture=picture),
            "created_at": int(time.time()),
            "file_name": file_name[:MAX_FILE_NAME_CHARACTERS],
            "sha256": str(comparison["sha256"]),
            "comparison": as_text(comparison),
        }
        return inserted_id(connection.execute(insert(comparisons).values(row)))


def as_text(comparison: Comparison) -> str:
    """A comparison's JSON as it is kept. Raises ValueError for NaN, which is no JSON."""
    return json.dumps(comparison, ensure_ascii=False, allow_nan=False)


def find_entries(
    engine: Engine, user: str, *, search: str = "", tag: str = "", before: int | None = None, limit: int = 50
) -> list[HistoryEntry]:
    """The user's entries, newest first: all, or those that `search` and `tag` both apply to.

    search: in the file name, the note or a tag, or at the start of the SHA-256. tag: one of the entry's, whole. For the
    next page give the last entry's number as `before`.
    """
    with reading(engine) as connection:
        wanted = _wanted(connection, user, search=search, tag=tag)
        if before is not None:
            wanted.append(comparisons.c.id < before)
        rows = connection.execute(select(comparisons).where(*wanted).order_by(comparisons.c.id.desc()).limit(limit))
        return [as_entry(row) for row in rows]


def open_entry(engine: Engine, user: str, *, entry_id: int) -> HistoryEntry | None:
    """One entry of the user's, or None."""
    with reading(engine) as connection:
        row = connection.execute(
            select(comparisons).where(*_mine(connection, user), comparisons.c.id == entry_id)
        ).first()
    return as_entry(row) if row else None


def write_note(engine: Engine, user: str, *, entry_id: int, note: str, tags: str) -> None:
    """Put a note and tags, separated by commas, in place of what stood on the entry. Raises NoteRefused."""
    if len(note.strip()) > MAX_NOTE_CHARACTERS:
        raise NoteRefused(NOTE_RULE.format(count=len(note.strip())))
    written = read_tags(tags)
    values = {"note": note.strip(), "tags": f",{','.join(written)}," if written else ""}
    with writing(engine) as connection:
        mine = _mine(connection, user)
        connection.execute(update(comparisons).where(*mine, comparisons.c.id == entry_id).values(values))


def read_tags(written: str) -> list[str]:
    """Tags as they are kept: in lower case, each once, in alphabetical order. Raises NoteRefused."""
    found = sorted({" ".join(part.split()).lower() for part in written.split(",")} - {""})
    if len(found) > MAX_TAGS or any(len(tag) > MAX_TAG_CHARACTERS for tag in found):
        raise NoteRefused(TAGS_RULE)
    return found


def list_tags(engine: Engine, user: str) -> list[str]:
    """All tags on the user's entries, in alphabetical order."""
    with reading(engine) as connection:
        kept = select(comparisons.c.tags).distinct().where(*_mine(connection, user), comparisons.c.tags != "")
        return sorted({tag for tags in connection.execute(kept).scalars() for tag in _split(tags)})


def read_picture(engine: Engine, user: str, *, entry_id: int) -> bytes | None:
    """The kept picture's bytes as they were uploaded, or None if it was not kept."""
    kept = select(pictures.c.data).join(comparisons, comparisons.c.picture_id == pictures.c.id)
    with reading(engine) as connection:
        return connection.execute(kept.where(*_mine(connection, user), comparisons.c.id == entry_id)).scalar()


def keep_picture(engine: Engine, user: str, *, entry_id: int, picture: bytes | None) -> None:
    """Keep this picture with the entry, or with None forget the one that was kept."""
    with writing(engine) as connection:
        mine = (*_mine(connection, user), comparisons.c.id == entry_id)
        if connection.execute(select(comparisons.c.id).where(*mine)).first() is None:
            return
        owner = lock_owner(connection, user)
        picture_id = store_picture(connection, owner, picture=picture)
        connection.execute(update(comparisons).where(*mine).values(picture_id=picture_id))
        drop_unused(connection, owner)


def delete_entries(engine: Engine, user: str, *, entry_ids: Sequence[int] | None = None) -> int:
    """Delete these entries of the user's with their pictures, or all of them for None. Returns how many."""
    with writing(engine) as connection:
        mine = _mine(connection, user)
        if entry_ids is not None:
            mine.append(comparisons.c.id.in_(entry_ids))
        count = connection.execute(delete(comparisons).where(*mine)).rowcount
        drop_unused(connection, owner_id(connection, user))
        return count


def export_csv(engine: Engine, user: str, *, search: str = "", tag: str = "") -> str:
    """The user's entries as CSV, newest first, a line for each verdict and each face's jury; columns CSV_COLUMNS."""
    with reading(engine) as connection:
        wanted = _wanted(connection, user, search=search, tag=tag)
        rows = connection.execute(select(comparisons).where(*wanted).order_by(comparisons.c.id.desc()))
        entries = [as_entry(row) for row in rows]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(CSV_COLUMNS)
    for entry in entries:
        start, notes = [entry.time.isoformat(), entry.file_name, entry.sha256], entry.comparison.get("notes") or []
        end = [" ".join(notes), entry.note, ", ".join(entry.tags)]
        lines = ([*start, *line, *end] for line in _verdict_lines(entry.comparison))
        writer.writerows([neutralise(cell) for cell in line] for line in lines)
    return text.getvalue()


def _verdict_lines(comparison: Comparison) -> Iterator[list[object]]:
    """face (from 1; "" is the whole image), detector, p_fake, label, error; one line if there is no verdict."""
    lines = [_line("", verdict) for verdict in comparison.get("whole_image") or []]
    for number, face in enumerate(comparison.get("faces") or [], start=1):
        said = [*(face.get("verdicts") or []), *([{"detector": "jury", **face["jury"]}] if face.get("jury") else [])]
        lines += [
            _line(number, verdict | {"error": say_error(verdict.get("error"), face.get("doubt"))}) for verdict in said
        ]
    yield from lines or [["", "", "", "", comparison.get("error") or ""]]


def _line(face: object, verdict: Comparison) -> list[object]:
    values = (verdict.get(name) for name in ("detector", "p_fake", "label", "error"))
    return [face, *("" if value is None else value for value in values)]


def _mine(connection: Connection, user: str) -> list[ColumnElement[bool]]:
    return [comparisons.c.user_id == owner_id(connection, user)]


def _wanted(connection: Connection, user: str, *, search: str, tag: str) -> list[ColumnElement[bool]]:
    wanted, said = _mine(connection, user), search.strip()
    if said:
        written = [comparisons.c.file_name, comparisons.c.note]
        written += [] if "," in said else [comparisons.c.tags]  # which commas keep apart
        by_hash = comparisons.c.sha256.startswith(said.lower(), autoescape=True)
        wanted.append(or_(by_hash, *(column.icontains(said, autoescape=True) for column in written)))
    if tag:
        wanted.append(comparisons.c.tags.contains(f",{tag},", autoescape=True))
    return wanted


def _split(tags: str) -> tuple[str, ...]:
    return tuple(filter(None, tags.split(",")))


def as_entry(row: Row[tuple[Any, ...]]) -> HistoryEntry:
    """A row of `comparisons` as its owner knows it."""
    return HistoryEntry(
        id=row.id,
        time=datetime.fromtimestamp(row.created_at, UTC),
        file_name=row.file_name,
        sha256=row.sha256,
        has_picture=row.picture_id is not None,
        comparison=json.loads(row.comparison),
        note=row.note,
        tags=_split(row.tags),
    )
