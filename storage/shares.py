"""Links that show one entry of a history to whoever has them: made by its owner, for a time, and ended at will.

The link's secret is never kept, only its SHA-256. The link dies with the entry and with its owner, by foreign keys.
Functions that take a user raise AccountGone if the account is; all raise DatabaseUnavailable if the database is.
"""

import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, insert, select

from storage.database import reading, writing
from storage.history import HistoryEntry, NoSuchEntry, as_entry
from storage.kept import lock_owner
from storage.tables import comparisons, pictures, shares
from storage.users import owner_id

PREFIX = "fl_"
SECRET_CHARACTERS = len(PREFIX) + 43  # 256 random bits
DAYS = (1, 7, 30)  # that a link may work
DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Share:
    """The link to one entry, without its secret. until: UTC."""

    until: datetime
    with_picture: bool


@dataclass(frozen=True)
class SharedEntry:
    """What a link shows. picture: None where it was not kept, or is not shared."""

    share: Share
    entry: HistoryEntry
    picture: bytes | None


def share_entry(engine: Engine, user: str, *, entry_id: int, days: int, with_picture: bool) -> str:
    """Make a link and return its secret, which is told only now; a former link to the entry ends.

    Raises NoSuchEntry, and ValueError for another number of days than DAYS has.
    """
    if days not in DAYS:
        raise ValueError(f"A link works for {DAYS} days, not for {days}")
    secret, now = PREFIX + secrets.token_urlsafe(32), int(time.time())
    with writing(engine) as connection:
        owner = lock_owner(connection, user)
        mine = (comparisons.c.user_id == owner, comparisons.c.id == entry_id)
        if connection.execute(select(comparisons.c.id).where(*mine)).first() is None:
            raise NoSuchEntry
        connection.execute(delete(shares).where(shares.c.comparison_id == entry_id))
        row = {"user_id": owner, "comparison_id": entry_id, "token_sha256": _hash(secret)}
        row |= {"with_picture": with_picture, "created_at": now, "until": now + days * DAY_SECONDS}
        connection.execute(insert(shares).values(row))
    return secret


def find_share(engine: Engine, user: str, *, entry_id: int) -> Share | None:
    """The link to this entry of the user's, while it works."""
    with reading(engine) as connection:
        wanted = (*_link_to(connection, user, entry_id), shares.c.until > time.time())
        row = connection.execute(select(shares).where(*wanted)).first()
    return _share(row) if row else None


def end_share(engine: Engine, user: str, *, entry_id: int) -> None:
    """From now on the link to this entry of the user's shows nothing."""
    with writing(engine) as connection:
        connection.execute(delete(shares).where(*_link_to(connection, user, entry_id)))


def open_shared(engine: Engine, secret: str) -> SharedEntry | None:
    """What a link shows, to whoever has it; None where it has ended, and for what never was one."""
    if len(secret) != SECRET_CHARACTERS or not secret.startswith(PREFIX):
        return None
    of_entry = comparisons.c.id == shares.c.comparison_id
    allowed = and_(pictures.c.id == comparisons.c.picture_id, shares.c.with_picture)
    shown = select(comparisons, shares.c.until, shares.c.with_picture, pictures.c.data)
    with reading(engine) as connection:
        row = connection.execute(
            shown.join(shares, of_entry)
            .outerjoin(pictures, allowed)
            .where(shares.c.token_sha256 == _hash(secret), shares.c.until > time.time())
        ).first()
    return SharedEntry(_share(row), as_entry(row), row.data) if row else None


def sweep_shares(engine: Engine) -> None:
    """Delete the links whose time is over."""
    with writing(engine) as connection:
        connection.execute(delete(shares).where(shares.c.until <= int(time.time())))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _link_to(connection: Connection, user: str, entry_id: int) -> list[ColumnElement[bool]]:
    return [shares.c.user_id == owner_id(connection, user), shares.c.comparison_id == entry_id]


def _share(row: Any) -> Share:
    return Share(datetime.fromtimestamp(row.until, UTC), bool(row.with_picture))
