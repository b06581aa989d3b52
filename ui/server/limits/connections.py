"""Connections: how many there may be, and how long each may keep the server waiting for its visitor.

uvicorn lets a connection be that sends no request, or half of one, or does not read its answer; and it takes more of
them than the process may open files. Here each has a deadline, and where there are too many, the one that has kept the
server waiting longest makes room: of those that never had an answer where these are the most, for on the others a
visitor's next request may be on its way. So the health check always gets in.
"""

from asyncio import Transport
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any

import gradio.http_server
from uvicorn import Config
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from ui.server.limits.open_files import ROOM, count_connections
from ui.server.limits.requests import CONNECTIONS

REQUEST_SECONDS = 15  # from the connection, or the end of an answer, to the whole head of the next request
UNREAD_SECONDS = 60  # a visitor who takes nothing of an answer for so long is gone


class ConnectionStage(Enum):
    """Where a connection is: the seconds it may be there, or None for as long as the application says."""

    IDLE = REQUEST_SECONDS
    UNREAD = UNREAD_SECONDS
    ANSWERING = None


class BoundedProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type] # h11's or httptools', whichever is there
    """One connection.

    since: when its stage began, or the last of a body came, by the event loop's clock. had_answer: a whole one.
    """

    had_answer = False

    def __init__(self, **options: Any) -> None:
        state = options["app_state"] | {CONNECTIONS: options["server_state"].connections}  # each scope gets a copy
        super().__init__(**options | {"app_state": state})

    def connection_made(self, transport: Transport) -> None:
        """A visitor has connected: if there are too many, somebody makes room."""
        super().connection_made(transport)
        self._stage: ConnectionStage | None = None
        self._alarm: Any = None
        self._is_unread = False
        self._look()
        if len(self.connections) > count_connections():
            _close_one(self.connections)

    def data_received(self, data: bytes) -> None:
        """Part of a request. Half a head changes nothing: it may be all that ever comes."""
        super().data_received(data)
        if self._stage is ConnectionStage.ANSWERING:
            self.since = self.loop.time()
        self._look()

    def on_response_complete(self) -> None:
        """An answer is done; the next request may be here already."""
        super().on_response_complete()
        self.had_answer = True
        self._look()

    def pause_writing(self) -> None:
        """The visitor does not read what is sent."""
        super().pause_writing()
        self._is_unread = True
        self._look()

    def resume_writing(self) -> None:
        """They do again."""
        super().resume_writing()
        self._is_unread = False
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        super().connection_lost(exc)
        self._cancel()

    @property
    def waits(self) -> bool:
        """Whether the visitor is to do something: send a request, or the rest of its body, or read the answer."""
        return self._stage is not ConnectionStage.ANSWERING or self.cycle.more_body

    def _look(self) -> None:
        is_answering = self.cycle is not None and not self.cycle.response_complete
        stage = (
            ConnectionStage.UNREAD
            if self._is_unread
            else ConnectionStage.ANSWERING
            if is_answering
            else ConnectionStage.IDLE
        )
        if stage is self._stage or self.transport.is_closing():
            return
        self._cancel()
        self._stage, self.since = stage, self.loop.time()
        if stage.value is not None:
            self._alarm = self.loop.call_later(stage.value, self.transport.abort)

    def _cancel(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None


def _close_one(connections: set[Any]) -> None:
    """End the one that waits longest for its visitor, of the address that has most of those.

    Where most of these never had an answer, of them: who holds lines in silence loses those first. But not always, or
    who holds answered ones would keep everybody new out.
    """
    waiting = [one for one in connections if one.waits and not one.transport.is_closing()]
    if waiting:
        held = Counter(_address(one) for one in waiting)
        most = [one for one in waiting if held[_address(one)] == max(held.values())]
        silent = [one for one in most if not one.had_answer]
        min(silent if len(silent) > len(most) / 2 else most, key=lambda one: one.since).transport.abort()


def _address(connection: Any) -> str:
    return str(connection.client[0]) if connection.client else ""


class BoundedServer(gradio.http_server.Server):  # type: ignore[misc] # untyped
    """Gradio's server, with this protocol."""

    def __init__(self, config: Config, **options: Any) -> None:
        config.http = BoundedProtocol
        config.timeout_keep_alive = REQUEST_SECONDS  # one limit for both; uvicorn's own is 5 s
        config.backlog = max(ROOM, count_connections() // 4)  # asyncio accepts so many at once, each with a file
        super().__init__(config, **options)


@contextmanager
def bounded_connections() -> Iterator[None]:
    """Within this Gradio starts bounded servers: it makes its server itself, and offers no setting for any of it."""
    before = gradio.http_server.Server
    gradio.http_server.Server = BoundedServer
    try:
        yield
    finally:
        gradio.http_server.Server = before
