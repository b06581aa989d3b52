"""Bounds of all requests: how many at once, and how slowly a body may come."""

import asyncio
import logging
import time

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth.answers import say
from auth.requests import address_of, path_of

CONNECTIONS = "facejury.connections"  # where in the state of a scope all connections of its server are
HEALTH = ("/healthz", "/readyz")
PATIENCE_SECONDS = 15.0  # what a visitor may let us wait for a body, and with it for each
BYTES_A_SECOND = 16_384  # that came: 250 MB in four hours, a camera's picture in 20 seconds
LAST = {"Connection": "close"}  # after a body that nobody read, which may be on it still
SHARE = 4  # of all requests one address may have one in so many
FULL = "Too many people are using this page just now. Please try again in a few seconds."
NEIGHBOURS_BUSY = "Too many requests from your network are under way. Please try again in a few seconds."
BROKEN = "Something went wrong on this server. Its log says what."
TOO_SLOW = "Your connection is too slow: what you sent did not arrive in time."
log = logging.getLogger(__name__)


class BoundsMiddleware:
    """In front of all others. at_once: requests that are worked on; the health check is answered beyond that."""

    def __init__(self, app: ASGIApp, *, at_once: int) -> None:
        self.app, self.at_once = app, at_once

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or refuse it."""
        if scope["type"] != "http" or path_of(scope) in HEALTH:
            return await self.app(scope, receive, send)
        if why := self._find_fault(scope):
            log.info("request refused", extra={"status": 503, "why": why})
            return await say(scope, why, 503, LAST)(scope, receive, send)
        await self._pass(scope, receive, send)

    def _find_fault(self, scope: Scope) -> str | None:
        # Those that wait for their visitor do not count: their connections can be ended for another's.
        busy = [one for one in scope.get("state", {}).get(CONNECTIONS, ()) if not one.waits]
        if len(busy) > self.at_once:
            return FULL
        address = address_of(scope)
        if len(busy) <= self.at_once // SHARE or address is None:
            return None
        theirs = sum(address_of(one.scope) == address for one in busy)
        return NEIGHBOURS_BUSY if theirs > self.at_once // SHARE else None

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, has_started = _Body(receive), False

        async def watched(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self.app(scope, body.receive, watched)
        except ClientDisconnect:  # uvicorn would log it as an error of ours
            pass
        except Exception:
            if has_started:  # that the connection breaks off is the only sign that the rest will not come
                raise
            # uvicorn ends the connection too, but only after an answer that did not say so: what the visitor sent on
            # it meanwhile was lost.
            log.exception("unexpected error")
            await say(scope, BROKEN, 500, LAST)(scope, receive, send)
        finally:
            if body.is_late and not has_started:
                log.info("request refused", extra={"status": 408, "why": TOO_SLOW})
                await say(scope, TOO_SLOW, 408, LAST)(scope, receive, send)


class _Body:
    """What of a request's body came, and how long it was waited for."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._came, self._waited, self._is_whole = 0, 0.0, False
        self.is_late = False

    async def receive(self) -> Message:
        """The next part; "disconnect" once the visitor took too long, which all readers know how to take."""
        if self._is_whole:  # what is waited for now is that they go away
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
        self._is_whole = not message.get("more_body", False)
        return message
