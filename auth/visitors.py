"""Remembers for four seconds whose secret is whose, so that a page of fifty requests costs one query and not fifty."""

import asyncio
import time
from dataclasses import dataclass, field
from functools import partial

import anyio
from sqlalchemy import Engine

from auth.sessions import Visitor, digest, find_visitor

REMEMBER_SECONDS = 4.0  # a session ended on another server must be out within five
MAX_REMEMBERED = 10_000
QUERIES_AT_ONCE = 8


@dataclass
class Visitors:
    """The look-ups of one server. Used from its event loop only."""

    engine: Engine
    _found: dict[str, tuple[float, "asyncio.Task[Visitor | None]"]] = field(default_factory=dict)
    _limiter: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(QUERIES_AT_ONCE))

    async def find(self, secret: str) -> Visitor | None:
        """Whose secret this is, as of at most four seconds ago. Raises DatabaseUnavailable."""
        key, now = digest(secret), time.monotonic()
        until, task = self._found.get(key, (0.0, None))
        if task is None or until <= now:
            task = asyncio.create_task(self._ask(secret))
            self._remember(key, task, now=now)
        return await asyncio.shield(task)  # who goes away must not fail those who wait for the same answer

    async def _ask(self, secret: str) -> Visitor | None:
        return await anyio.to_thread.run_sync(find_visitor, self.engine, secret, limiter=self._limiter)

    def _remember(self, key: str, task: "asyncio.Task[Visitor | None]", *, now: float) -> None:
        if len(self._found) >= MAX_REMEMBERED:
            self._found.clear()
        self._found[key] = (now + REMEMBER_SECONDS, task)
        task.add_done_callback(partial(self._drop_failure, key))

    def _drop_failure(self, key: str, task: "asyncio.Task[Visitor | None]") -> None:
        """Ask again at the next request when there was no answer, also where nobody waited for it to the end."""
        if task.cancelled() or task.exception():
            self._found.pop(key, None)

    def forget(self, key: str) -> None:
        """Ask again at the next request with this key."""
        self._found.pop(key, None)

    def forget_all(self) -> None:
        """Ask again for everybody: for what ends many sessions, and is rare."""
        self._found.clear()
