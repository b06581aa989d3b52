"""Who is signed in: sessions of browsers and tokens of programs, found by the SHA-256 of a secret only they hold."""

import contextlib
import hashlib
import secrets
import time
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Engine, Update, and_, delete, func, insert, or_, select, update

from storage.database import DatabaseUnavailable, reading, writing
from storage.tables import api_tokens, sessions, users
from storage.users import lock_user

IDLE_SECONDS = 12 * 3600
LIFE_SECONDS = 7 * 24 * 3600
TOUCH_SECONDS = 600  # "last seen" is written down at most this often
MAX_SESSIONS = 100  # of one user: with one more the oldest ends
MAX_TOKENS = 100  # of one user: one more is refused, as no program's token should end by itself
TOKEN_BYTES = 32  # 256 bits
API_PREFIX = "fj_"  # a leaked token can be recognised, and a session is never taken for one
SESSION_PREFIX = "fs_"
MAX_LABEL_CHARACTERS = 64
ENDED = "You are no longer signed in. Please sign in again."
NO_TOKENS = f"You have {MAX_TOKENS} tokens, which is as many as one user may have. Please revoke one first."


class SessionEnded(LookupError):
    """The session, or the password that was to start one, no longer counts; the text is meant for the visitor."""


class TokenRefused(ValueError):
    """The user has as many tokens as one may have; the text is meant for the visitor."""


@dataclass(frozen=True)
class Visitor:
    """Whose request this is. `key` is the SHA-256 of the secret it came with; `is_program` is True for an API token."""

    user_id: int
    name: str
    key: str
    is_program: bool


@dataclass(frozen=True)
class ApiToken:
    """An API token as its owner sees it, without the secret. Times are seconds since 1970; used_at may be None."""

    id: int
    label: str
    created_at: int
    used_at: int | None


def digest(secret: str) -> str:
    """SHA-256 in hexadecimal. 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", errors="replace")).hexdigest()


def start_session(engine: Engine, user_id: int, *, password_hash: str) -> str:
    """A new session's secret, never one the browser brought along. The user's outlived sessions go.

    password_hash: of the password that was given. Raises SessionEnded where the user has another by now, or is gone.
    """
    secret, now = SESSION_PREFIX + secrets.token_urlsafe(TOKEN_BYTES), int(time.time())
    with writing(engine) as connection:
        if lock_password_hash(connection, user_id) != password_hash:
            raise SessionEnded(ENDED)
        connection.execute(delete(sessions).where(sessions.c.user_id == user_id, _outlived(now)))
        _make_room(connection, user_id)
        connection.execute(
            insert(sessions).values(user_id=user_id, token_sha256=digest(secret), created_at=now, seen_at=now)
        )
    return secret


def lock_password_hash(connection: Connection, user_id: int) -> str | None:
    """The hash that holds until this transaction ends; None for nobody. What was read before the hashing may be old."""
    lock_user(connection, user_id)
    return connection.execute(select(users.c.password_hash).where(users.c.id == user_id)).scalar()


def confirm_session(connection: Connection, user_id: int, key: str) -> None:
    """Raises SessionEnded unless this session is there, as it then is until the transaction ends.

    Servers remember a session for seconds after it ended: what outlives the session must not be done from memory.
    """
    lock_user(connection, user_id)
    this = (sessions.c.user_id == user_id, sessions.c.token_sha256 == key)
    if connection.execute(select(sessions.c.id).where(*this)).first() is None:
        raise SessionEnded(ENDED)


def _make_room(connection: Connection, user_id: int) -> None:
    """End a user's oldest sessions, so that there may be one more."""
    mine = sessions.c.user_id == user_id
    newest = select(sessions.c.id).where(mine).order_by(sessions.c.id.desc())
    last = connection.execute(newest.offset(MAX_SESSIONS - 1).limit(1)).scalar()
    if last is not None:
        connection.execute(delete(sessions).where(mine, sessions.c.id <= last))


def sweep_sessions(engine: Engine) -> int:
    """Remove everybody's outlived sessions, also of those who never come back. Returns how many."""
    with writing(engine) as connection:
        return connection.execute(delete(sessions).where(_outlived(int(time.time())))).rowcount


