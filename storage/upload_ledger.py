"""How many bytes of uploads each server holds for each user, so that their limit holds over all servers."""

import secrets
import time
from collections.abc import Mapping

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from storage import uploads
from storage.database import reading, writing
from storage.tables import upload_bytes
from storage.users import lock_user

STEP_BYTES = 16_000_000  # noted at a time, so that not every piece of a video asks the database
FRESH_SECONDS = 3600  # a server that is gone leaves uploads for no longer


def round_up(count: int) -> int:
    """To whole steps, but to no more than one may have."""
    return min(-(-count // STEP_BYTES) * STEP_BYTES, max(count, uploads.MAX_HELD_BYTES))


class Ledger:
    """One server's side of it. Safe from many threads. All methods raise DatabaseUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.server = engine, secrets.token_hex(8)

    def note(self, user_id: int, count: int) -> bool:
        """This server holds so many bytes of this user's, unless with the other servers' they are too many.

        Where the account is gone meanwhile nothing is noted, here and in `settle`.
        """
        with writing(self.engine) as connection:
            if not lock_user(connection, user_id):
                return True
            if _sum_of_others(connection, user_id, self.server) + count > uploads.MAX_HELD_BYTES:
                return False
            self._write(connection, user_id, count)
        return True

    def settle(self, held: Mapping[int, int]) -> None:
        """This server holds this, and nothing else; forget what servers held that are gone."""
        mine = upload_bytes.c.server == self.server
        with reading(self.engine) as connection:
            known = set(connection.execute(select(upload_bytes.c.user_id).where(mine)).scalars())
        for user_id in known & held.keys():
            with writing(self.engine) as connection:
                if lock_user(connection, user_id):
                    self._write(connection, user_id, held[user_id])
        with writing(self.engine) as connection:
            connection.execute(delete(upload_bytes).where(mine, upload_bytes.c.user_id.not_in(list(held))))
            connection.execute(delete(upload_bytes).where(upload_bytes.c.until < int(time.time())))

    def _write(self, connection: Connection, user_id: int, count: int) -> None:
        row = {"bytes": count, "until": int(time.time()) + FRESH_SECONDS}
        mine = (upload_bytes.c.user_id == user_id, upload_bytes.c.server == self.server)
        if not connection.execute(update(upload_bytes).where(*mine).values(row)).rowcount:
            connection.execute(insert(upload_bytes).values(user_id=user_id, server=self.server, **row))


def _sum_of_others(connection: Connection, user_id: int, server: str) -> int:
    others = (upload_bytes.c.user_id == user_id, upload_bytes.c.server != server)
    fresh = upload_bytes.c.until >= int(time.time())
    total = select(func.coalesce(func.sum(upload_bytes.c.bytes), 0)).where(*others, fresh)
    return int(connection.execute(total).scalar_one())
