"""Two addresses for a watchdog or load balancer, open without a session.

/healthz: the server runs. /readyz: it can also do its work; 503 while the jury loads or the database is away.
"""

import asyncio
import time
from collections.abc import Callable

import anyio
from sqlalchemy import Engine, text
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from storage.database import DatabaseUnavailable, reading

REMEMBER_SECONDS = 2.0  # anybody may ask, and as often as they like: the database is asked this often


class Health:
    """The two handlers. engine: None where there are no accounts. is_loaded: True once the jury can judge."""

    def __init__(self, engine: Engine | None, *, is_loaded: Callable[[], bool]) -> None:
        self.engine, self.is_loaded = engine, is_loaded
        self._until = 0.0
        self._asked: asyncio.Task[bool] | None = None

    def routes(self) -> list[Route]:
        """For the application, in front of all others."""
        return [Route("/healthz", self.say_alive), Route("/readyz", self.say_ready)]

    async def say_alive(self, _request: Request) -> Response:
        """GET /healthz"""
        return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})

    async def say_ready(self, _request: Request) -> Response:
        """GET /readyz"""
        parts = {"jury": self.is_loaded()}
        if self.engine is not None:
            parts["database"] = await self._database_answers(self.engine)
        return JSONResponse(parts, 200 if all(parts.values()) else 503, {"Cache-Control": "no-store"})

    async def _database_answers(self, engine: Engine) -> bool:
        if self._asked is None or (self._asked.done() and self._until <= time.monotonic()):
            self._asked = asyncio.create_task(self._ask(engine))
        return await asyncio.shield(self._asked)  # one who goes away must not fail those who wait for the same answer

    async def _ask(self, engine: Engine) -> bool:
        try:
            await anyio.to_thread.run_sync(_select_one, engine)
            return True
        except DatabaseUnavailable:
            return False
        finally:
            self._until = time.monotonic() + REMEMBER_SECONDS


def _select_one(engine: Engine) -> None:
    with reading(engine) as connection:
        connection.execute(text("SELECT 1"))
