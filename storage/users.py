"""Whose a row is: users found by name, however it is spelt."""

from sqlalchemy import Connection, Row, select

from storage.tables import users
from text.folding import fold

MAX_KEY_CHARACTERS = 255
ACCOUNT_GONE = "This account no longer exists."


class AccountGone(LookupError):
    """The account was removed meanwhile; the text is meant for the visitor."""


def name_key(name: str) -> str:
    """What makes a name unique: full-width letters, ANNA and anna are one."""
    return fold(name).strip()


def find_row(connection: Connection, name: str) -> Row[tuple[object, ...]] | None:
    """The row of a user, by any spelling of the name."""
    # Longer names were never given, and MySQL need not hear of them.
    return connection.execute(select(users).where(users.c.name_key == name_key(name)[: MAX_KEY_CHARACTERS + 1])).first()


def lock_user(connection: Connection, user_id: int) -> bool:
    """Let this user's other writers wait until this transaction ends. False where the account is gone."""
    return connection.execute(select(users.c.id).where(users.c.id == user_id).with_for_update()).first() is not None


def owner_id(connection: Connection, name: str) -> int:
    """The number of a signed-in user. Raises AccountGone."""
    row = find_row(connection, name)
    if row is None:
        raise AccountGone(ACCOUNT_GONE)
    return int(row.id)
