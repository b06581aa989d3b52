"""The game's scoreboard: each user's best game, under a nickname, for those who asked to be on it and for no other.

Functions that take a user raise AccountGone if the account is; all raise DatabaseUnavailable if the database is.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, delete, insert, select, update

from storage.database import reading, writing
from storage.kept import lock_owner
from storage.tables import scores
from storage.users import owner_id
from text.plain_text import is_visible

MAX_NICKNAME_CHARACTERS = 24
NICKNAME_RULE = f"A nickname has 1 to {MAX_NICKNAME_CHARACTERS} visible characters."
SHOWN = 20  # on the board


class NicknameRefused(ValueError):
    """No such nickname; the text is meant for the player."""


@dataclass(frozen=True)
class BoardScore:
    """One line of the board. user_id: whose, which no player is told; time: UTC."""

    user_id: int
    nickname: str
    right: int
    rounds: int
    time: datetime


def enter_score(engine: Engine, user: str, *, nickname: str, right: int, rounds: int) -> None:
    """Put a game on the board, unless the user's best there is better; the nickname changes anyway.

    Raises NicknameRefused.
    """
    name = " ".join(nickname.split())
    if not 1 <= len(name) <= MAX_NICKNAME_CHARACTERS or not is_visible(name):
        raise NicknameRefused(NICKNAME_RULE)
    row = {"nickname": name, "right_answers": right, "rounds": rounds, "played_at": int(time.time())}
    with writing(engine) as connection:
        owner = lock_owner(connection, user)
        best = connection.execute(select(scores).where(scores.c.user_id == owner)).first()
        if best is None:
            connection.execute(insert(scores).values(user_id=owner, **row))
            return
        is_better = right * best.rounds > best.right_answers * rounds
        changed = row if is_better else {"nickname": name}
        connection.execute(update(scores).where(scores.c.user_id == owner).values(changed))


def leave_board(engine: Engine, user: str) -> None:
    """Take the user off the board."""
    with writing(engine) as connection:
        connection.execute(delete(scores).where(scores.c.user_id == owner_id(connection, user)))


def remove_score(engine: Engine, user_id: int) -> None:
    """Take a user off it, by their number; for the operator."""
    with writing(engine) as connection:
        connection.execute(delete(scores).where(scores.c.user_id == user_id))


def list_board(engine: Engine) -> list[BoardScore]:
    """The best games, the best first; of equals the earlier first."""
    share = scores.c.right_answers * 1.0 / scores.c.rounds
    with reading(engine) as connection:
        ordered = select(scores).order_by(share.desc(), scores.c.played_at, scores.c.id).limit(SHOWN)
        return [_score(row) for row in connection.execute(ordered)]


def is_on_board(engine: Engine, user: str) -> bool:
    """Whether the user is on it, shown or further down."""
    with reading(engine) as connection:
        mine = select(scores.c.id).where(scores.c.user_id == owner_id(connection, user))
        return connection.execute(mine).first() is not None


def _score(row: Any) -> BoardScore:
    at = datetime.fromtimestamp(row.played_at, UTC)
    return BoardScore(row.user_id, row.nickname, row.right_answers, row.rounds, at)
