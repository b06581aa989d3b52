"""Passes an answer on to its reader: notes which files it gives them, and stops when they are signed out."""

import json
from collections.abc import Awaitable, Callable

from starlette.types import Message, Send

from auth.sessions import Visitor
from storage.uploads import Uploads

STREAM = b"text/event-stream"
JSON = b"application/json"


class TrackedResponse:
    """The `send` of one answer. `is_still_in` is asked before each event of a stream, which may outlast a session.

    on_handed_out: set for an upload alone; called when its files are the visitor's, before they hear of it.
    """

    def __init__(
        self,
        send: Send,
        *,
        uploads: Uploads,
        visitor: Visitor,
        is_still_in: Callable[[], Awaitable[bool]],
    ) -> None:
        self.send, self.uploads, self.visitor = send, uploads, visitor
        self.is_still_in = is_still_in
        self.on_handed_out: Callable[[], None] | None = None
        self._kind, self._body, self._is_over = b"", bytearray(), False

    async def __call__(self, message: Message) -> None:
        """Pass on one ASGI message."""
        if message["type"] == "http.response.start":
            self._start(message)
        elif message["type"] == "http.response.body" and self._kind.startswith(STREAM):
            return await self._pass_event(message)
        elif message["type"] == "http.response.body" and self._kind.startswith(JSON):
            self._keep(message)
        await self.send(message)

    def _start(self, message: Message) -> None:
        headers = dict(message.get("headers", []))
        self._kind = headers.get(b"content-type", b"")
        if b"cache-control" not in headers:  # else the next person at this computer finds it by the back button
            message["headers"] = [*message.get("headers", []), (b"cache-control", b"private, no-store")]

    async def _pass_event(self, message: Message) -> None:
        if self._is_over:
            return None
        if await self.is_still_in():
            self.uploads.grant_results(self.visitor.user_id, message.get("body", b""))
            return await self.send(message)
        self._is_over = True
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})

    def _keep(self, message: Message) -> None:
        self._body += message.get("body", b"")
        if not message.get("more_body", False):
            self.uploads.grant_results(self.visitor.user_id, bytes(self._body))
            if self.on_handed_out:
                self._grant_uploads(json.loads(self._body))
                self.on_handed_out()

    def _grant_uploads(self, paths: object) -> None:
        for path in paths if isinstance(paths, list) else []:
            self.uploads.grant(self.visitor.user_id, path)
