"""Whose events wait in the framework's queue, and whose answers wait to be read.

So many of one user, so many from one address, none that nobody hears. An event waits, is at work, has an answer that is
not read yet, or is over. The queue itself is first come, first served, and takes no more than it holds from anybody.
"""

import contextlib
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from starlette.requests import Request

from auth.requests import API, DATA, MCP, address_of, event_of, path_of

MAX_OF_USER = 10  # events that wait or are worked on; a page has one or two
MAX_OF_ADDRESS = 60  # of all users behind it, as in a school
MAX_UNREAD_OF_USER = 100  # answers; a page reads each as it comes, a program may start many calls and then read them
MAX_UNREAD_OF_ADDRESS = 600
MAX_UNREAD = 2000  # of all users; a batch's answer may have some megabytes
UNHEARD_SECONDS = 60.0  # what a program may take from a call to asking for its answer
YOURS = f"{MAX_OF_USER} of your requests are waiting already; try again when one of them is answered."
NEIGHBOURS = f"{MAX_OF_ADDRESS} requests from your network are waiting already; try again in a minute."
YOURS_UNREAD = f"{MAX_UNREAD_OF_USER} answers to your requests are not read yet; read them, or try again in a minute."
NEIGHBOURS_UNREAD = (
    f"{MAX_UNREAD_OF_ADDRESS} answers to requests from your network are not read yet; try again in a minute."
)
FULL = "Too many others are waiting already; try again in a minute."
JOINS = (API + "queue/join", API + "call/")
HEARTBEAT = API + "heartbeat/"
RUNS = (API + "run/", API + "api/", MCP)  # calls that pass the queue by
COMPLETED = "process_completed"  # the last message of an event


class Waiting:
    """One server's. Used from the event loop only.

    keep: told of each event's last message; whether the answer is kept elsewhere, so that it need not wait here.
    """

    def __init__(self) -> None:
        self.keep: Callable[[Any, Any], bool] = lambda _event, _message: False
        self._queue: Any = None  # the framework's, whose parts are not typed
        self._events: dict[str, Any] = {}  # by their numbers, until some time after they are over
        self._heard: Counter[str] = Counter()  # pages and events whose answers are being read
        self._open: Counter[str] = Counter()  # pages, each heard by its heartbeat as long as it is open
        self._running: Counter[str] = Counter()  # calls of each user that pass the queue by

    def watch(self, queue: Any) -> None:
        """Know of every event of this queue from its first message on. Called once, before there are any."""
        self._queue = queue
        # Above 2,000 it forgets the oldest, be it at work and anybody's; what find_fault takes is bounded instead.
        queue.pending_messages_per_session.max_size = sys.maxsize
        send = queue.send_message

        def send_message(event: Any, message: Any) -> None:  # what a function says meanwhile comes from its thread
            self._events[event._id] = event
            if event.session_hash in queue.pending_messages_per_session:  # else nobody is there to be told any more
                send(event, message)
            if message.msg == COMPLETED and self.keep(event, message) and not self._is_heard(event):
                self._let_go(event)
                self._close_idle(event.session_hash)

        queue.send_message = send_message

    def find_fault(self, request: Request, path: str, user: str) -> str | None:
        """Why this call is not taken: one sentence for the visitor."""
        if path.startswith(RUNS):
            return YOURS if self._running[user] >= MAX_OF_USER else None
        if not path.startswith(JOINS):
            return None
        queue, address = self._queue, address_of(request.scope)
        live = {event._id: event for event in list_events(queue)}
        unread = [event for number, event in self._events.items() if number not in live and self.is_readable(number)]
        for events, of_user, yours, of_address, neighbours in (
            (live.values(), MAX_OF_USER, YOURS, MAX_OF_ADDRESS, NEIGHBOURS),
            (unread, MAX_UNREAD_OF_USER, YOURS_UNREAD, MAX_UNREAD_OF_ADDRESS, NEIGHBOURS_UNREAD),
        ):
            if sum(event.username == user for event in events) >= of_user:
                return yours
            if address and sum(address_of(event.request.scope) == address for event in events) >= of_address:
                return neighbours
        is_full = queue.max_size is not None and len(queue) >= queue.max_size
        return FULL if is_full or len(unread) >= MAX_UNREAD else None

    def is_readable(self, number: str) -> bool:
        """Whether this event's answer waits to be read, or is to come. Not so once it is over or given up."""
        event, queue = self._events.get(number), self._queue
        return (
            event is not None
            and event.alive
            and event.session_hash in queue.pending_messages_per_session
            and number in queue.pending_event_ids_session.get(event.session_hash, ())
        )

    def is_ending(self, number: str) -> bool:
        """Whether it is still at work though nobody will read its answer here: a function is not stopped half-way."""
        return not self.is_readable(number) and any(event._id == number for event in _at_work(self._queue))

    @contextlib.contextmanager
    def hear(self, request: Request) -> Iterator[None]:
        """While the answers of the page or event are read that this request names, if it does."""
        path = path_of(request.scope)
        name = request.query_params.get("session_hash") if path == DATA else event_of(path)
        try:
            with _counted(self._heard, name), _counted(self._open, name if path.startswith(HEARTBEAT) else None):
                yield
        finally:
            if name is not None:
                # Also for who reads it at the same time, and would never be told.
                self._close_idle(self._events[name].session_hash if name in self._events else name)

    @contextlib.contextmanager
    def run(self, path: str, user: str) -> Iterator[None]:
        """While a call is answered that passes the queue by."""
        with _counted(self._running, user if path.startswith(RUNS) else None):
            yield

    async def drop_unheard(self) -> int:
        """Let go of events whose answers nobody came for. Returns how many."""
        queue, before = self._queue, time.monotonic() - UNHEARD_SECONDS
        old = [event for event in self._events.values() if event.enqueue_time < before]
        unheard = [event for event in old if self.is_readable(event._id) and not self._is_heard(event)]
        for event in unheard:
            self._let_go(event)
            await queue.clean_events(event_id=event._id)
        for page in {*queue.pending_messages_per_session, *queue.pending_event_ids_session}:
            if not self._heard[page]:
                self._close_idle(page)
        live = {event._id for event in list_events(queue)}
        self._events = {key: event for key, event in self._events.items() if key in live or self.is_readable(key)}
        return len(unheard)

    def _is_heard(self, event: Any) -> bool:
        return bool(self._heard[event.session_hash] or self._heard[event._id])

    def _let_go(self, event: Any) -> None:
        """Its answer is not to be read any more."""
        self._queue.pending_event_ids_session.get(event.session_hash, set()).discard(event._id)

    def _close_idle(self, page: str) -> None:
        """Have the framework forget a page, or a call, of which nothing is to be read: by itself it never does.

        Not an open page: it may ask for an answer that it has had already, and would ask for none any more once it was
        told that there is no such page.
        """
        queue = self._queue
        is_awaited = any(self.is_readable(number) for number in queue.pending_event_ids_session.get(page, ()))
        if not is_awaited and not self._open[page]:
            queue.pending_messages_per_session.pop(page, None)
            queue.pending_event_ids_session.pop(page, None)


def list_events(queue: Any) -> list[Any]:
    """The events that wait, and those that are worked on. queue: Gradio's."""
    waiting = [event for kind in queue.event_queue_per_concurrency_id.values() for event in kind.queue]
    return [*waiting, *_at_work(queue)]


def _at_work(queue: Any) -> list[Any]:
    return [event for jobs in queue.active_jobs if jobs for event in jobs]


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
