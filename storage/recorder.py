"""Writes results into the history in the background: no verdict waits for the database, or fails with it."""

import logging
import threading
from collections import OrderedDict, deque
from concurrent.futures import Future, wait
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Result:
    """One that waits to be written. entry: of add_entry."""

    recorded: Recorded
    user: str
    entry: dict[str, Any]


class Recorder:
    """One server's writers. Safe to use from many threads.

    Not the standard library's pool: Python waits for each thread of one before it ends, however long a database that
    hangs keeps it.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._lock = threading.Lock()
        self._line: deque[Result] = deque()
        self._writers = 0
        self._waiting: set[Recorded] = set()  # in the line, or being written
        self._is_closed = False
        self._remembered: OrderedDict[tuple[str, str], Recorded] = OrderedDict()

    def record(self, user: str, *, page: str = "", **entry: Any) -> Recorded:
        """Have a result written down, and return at once. entry: of add_entry.

        page: the visitor's, for `take`; "" for a program.
        """
        recorded = Recorded()
        if self._enqueue(Result(recorded, user, entry)):
            recorded.add_done_callback(self._finish)
        else:
            recorded.set_exception(DatabaseUnavailable(GONE))
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
        with self._lock:
            self._is_closed = True
            dropped = list(self._line)
            self._line.clear()
        for result in dropped:
            result.recorded.cancel()
        return len(left)

    def _enqueue(self, result: Result) -> bool:
        """Whether there was room. A writer is started where fewer than WRITERS are at work."""
        with self._lock:
            if self._is_closed or len(self._waiting) >= MAX_WAITING:
                return False
            if self._writers < WRITERS:
                threading.Thread(target=self._write, name="history", daemon=True).start()
                self._writers += 1
            self._waiting.add(result.recorded)
            self._line.append(result)
        return True

    def _write(self) -> None:
        """Write one after another until none waits."""
        while result := self._next():
            try:
                number = add_entry(self.engine, result.user, **result.entry)
            except BaseException as error:  # as a pool does: it is raised where somebody asks what became of it
                result.recorded.set_exception(error)
            else:
                result.recorded.set_result(number)

    def _next(self) -> Result | None:
        with self._lock:
            while self._line:
                result = self._line.popleft()
                if result.recorded.set_running_or_notify_cancel():
                    return result
            self._writers -= 1
            return None

    def _remember(self, key: tuple[str, str], recorded: Recorded) -> None:
        with self._lock:
            self._remembered[key] = recorded
            while len(self._remembered) > MAX_REMEMBERED:
                self._remembered.popitem(last=False)

    def _finish(self, recorded: Recorded) -> None:
        with self._lock:
            self._waiting.discard(recorded)
        if not recorded.cancelled() and (error := recorded.exception()):
            log.error("a comparison was not recorded", exc_info=error)
