"""What a user has had judged: the JSON of each result as it is, and pictures only where they asked to keep them.

Everything is asked for by the user's name (`gr.Request.username`), so nobody reaches another's entry by its number.
All functions raise AccountGone if the account is, DatabaseUnavailable if the database is; those that keep an
entry or a picture raise QuotaReached, and `keep_picture` raises NoSuchEntry.
"""

import json
import time
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, case, delete, func, insert, or_, select, update

from storage.database import inserted_id, once_more, reading, writing
from storage.kept import check_entries, drop_unused, lock_owner, store_picture
from storage.search_text import fill_search_texts, make_search_text, renew_search_text
from storage.tables import comparisons, pictures
from storage.users import owner_id
from storage.verdict import find_verdict
from text.folding import fold_line
from text.plain_text import make_storable
from text.report_id import PREFIX, make_report_id

MAX_FILE_NAME_CHARACTERS = 255
MAX_SEARCH_CHARACTERS = 255
MAX_NOTE_CHARACTERS = 2_000
MAX_TAGS = 10
MAX_TAG_CHARACTERS = 24
NOTE_RULE = f"A note may have {MAX_NOTE_CHARACTERS:,} characters; this one has {{count:,}}."
TAGS_RULE = f"An entry may have {MAX_TAGS} tags, separated by commas, of up to {MAX_TAG_CHARACTERS} characters each."

PHOTO, BATCH, VIDEO, SOUND = "photo", "batch", "video", "sound"
KINDS = (PHOTO, BATCH, VIDEO, SOUND)

Comparison = dict[str, Any]
"""Of a photo, a video or a sound schema 1 of its JSON, stored and given back unread.

Of a batch: "kind", "sha256", and "comparisons", those of its pictures, each with its "name".
"""


class NoteRefused(ValueError):
    """The note or the tags are too long or too many; the text is meant for the visitor."""


class NoSuchEntry(LookupError):
    """The user has no entry of that number, or no longer has; the text is meant for the visitor."""

    def __init__(self) -> None:
        super().__init__("There is no such entry in your history.")


@dataclass(frozen=True)
class HistoryEntry:
    """One result in somebody's history. `time` is UTC; `has_picture` is False where no picture was kept.

    note, tags: what its owner wrote to it; tags in lower case, in alphabetical order. versions: of what judged, by
    name; empty for what was judged before they were kept. outline: of all but photos, what a list says of it;
    comparison is then {} in a list. thumb: in a list, a WebP where pictures were kept.
    """

    id: int
    time: datetime
    file_name: str
    sha256: str
    has_picture: bool
    comparison: Comparison
    note: str
    tags: tuple[str, ...]
    kind: str = PHOTO
    report_id: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    outline: Mapping[str, str] = field(default_factory=dict)
    thumb: bytes | None = None


@once_more
def add_entry(
    engine: Engine,
    user: str,
    *,
    file_name: str,
    comparison: Comparison,
    versions: Mapping[str, str] | None = None,
    outline: Mapping[str, str] | None = None,
    picture: bytes | None = None,
    thumb: bytes | None = None,
) -> int:
    """Write down one result and return its number. Give `picture` and `thumb` only if the user asked to keep them."""
    text, name = as_text(comparison), make_storable(file_name)[:MAX_FILE_NAME_CHARACTERS]
    size = len(text.encode())
    start, members = float(comparison.get("start") or 0), _list_members(comparison)
    with writing(engine) as connection:
        owner = lock_owner(connection, user)
        check_entries(connection, owner, size=size)
        row = {
            "user_id": owner,
            "picture_id": store_picture(connection, owner, picture=picture),
            "created_at": int(time.time()),
            "file_name": name,
            "sha256": str(comparison["sha256"]),
            "comparison": text,
            "kind": str(comparison.get("kind", PHOTO)),
            "size": size,
            "outline": json.dumps(outline) if outline else None,
            "members": members,
            "search_text": make_search_text(file_name=name, members=members),
            "thumb": thumb,
            "versions": json.dumps(versions) if versions else None,
            "verdict": find_verdict(comparison, outline),
            "report_id": make_report_id(str(comparison["sha256"]), versions or {}, start=start),
        }
        return inserted_id(connection.execute(insert(comparisons).values(row)))


def _list_members(comparison: Comparison) -> str | None:
    """What the search finds a batch by, beside its own name: the names and hashes of its pictures."""
    found = comparison.get("comparisons")
    return None if found is None else make_storable("\n".join(f"{one['name']} {one['sha256']}" for one in found))


def as_text(comparison: Comparison) -> str:
    """A comparison's JSON as it is kept. Raises ValueError for NaN, which is no JSON."""
    return make_storable(json.dumps(comparison, ensure_ascii=False, allow_nan=False))


@dataclass(frozen=True)
class HistoryQuery:
    """Which entries. search: in the file name, of the pictures of a batch too, the note or a tag, or at the start of
    the SHA-256 or the report ID; tag: one of the entry's, whole; kind: of KINDS; verdict: of VERDICTS. What is empty
    leaves none out. Capitals and how a letter is composed do not matter to the search, on any database.
    """

    search: str = ""
    tag: str = ""
    kind: str = ""
    verdict: str = ""

    def __post_init__(self) -> None:
        """As what is looked in was kept."""
        for one in fields(self):
            object.__setattr__(self, one.name, make_storable(getattr(self, one.name)))


ALL = HistoryQuery()
_LISTED = [column for column in comparisons.c if column.name not in ("comparison", "members", "search_text")]
_READ = [column for column in comparisons.c if column.name not in ("members", "search_text", "thumb")]


