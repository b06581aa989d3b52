"""Whose events wait in the framework's queue: so many of one user, so many from one address, none that nobody hears.

The queue itself is first come, first served, and takes no more than it holds from anybody.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from starlette.requests import Request

from auth.requests import API, address_of

MAX_OF_USER = 10  # events that wait or are worked on; a page has one or two
MAX_OF_ADDRESS = 60  # of all users behind it, as in a school
UNHEARD_SECONDS = 60.0  # what a program may take from a call to asking for its answer
YOURS = f"{MAX_OF_USER} of your requests are waiting already; try again when one of them is answered."
NEIGHBOURS = f"{MAX_OF_ADDRESS} requests from your network are waiting already; try again in a minute."
FULL = "Too many others are waiting already; try again in a minute."
JOINS = (API + "queue/join", API + "call/")
RUNS = (API + "run/", API + "api/")


class Waiting:
    """One server's. Used from the event loop only."""

    def __init__(self) -> None:
        self._heard: Counter[str] = Counter()  # pages and events whose answers are being read
        self._running: Counter[str] = Counter()  # calls of each user that pass the queue by

    def find_fault(self, request: Request, path: str, user: str) -> str | None:
        """Why this call is not taken: one sentence for the visitor."""
        if path.startswith(RUNS):
            return YOURS if self._running[user] >= MAX_OF_USER else None
        if not path.startswith(JOINS):
            return None
        queue, address = request.app.get_blocks()._queue, address_of(request.scope)
        events = list_events(queue)
        if sum(event.username == user for event in events) >= MAX_OF_USER:
            return YOURS
        if address and sum(address_of(event.request.scope) == address for event in events) >= MAX_OF_ADDRESS:
            return NEIGHBOURS
        return FULL if queue.max_size is not None and len(queue) >= queue.max_size else None

    @contextlib.contextmanager
    def hear(self, name: str | None) -> Iterator[None]:
        """While the answers of this page or event are read. None: of no event."""
        with _counted(self._heard, name):
            yield

    @contextlib.contextmanager
    def run(self, path: str, user: str) -> Iterator[None]:
        """While a call is answered that passes the queue by."""
        with _counted(self._running, user if path.startswith(RUNS) else None):
            yield

    async def drop_unheard(self, queue: Any) -> int:
        """Let go of events whose answers nobody came for. Returns how many."""
        before = time.monotonic() - UNHEARD_SECONDS
        old = [event for event in list_events(queue) if event.enqueue_time < before and event.alive]
        unheard = [event for event in old if not (self._heard[event.session_hash] or self._heard[event._id])]
        for event in unheard:
            queue.pending_event_ids_session.get(event.session_hash, set()).discard(event._id)  # its answer never comes
            await queue.clean_events(event_id=event._id)
        return len(unheard)


def list_events(queue: Any) -> list[Any]:
    """The events that wait, and those that are worked on. queue: Gradio's."""
    waiting = [event for kind in queue.event_queue_per_concurrency_id.values() for event in kind.queue]
    return [*waiting, *(event for jobs in queue.active_jobs if jobs for event in jobs)]


@contextlib.contextmanager
def _counted(counter: Counter[str], name: str | None) -> Iterator[None]:
    if name is None:
        yield
        return
    counter[name] += 1
    try:
        yield
    finally:
        counter[name] -= 1
        if not counter[name]:
            del counter[name]
