"""A table of users to be: read whole, and refused whole with every line that is wrong."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from auth import accounts, passwords
from storage.users import name_key
from text.tables import read_rows

MADE_FROM = "abcdefghjkmnpqrstuvwxyz23456789"  # no letters that look like digits: somebody copies it from paper
MADE_GROUPS, MADE_CHARACTERS = 3, 4  # 59 bits
MAX_BYTES = 1_000_000
SHOWN_FAULTS = 20


@dataclass(frozen=True)
class Wanted:
    """One user to be. is_made: the password is ours, and nobody knows it yet."""

    line: int
    name: str
    password: str
    is_made: bool


def read_class(path: Path) -> list[Wanted]:
    """The users of a table with a column `name` and, if wanted, `password`.

    Raises ValueError with a sentence for what is no such table.
    """
    try:
        rows = read_rows(path, needed=("name",), max_bytes=MAX_BYTES, may_guess=False)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from error
    return [
        Wanted(line, row.get("name", "").strip(), password or make_password(), is_made=not password)
        for line, row in rows
        for password in [row.get("password")]
    ]


def make_password() -> str:
    """One that a person can copy from paper."""
    groups = ("".join(secrets.choice(MADE_FROM) for _ in range(MADE_CHARACTERS)) for _ in range(MADE_GROUPS))
    return "-".join(groups)


def check_class(engine: Engine, wanted: Sequence[Wanted]) -> None:
    """Raises ValueError with a line for each that cannot be made."""
    known = {name_key(account.name): "is a user already" for account in accounts.list_users(engine)}
    faults = []
    for one in wanted:
        try:
            shown = accounts.checked_name(one.name)
            if said := known.get(name_key(shown)):
                raise ValueError(f"{shown} {said}.")
            known[name_key(shown)] = f"stands in line {one.line} already"
            passwords.check_new(one.password, name=shown)
        except ValueError as error:
            faults.append(f"line {one.line}: {error}")
    if faults:
        more = [f"and {len(faults) - SHOWN_FAULTS} more"] if len(faults) > SHOWN_FAULTS else []
        raise ValueError("\n".join([*faults[:SHOWN_FAULTS], *more, "Nobody was added."]))
