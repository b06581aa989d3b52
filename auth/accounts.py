"""Accounts: names, sign-up, sign-in with lock-out, removal. Each function is a short transaction or two."""

import logging
import time
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Engine, Row, delete, exc, insert, select, update

from auth import passwords
from auth.lockout import SignInPlace, count_try
from auth.sessions import confirm_session, lock_password_hash
from storage.database import inserted_id, reading, writing
from storage.tables import api_tokens, sessions, users
from storage.users import MAX_KEY_CHARACTERS, find_row, name_key
from text.plain_text import is_visible

MAX_NAME_CHARACTERS = 64
NAME_RULE = "A user name has 1 to 64 visible characters."
NAME_TAKEN = "That user name is taken. Please choose another."
REFUSED = "That name and password do not match, or there were too many tries. After five, wait five minutes."
log = logging.getLogger(__name__)


class NameRefused(ValueError):
    """The name is taken or not a name; the text is meant for the visitor."""


@dataclass(frozen=True)
class Account:
    """One person's account. Times are seconds since 1970. Who is locked out, auth.lockout says.

    password_hash: when it was read, for start_session to ask whether it is still that; it is nobody else's business.
    """

    id: int
    name: str
    created_at: int
    is_operator: bool = False
    password_hash: str = field(default="", repr=False, compare=False)


def checked_name(name: str) -> str:
    """The name as shown, in NFC and without blanks around it. Raises NameRefused."""
    shown = unicodedata.normalize("NFC", name).strip()
    key = name_key(shown)
    if not is_visible(shown) or not key or len(shown) > MAX_NAME_CHARACTERS or len(key) > MAX_KEY_CHARACTERS:
        raise NameRefused(NAME_RULE)
    return shown


def add_user(engine: Engine, name: str, *, password: str, rounds: int = passwords.ROUNDS) -> Account:
    """Make an account. Raises NameRefused, passwords.PasswordRefused, DatabaseUnavailable."""
    (account,) = add_users(engine, [(name, password)], rounds=rounds)
    return account


def add_users(
    engine: Engine,
    wanted: Iterable[tuple[str, str]],
    *,
    rounds: int = passwords.ROUNDS,
    before_commit: Callable[[], None] = lambda: None,
) -> list[Account]:
    """Make accounts of these names and passwords, all or none. Raises what add_user raises.

    before_commit: called when they can be made; where it raises, none is.
    """
    rows: list[dict[str, Any]] = []
    for name, password in wanted:
        shown = checked_name(name)
        passwords.check_new(password, name=shown)
        hashed = passwords.hash_password(password, rounds=rounds)
        row = {"name": shown, "name_key": name_key(shown), "password_hash": hashed, "created_at": int(time.time())}
        rows.append(row | {"failures": 0, "locked_until": 0})
    try:
        with writing(engine) as connection:
            numbers = [inserted_id(connection.execute(insert(users).values(**row))) for row in rows]
            before_commit()
    except exc.IntegrityError as error:
        raise NameRefused(NAME_TAKEN) from error
    for number in numbers:
        log.info("account made", extra={"account": number})
    return [
        Account(number, row["name"], row["created_at"], password_hash=row["password_hash"])
        for number, row in zip(numbers, rows, strict=True)
    ]


def sign_in(
    engine: Engine, name: str, *, password: str, place: SignInPlace, rounds: int = passwords.ROUNDS
) -> Account | None:
    """The account if the password is right and it is not locked for this place; else None, after much the same time.

    Raises DatabaseUnavailable.
    """
    with reading(engine) as connection:
        row = find_row(connection, name)
    matches = passwords.verify_password(password, row.password_hash if row else None, rounds=rounds)
    number, stored = (row.id, row.password_hash) if row else (0, None)
    with writing(engine) as connection:
        is_current = lock_password_hash(connection, number) == stored
        admitted = is_current and count_try(connection, number, place, matches=matches)
    if not is_current:  # changed during the hashing: the same password may have been hashed anew
        return sign_in(engine, name, password=password, place=place, rounds=rounds)
    if row is None or not admitted:
        log.info("sign-in refused", extra={"account": row.id if row else None})
        return None
    log.info("password accepted", extra={"account": row.id})
    if passwords.is_outdated(row.password_hash, rounds=rounds):
        return _rehash(engine, row, password=password, rounds=rounds)
    return _account(row)


def set_password(
    engine: Engine, user_id: int, *, password: str, keep_session: str = "", rounds: int = passwords.ROUNDS
) -> None:
    """Another password, and in the same transaction the end of all sessions but `keep_session`, by its key.

    API tokens end too: who changes the password because somebody got in wants that somebody out altogether.

    Raises passwords.PasswordRefused, DatabaseUnavailable, and SessionEnded where the session to keep has ended.
    """
    with reading(engine) as connection:
        name = connection.execute(select(users.c.name).where(users.c.id == user_id)).scalar()
    passwords.check_new(password, name=name or "")
    hashed = passwords.hash_password(password, rounds=rounds)
    with writing(engine) as connection:
        if keep_session:
            confirm_session(connection, user_id, keep_session)
        connection.execute(update(users).where(users.c.id == user_id).values(password_hash=hashed))
        others = sessions.c.token_sha256 != keep_session
        connection.execute(delete(sessions).where(sessions.c.user_id == user_id, others))
        connection.execute(delete(api_tokens).where(api_tokens.c.user_id == user_id))
    log.info("password changed", extra={"account": user_id})


def _rehash(engine: Engine, row: Row[tuple[object, ...]], *, password: str, rounds: int) -> Account:
    """The account with this password hashed at the cost of today."""
    hashed = passwords.hash_password(password, rounds=rounds)
    unchanged = (users.c.id == row.id, users.c.password_hash == row.password_hash)  # a newer password stays
    with writing(engine) as connection:
        connection.execute(update(users).where(*unchanged).values(password_hash=hashed))
    return replace(_account(row), password_hash=hashed)


def remove_user(engine: Engine, user_id: int, *, session: str = "") -> None:
    """Remove the account and, by the tables' foreign keys, all it owns.

    session: the key of the one that asks for it, where the operator does not. Raises SessionEnded where it has ended.
    """
    with writing(engine) as connection:
        if session:
            confirm_session(connection, user_id, session)
        connection.execute(delete(users).where(users.c.id == user_id))
    log.info("account removed", extra={"account": user_id})


def set_operator(engine: Engine, user_id: int, *, is_operator: bool) -> None:
    """Let this user open the operator's page, or no longer."""
    with writing(engine) as connection:
        connection.execute(update(users).where(users.c.id == user_id).values(is_operator=is_operator))
    log.info("operator changed", extra={"account": user_id, "is_operator": is_operator})


def find_user(engine: Engine, name: str) -> Account | None:
    """The account of that name in any spelling that means the same, or None."""
    with reading(engine) as connection:
        row = find_row(connection, name)
    return _account(row) if row else None


def list_users(engine: Engine) -> list[Account]:
    """All accounts by name."""
    with reading(engine) as connection:
        return [_account(row) for row in connection.execute(select(users).order_by(users.c.name_key))]


def _account(row: Row[tuple[object, ...]]) -> Account:
    return Account(row.id, row.name, row.created_at, bool(row.is_operator), row.password_hash)
