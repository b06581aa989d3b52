"""Messages that were not delivered yet, so that a restart loses none: each until it is taken, or its time is over.

The caller's secret is never kept. A message is signed beforehand for moments of the day in which it is tried, so
whoever reads the database can send this message again, and sign no other.

All functions raise DatabaseUnavailable if the database is away; `keep_message` raises AccountGone if the account is.
"""

import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, delete, select, update

from storage.database import insert_long, reading, writing
from storage.kept import lock_owner
from storage.tables import outbox

KEEP_SECONDS = 86_400  # then it is given up
MAX_OF_USER = 20  # messages; the oldest make room for the newest
MAX_MESSAGE_BYTES = 10_000_000  # MariaDB has values of up to 16 MB
TOO_LARGE = f"a message may have {MAX_MESSAGE_BYTES:,} bytes to be kept, this one has {{count:,}}"


@dataclass(frozen=True)
class Message:
    """One that was taken on to be sent. signatures: seconds since 1970 -> what proves it then."""

    number: str
    url: str
    body: bytes
    signatures: Mapping[int, str]


def keep_message(engine: Engine, user: str, message: Message, *, due: float) -> list[str]:
    """Write down a message that somebody is sending already; others take it on when it is due, in seconds since 1970.

    Returns the numbers of those that made room for it. Raises ValueError for one that is too large.
    """
    if len(message.body) > MAX_MESSAGE_BYTES:
        raise ValueError(TOO_LARGE.format(count=len(message.body)))
    now = int(time.time())
    row = {"number": message.number, "url": message.url, "created_at": now, "due_at": int(due)}
    row |= {"signatures": json.dumps(dict(message.signatures)), "until": now + KEEP_SECONDS}
    with writing(engine) as connection:
        owner = lock_owner(connection, user)
        mine = outbox.c.user_id == owner
        newest = select(outbox.c.id, outbox.c.number).where(mine).order_by(outbox.c.id.desc()).offset(MAX_OF_USER - 1)
        old = connection.execute(newest.limit(MAX_OF_USER)).all()
        connection.execute(delete(outbox).where(outbox.c.id.in_([one.id for one in old])))
        insert_long(connection, outbox, row | {"user_id": owner}, body=message.body)
    return [one.number for one in old]


def take_due(engine: Engine, *, again: float) -> Message | None:
    """The message that is due longest, for this caller alone; None where none is. again: when it is due next."""
    now = int(time.time())
    ready = (outbox.c.due_at <= now, outbox.c.until > now)
    while True:
        with reading(engine) as connection:
            row = connection.execute(select(outbox).where(*ready).order_by(outbox.c.due_at).limit(1)).first()
        if row is None:
            return None
        same = (outbox.c.id == row.id, outbox.c.due_at == row.due_at)
        with writing(engine) as connection:
            if connection.execute(update(outbox).where(*same).values(due_at=int(again))).rowcount:
                signatures = {int(at): signature for at, signature in json.loads(row.signatures).items()}
                return Message(row.number, row.url, row.body, signatures)


def put_off(engine: Engine, numbers: Collection[str], *, due: float) -> None:
    """These are due then."""
    with writing(engine) as connection:
        connection.execute(update(outbox).where(outbox.c.number.in_(numbers)).values(due_at=int(due)))


def drop_message(engine: Engine, number: str) -> None:
    """It was taken, or may not be sent any more."""
    with writing(engine) as connection:
        connection.execute(delete(outbox).where(outbox.c.number == number))


def sweep_outbox(engine: Engine) -> list[str]:
    """Give up those whose time is over; their numbers."""
    now = int(time.time())
    with writing(engine) as connection:
        over = connection.execute(select(outbox.c.number).where(outbox.c.until <= now)).scalars().all()
        if over:
            connection.execute(delete(outbox).where(outbox.c.until <= now))
    return list(over)
