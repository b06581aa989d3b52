"""Wrong passwords are counted by user and by where they come from: they lock out whoever sends them, not the user.

An address can be changed or forged, so failures are also counted by user alone. Too many of those lock out all
addresses except those from which the user has signed in before. A session is a place of its own: who is signed in
proves their password there, whatever others try elsewhere.
"""

import contextlib
import hashlib
import time
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Integer,
    Table,
    and_,
    case,
    delete,
    exc,
    exists,
    false,
    insert,
    literal,
    or_,
    select,
    true,
    union,
    update,
)
from starlette.requests import Request

from auth.requests import line_of, read_address
from auth.sessions import Visitor
from storage.database import reading, writing
from storage.tables import refusals, sign_in_tries, users

MAX_FAILURES = 5  # at one place
MAX_ACCOUNT_FAILURES = 50  # at all addresses together
LOCK_SECONDS = 300
KNOWN_SECONDS = 30 * 24 * 3600  # for so long an address from which the user signed in is known
STRANGE_SECONDS = 3600  # for so long a failure at another address is remembered


@dataclass(frozen=True)
class SignInPlace:
    """Where a password is typed in: an address or a session. key: SHA-256, for an address is not kept as it is."""

    key: str
    is_session: bool = False


def place_of_address(request: Request) -> SignInPlace:
    """The address that a request comes from; of IPv6 the network."""
    host = request.client.host if request.client else ""
    found = read_address(host)
    return SignInPlace(hashlib.sha256(f"address {line_of(found) if found else host}".encode()).hexdigest())


def place_of_session(visitor: Visitor) -> SignInPlace:
    """The session of who is signed in."""
    return SignInPlace(hashlib.sha256(f"session {visitor.key}".encode()).hexdigest(), is_session=True)


def note_place(engine: Engine, user_id: int, place: SignInPlace) -> None:
    """The user has just signed up there, so the place is known."""
    now = int(time.time())
    row = {"user_id": user_id, "place": place.key, "tried_at": now, "succeeded_at": now}
    with contextlib.suppress(exc.IntegrityError), writing(engine) as connection:  # another request was faster
        connection.execute(insert(sign_in_tries).values(**row, failures=0, locked_until=0))


def count_try(connection: Connection, user_id: int, place: SignInPlace, *, matches: bool) -> bool:
    """Count one try, and say whether it lets the user in. user_id: 0 for a name that nobody has.

    The caller has locked the user (`lock_password_hash`), as note_place's foreign key does first: in the other order
    two tries at once would be a deadlock.

    The lock is looked at after the hashing: of a hundred guesses sent at once, those that end after the fifth failure
    are refused even if right. Whatever the reason of a refusal, the same statements are sent and something is written,
    so that the time does not tell: not who is a user, and not that a password is right while it is locked.
    """
    now = int(time.time())
    _make_room(connection, user_id, place, now)
    right, wrong = (true(), false()) if matches else (false(), true())
    here = and_(
        sign_in_tries.c.user_id == user_id, sign_in_tries.c.place == place.key, sign_in_tries.c.locked_until <= now
    )
    account = and_(users.c.id == user_id, users.c.locked_until <= now)
    is_known = sign_in_tries.c.succeeded_at > now - KNOWN_SECONDS
    may = true() if place.is_session else or_(is_known, select(users.c.id).where(account).exists())
    seen = {"failures": 0, "locked_until": 0, "tried_at": now, "succeeded_at": now}
    if connection.execute(update(sign_in_tries).where(right, here, may).values(**seen)).rowcount:
        if not place.is_session:
            connection.execute(update(users).where(users.c.id == user_id).values(failures=0))
        return True
    counted = _count_failure(connection, sign_in_tries, and_(wrong, here), MAX_FAILURES)
    if not place.is_session:
        counted += _count_failure(connection, users, and_(wrong, account), MAX_ACCOUNT_FAILURES)
    noted = update(sign_in_tries).where(here).values(tried_at=now) if counted else insert(refusals)
    connection.execute(noted)
    return False


def _make_room(connection: Connection, user_id: int, place: SignInPlace, now: int) -> None:
    """A row to count at this place, where there is such a user, who is not locked out of all places that are new."""
    there = exists().where(sign_in_tries.c.user_id == users.c.id, sign_in_tries.c.place == place.key)
    may = true() if place.is_session else users.c.locked_until <= now
    row = {"place": literal(place.key), "failures": 0, "locked_until": 0, "tried_at": now, "succeeded_at": 0}
    values = [value if name == "place" else literal(value, Integer) for name, value in row.items()]
    found = select(users.c.id, *values).where(users.c.id == user_id, may, ~there)
    connection.execute(insert(sign_in_tries).from_select(["user_id", *row], found))


def _count_failure(connection: Connection, table: Table, where: ColumnElement[bool], most: int) -> int:
    """In one statement; how many rows. MySQL assigns from left to right, with the new values: so the lock is first."""
    is_last = table.c.failures + 1 >= most
    locked = case((is_last, int(time.time()) + LOCK_SECONDS), else_=table.c.locked_until)
    failures = case((is_last, 0), else_=table.c.failures + 1)
    assigned = (table.c.locked_until, locked), (table.c.failures, failures)
    return connection.execute(update(table).where(where).ordered_values(*assigned)).rowcount


def list_locked(engine: Engine) -> set[int]:
    """The numbers of the users who are locked out now: at one place, or at all addresses that are not known."""
    now = int(time.time())
    everywhere = select(users.c.id).where(users.c.locked_until > now)
    somewhere = select(sign_in_tries.c.user_id).where(sign_in_tries.c.locked_until > now)
    with reading(engine) as connection:
        return set(connection.execute(union(everywhere, somewhere)).scalars())


def unlock(engine: Engine, user_id: int) -> None:
    """Forget the failures and the locks, at all places."""
    with writing(engine) as connection:
        connection.execute(update(users).where(users.c.id == user_id).values(failures=0, locked_until=0))
        connection.execute(
            update(sign_in_tries).where(sign_in_tries.c.user_id == user_id).values(failures=0, locked_until=0)
        )


def sweep_tries(engine: Engine) -> int:
    """Forget the places that are known no more, and those where nobody got in. Returns how many."""
    now = int(time.time())
    unknown = and_(sign_in_tries.c.succeeded_at == 0, sign_in_tries.c.tried_at <= now - STRANGE_SECONDS)
    with writing(engine) as connection:
        connection.execute(delete(refusals))
        outlived = or_(unknown, sign_in_tries.c.tried_at <= now - KNOWN_SECONDS)
        return connection.execute(delete(sign_in_tries).where(outlived)).rowcount
