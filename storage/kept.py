"""What a user keeps here that takes room: comparisons, pictures, each once, and feedback, all up to a limit.

Called inside the transaction of whoever writes; `lock_owner` first, so that one user's changes come one by one.
"""

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, func, select

from storage.database import find_most_bytes, insert_long, reading
from storage.tables import comparisons, feedback, pictures
from storage.users import ACCOUNT_GONE, AccountGone, lock_user, owner_id

MAX_KEPT_BYTES = 500_000_000  # pictures of one user
MAX_ENTRIES = 10_000  # in one user's history; of a photo a few kilobytes each
MAX_RESULT_BYTES = 200_000_000  # of one user's entries together: a long video or a large batch takes megabytes
MAX_ENTRY_BYTES = 10_000_000  # of one: MariaDB takes 16 MB at once, with every quotation mark escaped
MAX_REPORTS = 1_000  # verdicts that one user said were wrong
NO_ROOM = f"Your kept pictures have reached {MAX_KEPT_BYTES // 1_000_000} MB; delete some in your history first."
PICTURE_TOO_LARGE = "The picture is too large for the database of this server."
NO_ENTRIES = (
    f"Not in your history: it holds {MAX_ENTRIES:,} entries, as many as are kept of one user. Delete some in History."
)
NO_RESULTS = (
    f"Not in your history: your results have reached {MAX_RESULT_BYTES // 1_000_000} MB, as much as is kept of one "
    "user. Delete some in History."
)
TOO_LARGE = (
    f"Not in your history: this result is larger than the {MAX_ENTRY_BYTES // 1_000_000} MB that one entry may have. "
    "Save it as a file instead."
)
NO_REPORTS = f"You have reported {MAX_REPORTS:,} verdicts, which is as many as are kept of one user."


class QuotaReached(ValueError):
    """No more is kept of this user. The message is one sentence for them."""


@dataclass(frozen=True)
class Kept:
    """How much of one user's is kept."""

    entries: int = 0
    entry_bytes: int = 0
    pictures: int = 0
    picture_bytes: int = 0
    reports: int = 0


def lock_owner(connection: Connection, user: str) -> int:
    """The number of a signed-in user, whose other writers wait until this transaction ends. Raises AccountGone."""
    owner = owner_id(connection, user)
    if not lock_user(connection, owner):
        raise AccountGone(ACCOUNT_GONE)
    return owner


def store_picture(connection: Connection, owner: int, *, picture: bytes | None) -> int | None:
    """The number of a kept picture, or None without one. The same bytes are kept once. Raises QuotaReached."""
    if picture is None:
        return None
    sha256, mine = hashlib.sha256(picture).hexdigest(), pictures.c.user_id == owner
    there = connection.execute(select(pictures.c.id).where(mine, pictures.c.sha256 == sha256)).scalar()
    if there is not None:
        return int(there)
    held = connection.execute(select(func.coalesce(func.sum(func.length(pictures.c.data)), 0)).where(mine)).scalar_one()
    if held + len(picture) > MAX_KEPT_BYTES:
        raise QuotaReached(NO_ROOM)
    most = find_most_bytes(connection)
    if most is not None and len(picture) > most:
        raise QuotaReached(PICTURE_TOO_LARGE)
    return insert_long(connection, pictures, {"user_id": owner, "sha256": sha256}, data=picture)


def drop_unused(connection: Connection, owner: int) -> None:
    """Delete this user's pictures that neither an entry nor feedback has any more."""
    used = [select(table.c.picture_id).where(table.c.picture_id == pictures.c.id) for table in (comparisons, feedback)]
    connection.execute(delete(pictures).where(pictures.c.user_id == owner, *(~query.exists() for query in used)))


def check_entries(connection: Connection, owner: int, *, size: int) -> None:
    """Raises QuotaReached where no result of so many bytes is kept of this user any more."""
    held = func.coalesce(func.sum(comparisons.c.size), 0)
    count, taken = connection.execute(select(func.count(), held).where(comparisons.c.user_id == owner)).one()
    if count >= MAX_ENTRIES:
        raise QuotaReached(NO_ENTRIES)
    if size > MAX_ENTRY_BYTES:
        raise QuotaReached(TOO_LARGE)
    if taken + size > MAX_RESULT_BYTES:
        raise QuotaReached(NO_RESULTS)


def check_reports(connection: Connection, owner: int) -> None:
    """Raises QuotaReached where no more feedback of this user's is kept."""
    mine = select(func.count()).select_from(feedback).where(feedback.c.user_id == owner)
    if connection.execute(mine).scalar_one() >= MAX_REPORTS:
        raise QuotaReached(NO_REPORTS)


def count_kept(engine: Engine) -> dict[int, Kept]:
    """What is kept, by the number of its user."""
    held = func.sum(func.length(pictures.c.data)).label("size")
    per_user = select(pictures.c.user_id, func.count().label("number"), held).group_by(pictures.c.user_id)
    summed = func.sum(comparisons.c.size)
    of_results = select(comparisons.c.user_id, func.count(), summed).group_by(comparisons.c.user_id)
    of_reports = select(feedback.c.user_id, func.count()).group_by(feedback.c.user_id)
    with reading(engine) as connection:
        entries = {row[0]: (row[1], int(row[2])) for row in connection.execute(of_results)}
        reports = dict(map(tuple, connection.execute(of_reports)))
        kept = {row.user_id: (row.number, int(row.size)) for row in connection.execute(per_user)}
    found = {}
    for user in entries.keys() | kept.keys() | reports.keys():
        (count, size), (number, bytes_) = entries.get(user, (0, 0)), kept.get(user, (0, 0))
        found[user] = Kept(count, size, number, bytes_, reports.get(user, 0))
    return found
