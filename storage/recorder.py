"""Writes results into the history in the background: no verdict waits for the database, or fails with it."""

import logging
import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from sqlalchemy import Engine

from storage.database import GONE, DatabaseUnavailable
from storage.history import add_entry

WRITERS = 2
MAX_WAITING = 200  # comparisons that wait for a slow database; more are not recorded
MAX_REMEMBERED = 1_000  # outcomes that no page has asked for yet
log = logging.getLogger(__name__)

Recorded = Future[int]
"""The number of the new entry; or it raises DatabaseUnavailable or AccountGone."""


class Recorder:
    """One server's writers. Safe to use from many threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._pool = ThreadPoolExecutor(WRITERS, thread_name_prefix="history")
        self._room = threading.BoundedSemaphore(MAX_WAITING)
        self._lock = threading.Lock()
        self._waiting: set[Recorded] = set()
        self._remembered: OrderedDict[tuple[str, str], Recorded] = OrderedDict()

    def record(self, user: str, *, page: str = "", **entry: Any) -> Recorded:
        """Have a result written down, and return at once. entry: of add_entry.

        page: the visitor's, for `take`; "" for a program.
        """
        if not self._room.acquire(blocking=False):
            recorded = Recorded()
            recorded.set_exception(DatabaseUnavailable(GONE))
        else:
            recorded = self._pool.submit(add_entry, self.engine, user, **entry)
            with self._lock:
                self._waiting.add(recorded)
            recorded.add_done_callback(self._finish)
        if page:
            self._remember((user, page), recorded)
        return recorded

    def take(self, user: str, page: str) -> Recorded | None:
        """What became of the newest comparison on this user's page; None if there is none that was not taken yet."""
        with self._lock:
            return self._remembered.pop((user, page), None)

    def close(self, seconds: float) -> int:
        """Write what still waits, for so long at most. Returns how many were not written."""
        with self._lock:
            waiting = set(self._waiting)
        left = wait(waiting, seconds).not_done
        self._pool.shutdown(wait=False, cancel_futures=True)
        return len(left)

    def _remember(self, key: tuple[str, str], recorded: Recorded) -> None:
        with self._lock:
            self._remembered[key] = recorded
            while len(self._remembered) > MAX_REMEMBERED:
                self._remembered.popitem(last=False)

    def _finish(self, recorded: Recorded) -> None:
        self._room.release()
        with self._lock:
            self._waiting.discard(recorded)
        if not recorded.cancelled() and (error := recorded.exception()):
            log.error("a comparison was not recorded", exc_info=error)