def find_entries(
    engine: Engine, user: str, wanted: HistoryQuery = ALL, *, before: int | None = None, limit: int = 50
) -> list[HistoryEntry]:
    """The user's entries, newest first. For the next page give the last entry's number as `before`."""
    small = case((comparisons.c.outline.is_(None), comparisons.c.comparison), else_="{}").label("comparison")
    if wanted.search.strip():
        fill_search_texts(engine, user)
    with reading(engine) as connection:
        chosen = _choose(connection, user, wanted)
        if before is not None:
            chosen.append(comparisons.c.id < before)
        found: Select[Any] = select(*_LISTED, small).where(*chosen).order_by(comparisons.c.id.desc()).limit(limit)
        return [as_entry(row) for row in connection.execute(found)]


def read_entries(engine: Engine, user: str, wanted: HistoryQuery = ALL) -> Iterator[HistoryEntry]:
    """The same, each in full, one after another: together they may be larger than memory should be asked for.

    What is deleted meanwhile is left out. Each is read by itself: on SQLite nobody writes while somebody reads.
    """
    if wanted.search.strip():
        fill_search_texts(engine, user)
    with reading(engine) as connection:
        chosen = _choose(connection, user, wanted)
        found = select(comparisons.c.id).where(*chosen).order_by(comparisons.c.id.desc())
        numbers = connection.execute(found).scalars().all()
    for number in numbers:
        with reading(engine) as connection:
            row = connection.execute(select(*_READ).where(comparisons.c.id == number)).first()
        if row:
            yield as_entry(row)


def open_entry(engine: Engine, user: str, *, entry_id: int) -> HistoryEntry | None:
    """One entry of the user's, or None."""
    with reading(engine) as connection:
        row = connection.execute(select(*_READ).where(*_mine(connection, user), comparisons.c.id == entry_id)).first()
    return as_entry(row) if row else None


def write_note(engine: Engine, user: str, *, entry_id: int, note: str, tags: str) -> None:
    """Put a note and tags, separated by commas, in place of what stood on the entry. Raises NoteRefused."""
    note = make_storable(note.strip())
    if len(note) > MAX_NOTE_CHARACTERS:
        raise NoteRefused(NOTE_RULE.format(count=len(note)))
    written = read_tags(tags)
    values = {"note": note, "tags": f",{','.join(written)}," if written else ""}
    with writing(engine) as connection:
        mine = (*_mine(connection, user), comparisons.c.id == entry_id)
        connection.execute(update(comparisons).where(*mine).values(values))
        renew_search_text(connection, *mine)


def read_tags(written: str) -> list[str]:
    """Tags as they are kept: composed, in lower case, each once, in alphabetical order. Raises NoteRefused."""
    composed = unicodedata.normalize("NFC", make_storable(written).lower())
    found = sorted({" ".join(part.split()) for part in composed.split(",")} - {""})
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


@once_more
def keep_picture(
    engine: Engine, user: str, *, entry_id: int, picture: bytes | None, thumb: bytes | None = None
) -> None:
    """Keep this picture with the entry, and its thumbnail; or with None forget what was kept. Raises NoSuchEntry."""
    with writing(engine) as connection:
        owner = lock_owner(connection, user)
        mine = (comparisons.c.user_id == owner, comparisons.c.id == entry_id)
        if connection.execute(select(comparisons.c.id).where(*mine)).first() is None:
            raise NoSuchEntry
        picture_id = store_picture(connection, owner, picture=picture)
        connection.execute(update(comparisons).where(*mine).values(picture_id=picture_id, thumb=thumb))
        drop_unused(connection, owner)


@once_more
def delete_entries(engine: Engine, user: str, *, entry_ids: Sequence[int] | None = None) -> int:
    """Delete these entries of the user's with their pictures, or all of them for None. Returns how many."""
    with writing(engine) as connection:
        owner = lock_owner(connection, user)
        mine = [comparisons.c.user_id == owner]
        if entry_ids is not None:
            mine.append(comparisons.c.id.in_(entry_ids))
        count = connection.execute(delete(comparisons).where(*mine)).rowcount
        drop_unused(connection, owner)
        return count


def _mine(connection: Connection, user: str) -> list[ColumnElement[bool]]:
    return [comparisons.c.user_id == owner_id(connection, user)]


def _choose(connection: Connection, user: str, wanted: HistoryQuery) -> list[ColumnElement[bool]]:
    chosen, said = _mine(connection, user), fold_line(wanted.search)
    if said:
        found = [comparisons.c.search_text.contains(said, autoescape=True)]
        found.append(comparisons.c.sha256.startswith(said, autoescape=True))
        if said.upper().startswith(PREFIX):
            found.append(comparisons.c.report_id.startswith(said.upper(), autoescape=True))
        chosen.append(or_(*found))
    if wanted.tag:
        chosen.append(func.instr(comparisons.c.tags, f",{wanted.tag},") > 0)  # SQLite's LIKE takes A for a
    if wanted.kind:
        chosen.append(comparisons.c.kind == wanted.kind)
    if wanted.verdict:
        chosen.append(comparisons.c.verdict == wanted.verdict)
    return chosen


def _split(tags: str) -> tuple[str, ...]:
    return tuple(filter(None, tags.split(",")))


def as_entry(row: Row[Any]) -> HistoryEntry:
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
        kind=row.kind,
        report_id=row.report_id,
        versions=json.loads(row.versions or "{}"),
        outline=json.loads(row.outline or "{}"),
        thumb=getattr(row, "thumb", None),  # of a list alone
    )
