"""The end of a server: nothing new is taken, what is under way is answered, and everybody else is told.

Under way is an upload, a call, an agent's too, or the stream of its answer: the page in a browser alone holds nothing
up.
"""

import time

from starlette.types import ASGIApp, Receive, Scope, Send

from auth.answers import say
from auth.requests import API, MCP, UPLOAD, path_of

RESTARTING = "Facejury is being restarted. Please try again in a minute."
LATER = {"Retry-After": "60"}
WORK = (UPLOAD, API + "queue/", API + "call/", API + "run/", API + "api/", MCP)
LOOK_SECONDS = 0.05


class Drain:
    """The state of a shutdown: whether it has begun, and what is under way.

    begin and wait are for the main thread; the rest is for the event loop.
    """

    def __init__(self) -> None:
        self.has_begun = False
        self.under_way = 0  # requests; changed on the event loop only

    def begin(self) -> None:
        """Take nothing new."""
        self.has_begun = True

    def wait(self, seconds: float) -> int:
        """Wait until all is answered, at most so long. Returns how many are not."""
        deadline = time.monotonic() + seconds
        while self.under_way and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        return self.under_way


class DrainMiddleware:
    """The middleware that counts what is under way, and refuses what is new once the end has begun."""

    def __init__(self, app: ASGIApp, *, drain: Drain) -> None:
        self.app, self.drain = app, drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or refuse it."""
        if scope["type"] != "http" or not path_of(scope).startswith(WORK):
            return await self.app(scope, receive, send)
        if self.drain.has_begun and scope["method"] == "POST":
            return await say(scope, RESTARTING, 503, LATER)(scope, receive, send)
        self.drain.under_way += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.drain.under_way -= 1