def _outlived(now: int) -> ColumnElement[bool]:
    return or_(sessions.c.created_at <= now - LIFE_SECONDS, sessions.c.seen_at <= now - IDLE_SECONDS)


def end_session(engine: Engine, key: str) -> None:
    """End one session, everywhere."""
    with writing(engine) as connection:
        connection.execute(delete(sessions).where(sessions.c.token_sha256 == key))


def find_visitor(engine: Engine, secret: str) -> Visitor | None:
    """Whose secret this is, or None if it is nobody's any more. Raises DatabaseUnavailable."""
    key = digest(secret)
    return _find_program(engine, key) if secret.startswith(API_PREFIX) else _find_browser(engine, key)


def _find_browser(engine: Engine, key: str) -> Visitor | None:
    now = int(time.time())
    with reading(engine) as connection:
        mine = and_(sessions.c.token_sha256 == key, ~_outlived(now))
        row = connection.execute(select(users.c.name, sessions).join(users).where(mine)).first()
    if row is None:
        return None
    if row.seen_at <= now - TOUCH_SECONDS:
        _note(engine, update(sessions).where(sessions.c.id == row.id).values(seen_at=now))
    return Visitor(row.user_id, row.name, key, is_program=False)


def _note(engine: Engine, seen: Update) -> None:
    """Write down when somebody was seen; a database that can only be read, on a full disk, puts nobody out."""
    with contextlib.suppress(DatabaseUnavailable), writing(engine) as connection:
        connection.execute(seen)


def _find_program(engine: Engine, key: str) -> Visitor | None:
    now = int(time.time())
    with reading(engine) as connection:
        mine = api_tokens.c.token_sha256 == key
        row = connection.execute(select(users.c.name, api_tokens).join(users).where(mine)).first()
    if row is None:
        return None
    if (row.used_at or 0) <= now - TOUCH_SECONDS:
        _note(engine, update(api_tokens).where(api_tokens.c.id == row.id).values(used_at=now))
    return Visitor(row.user_id, row.name, key, is_program=True)


def list_last_seen(engine: Engine) -> dict[int, int]:
    """When each user was last seen, in seconds since 1970, by their number. Not there: no session or token tells."""
    last: dict[int, int] = {}
    with reading(engine) as connection:
        for table, seen in ((sessions, sessions.c.seen_at), (api_tokens, api_tokens.c.used_at)):
            newest = select(table.c.user_id, func.max(seen)).where(seen.is_not(None)).group_by(table.c.user_id)
            for user_id, at in connection.execute(newest):
                last[user_id] = max(at, last.get(user_id, 0))
    return last


def make_token(engine: Engine, user_id: int, *, label: str, session: str) -> str:
    """A new API token's secret; it cannot be shown again. session: the key of the user's that asks for it.

    Raises SessionEnded, TokenRefused.
    """
    secret = API_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    row = {
        "user_id": user_id,
        "token_sha256": digest(secret),
        "label": label.strip()[:MAX_LABEL_CHARACTERS] or "unnamed",
    }
    with writing(engine) as connection:
        confirm_session(connection, user_id, session)
        mine = select(func.count()).where(api_tokens.c.user_id == user_id)
        if connection.execute(mine).scalar_one() >= MAX_TOKENS:
            raise TokenRefused(NO_TOKENS)
        connection.execute(insert(api_tokens).values(**row, created_at=int(time.time())))
    return secret


def list_tokens(engine: Engine, user_id: int) -> list[ApiToken]:
    """A user's API tokens, oldest first."""
    columns = (api_tokens.c.id, api_tokens.c.label, api_tokens.c.created_at, api_tokens.c.used_at)
    with reading(engine) as connection:
        rows = connection.execute(select(*columns).where(api_tokens.c.user_id == user_id).order_by(api_tokens.c.id))
        return [ApiToken(*row) for row in rows]


def revoke_token(engine: Engine, user_id: int, *, token_id: int) -> None:
    """Revoke one of the user's own API tokens, everywhere."""
    with writing(engine) as connection:
        connection.execute(delete(api_tokens).where(api_tokens.c.user_id == user_id, api_tokens.c.id == token_id))
