"""A program may send a call again after a broken connection, with the same Idempotency-Key: it runs once.

The first answer, the number of the call's events, is given again; the header and its rules are those of the draft
https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import asyncio
import hashlib
import re
import time
from collections import OrderedDict
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth.calls import Call
from auth.requests import API, path_of, read_body

CALLS = (API + "call/", API + "run/", API + "api/")
KEY = re.compile(r"[!-~]{1,100}")
KEEP_SECONDS = 3600.0  # as long as an upload
MAX_KEPT = 10_000
MAX_BODY_BYTES = 1_000_000
BAD_KEY = "An Idempotency-Key is 1 to 100 letters, digits and signs."
OTHER_CALL = "This Idempotency-Key was used for another call."
TOO_LARGE = f"A call with an Idempotency-Key may have at most {MAX_BODY_BYTES // 1000:,} kB."


@dataclass(frozen=True)
class FirstCall:
    """A call under its key. digest: of its body; answer: status and body, once it is there; began: monotonic."""

    digest: bytes
    answer: "asyncio.Future[tuple[int, bytes]]"
    began: float


class IdempotencyMiddleware:
    """Behind the sign-in: a caller's keys are their own. Used from one event loop only."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._first: OrderedDict[bytes, FirstCall] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a call on, or give the answer of the first one with its key."""
        is_call = scope["type"] == "http" and scope["method"] == "POST" and path_of(scope).startswith(CALLS)
        key = Request(scope).headers.get("idempotency-key") if is_call else None
        if key is None:
            return await self.app(scope, receive, send)
        if not KEY.fullmatch(key):
            return await _refuse(400, BAD_KEY)(scope, receive, send)
        request = Request(scope, receive)
        body = await read_body(request, MAX_BODY_BYTES)
        if body is None:
            return await _refuse(413, TOO_LARGE)(scope, receive, send)
        name, digest = _name(request, key), hashlib.sha256(body).digest()
        if (first := self._find(name)) is None:
            first = self._remember(name, digest)
            return await self._pass_on(name, first, scope, Call(body, None).replay(receive), send)
        if first.digest != digest:
            return await _refuse(422, OTHER_CALL)(scope, receive, send)
        status, said = await asyncio.shield(first.answer)
        again = {"Idempotent-Replayed": "true"}
        return await Response(said, status, again, media_type="application/json")(scope, receive, send)

    def _find(self, name: bytes) -> FirstCall | None:
        now = time.monotonic()
        while self._first and now - next(iter(self._first.values())).began > KEEP_SECONDS:
            self._first.popitem(last=False)
        return self._first.get(name)

    def _remember(self, name: bytes, digest: bytes) -> FirstCall:
        first = self._first[name] = FirstCall(digest, asyncio.get_running_loop().create_future(), time.monotonic())
        if len(self._first) > MAX_KEPT:
            self._first.popitem(last=False)
        return first

    async def _pass_on(self, name: bytes, first: FirstCall, scope: Scope, receive: Receive, send: Send) -> None:
        """Its answer is kept if it is one of success; what failed may be tried again under the same key."""
        status, said = 500, bytearray()

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                said.extend(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, note)
        finally:
            first.answer.set_result((status, bytes(said)))
            if not 200 <= status < 300:
                self._first.pop(name, None)


def _name(request: Request, key: str) -> bytes:
    """Of whom, where to, and which key, without keeping the secret of whom."""
    parts = [request.headers.get(name, "") for name in ("authorization", "cookie")]
    return hashlib.sha256("\n".join([*parts, path_of(request.scope), key]).encode()).digest()


def _refuse(status: int, sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status)
