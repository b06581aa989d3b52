"""Bounds of all requests: how many at once, and how slowly a body may come."""

import asyncio
import logging
import time
from collections.abc import Callable

from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth.requests import JOIN, UPLOAD, path_of

HEALTH = ("/healthz", "/readyz")
PATIENCE_SECONDS = 15.0  # what a visitor may let us wait for a body, and with it for each
BYTES_A_SECOND = 16_384  # that came: 250 MB in four hours, a camera's picture in 20 seconds
RETRY_SECONDS = 10
FULL = "Too many people are using this page just now. Please try again in a few seconds."
TOO_SLOW = "Your connection is too slow: what you sent did not arrive in time."
log = logging.getLogger(__name__)


class BoundsMiddleware:
    """In front of all others. at_once: requests under way; the health check is answered beyond that."""

    def __init__(self, app: ASGIApp, *, at_once: int) -> None:
        self.app, self.at_once = app, at_once
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or refuse it."""
        if scope["type"] != "http" or path_of(scope) in HEALTH:
            return await self.app(scope, receive, send)
        if self._under_way >= self.at_once:
            log.info("request refused", extra={"status": 503, "why": FULL})
            return await say(scope, FULL, 503)(scope, receive, send)
        await self._pass(scope, receive, send)

    def _count(self, number: int) -> None:
        self._under_way += number

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Only once it is whole does a request count: until then its connection can be ended for another's.
        body, has_started = _Body(receive, self._count), False
        if scope["method"] in {"GET", "HEAD"}:
            body.finish()

        async def watched(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self.app(scope, body.receive, watched)
        except ClientDisconnect:  # uvicorn would log it as an error of ours
            pass
        finally:
            self._count(-body.is_whole)
            if body.is_late and not has_started:
                log.info("request refused", extra={"status": 408, "why": TOO_SLOW})
                await say(scope, TOO_SLOW, 408)(scope, receive, send)


def say(scope: Scope, sentence: str, status: int) -> Response:
    """An answer of one sentence, after which the connection ends: a body that nobody read may be on it."""
    headers = {"Connection": "close"} | ({"Retry-After": str(RETRY_SECONDS)} if status == 503 else {})
    if path_of(scope).startswith(UPLOAD):  # Gradio's page shows the whole body
        return PlainTextResponse(sentence, status, headers)
    # on 503 Gradio's page shows words of its own there; on 502 it shows ours
    shown = 502 if status == 503 and path_of(scope) == JOIN else status
    return JSONResponse({"error": sentence}, shown, headers)


class _Body:
    """What of a request's body came, and how long it was waited for."""

    def __init__(self, receive: Receive, count: Callable[[int], None]) -> None:
        self._receive, self._count = receive, count
        self._came, self._waited = 0, 0.0
        self.is_whole, self.is_late = False, False

    def finish(self) -> None:
        """It is whole: from now on the request is under way."""
        self.is_whole = True
        self._count(1)

    async def receive(self) -> Message:
        """The next part; "disconnect" once the visitor took too long, which all readers know how to take."""
        if self.is_whole:  # what is waited for now is that they go away
            return await self._receive()
        if self.is_late:
            return {"type": "http.disconnect"}
        began = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS + self._came / BYTES_A_SECOND - self._waited):
                message = await self._receive()
        except TimeoutError:
            self.is_late = True
            return {"type": "http.disconnect"}
        self._waited += time.monotonic() - began
        self._came += len(message.get("body", b""))
        if not message.get("more_body", False):
            self.finish()
        return message
