"""A program may send a call again after a broken connection, with the same Idempotency-Key: it runs once.

The first answer, the number of the call's event, is given again, and so is what came of that event, whether or not
somebody read it. The header and its rules are those of the draft https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import asyncio
import hashlib
import json
import re
import time
from collections import Counter, OrderedDict, defaultdict, deque
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth.answers import say
from auth.calls import Call
from auth.limits.waiting import Waiting
from auth.middleware import visitor_of
from auth.requests import API, event_of, path_of, read_body

CALLS = (API + "call/", API + "run/", API + "api/")
KEY = re.compile(r"[!-~]{1,100}")
KEEP_SECONDS = 3600.0  # as long as an upload
MAX_KEPT = 10_000
MAX_KEPT_BYTES = 64_000_000  # of all answers; a batch of 1,000 pictures may have some megabytes
MAX_BODY_BYTES = 1_000_000
LOOK_SECONDS = 0.05  # how often a call looks whether the first one under its key has come to its end
FIRST = "facejury.first_call"  # where in the ASGI scope, and so in the event, a call under a key has its FirstCall
BAD_KEY = "An Idempotency-Key is 1 to 100 letters, digits and signs."
OTHER_CALL = "This Idempotency-Key was used for another call."
TOO_LARGE = f"A call with an Idempotency-Key may have at most {MAX_BODY_BYTES // 1000:,} kB."
OVER = "There is no answer to be read here: it was read before, or asked for too late. Send the call again."


@dataclass
class FirstCall:
    """A call under its key. user: "" without accounts; digest: of its body; answer: status and body; began: monotonic.

    event: the number that the answer names; outcome: what is to be read of that event, once it went well; either may be
    empty.
    """

    user: str
    digest: bytes
    answer: "asyncio.Future[tuple[int, bytes]]"
    began: float
    event: str = ""
    outcome: bytes = b""

    @property
    def size(self) -> int:
        """Bytes that are kept of it."""
        return len(self.outcome) + (len(self.answer.result()[1]) if self.answer.done() else 0)


class IdempotencyMiddleware:
    """Behind the sign-in: a caller's keys and events are their own. Used from one event loop only."""

    def __init__(self, app: ASGIApp, *, waiting: Waiting) -> None:
        self.app, self.waiting = app, waiting
        waiting.keep = self._keep_outcome
        self._first: OrderedDict[bytes, FirstCall] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it as one of its kind was answered before."""
        if scope["type"] == "http" and path_of(scope).startswith(CALLS):
            if scope["method"] == "GET" and (event := event_of(path_of(scope))):
                return await self._read(event, scope, receive, send)
            key = Request(scope).headers.get("idempotency-key")
            if scope["method"] == "POST" and key is not None:
                return await self._run_once(key, scope, receive, send)
        await self.app(scope, receive, send)

    async def _run_once(self, key: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a call on, or give the answer of the first one with its key."""
        if not KEY.fullmatch(key):
            return await say(scope, BAD_KEY, 400)(scope, receive, send)
        request = Request(scope, receive)
        body = await read_body(request, MAX_BODY_BYTES)
        if body is None:
            return await say(scope, TOO_LARGE, 413)(scope, receive, send)
        name, digest, visitor = _name(request, key), hashlib.sha256(body).digest(), visitor_of(request)
        if (first := await self._find(name)) is None:
            user, answer = visitor.name if visitor else "", asyncio.get_running_loop().create_future()
            first = self._first[name] = FirstCall(user, digest, answer, time.monotonic())
            return await self._pass_on(name, first, scope, Call(body, None).replay(receive), send)
        if first.digest != digest:
            return await say(scope, OTHER_CALL, 422)(scope, receive, send)
        status, said = await asyncio.shield(first.answer)
        again = {"Idempotent-Replayed": "true"}
        return await Response(said, status, again, media_type="application/json")(scope, receive, send)

    async def _find(self, name: bytes) -> FirstCall | None:
        """None too where the event of the first call was given up before it went well: it may run again.

        What was given up while at work is waited for, since it may go well yet. Nothing is awaited after the look-up.
        """
        while (first := self._first.get(name)) and not first.outcome and self.waiting.is_ending(first.event):
            await asyncio.sleep(LOOK_SECONDS)
        now = time.monotonic()
        while self._first and now - next(iter(self._first.values())).began > KEEP_SECONDS:
            self._first.popitem(last=False)
        first = self._first.get(name)
        if first and first.event and not first.outcome and not self.waiting.is_readable(first.event):
            del self._first[name]
            return None
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

        scope[FIRST] = first
        try:
            await self.app(scope, receive, note)
        finally:
            first.answer.set_result((status, bytes(said)))
            if not 200 <= status < 300:
                self._first.pop(name, None)
            elif path_of(scope).startswith(API + "call/"):
                first.event = json.loads(said)["event_id"]
            self._make_room()

    async def _read(self, event: str, scope: Scope, receive: Receive, send: Send) -> None:
        """What came of an event. The framework lets it be read once, and has whoever asks again wait for ever."""
        first = next((one for one in self._first.values() if one.event == event), None)
        if first and first.outcome:
            return await Response(first.outcome, media_type="text/event-stream")(scope, receive, send)
        if not self.waiting.is_readable(event):
            return await say(scope, OVER, 404)(scope, receive, send)
        await self.app(scope, receive, send)

    def _keep_outcome(self, event: Any, message: Any) -> bool:
        """Keep what came of a call under a key, as the framework writes it. False for others, and what failed."""
        first = event.request.scope.get(FIRST)
        if first is None or not message.success:
            return False
        first.outcome = f"event: complete\ndata: {json.dumps(message.model_dump()['output'].get('data'))}\n\n".encode()
        self._make_room()
        return True

    def _make_room(self) -> None:
        """Forget the oldest calls of whoever takes up most: nobody's call runs again for the many keys of others."""
        kept = sum(first.size for first in self._first.values())
        if len(self._first) <= MAX_KEPT and kept <= MAX_KEPT_BYTES:
            return
        shares, names = Counter[str](), defaultdict[str, deque[bytes]](deque)
        for name, first in self._first.items():
            shares[first.user] += first.size + MAX_KEPT_BYTES // MAX_KEPT
            names[first.user].append(name)
        while len(self._first) > MAX_KEPT or kept > MAX_KEPT_BYTES:
            [(most, _)] = shares.most_common(1)
            first = self._first.pop(names[most].popleft())
            kept -= first.size
            shares[most] -= first.size + MAX_KEPT_BYTES // MAX_KEPT


def _name(request: Request, key: str) -> bytes:
    """Of whom, where to, and which key, without keeping the secret of whom."""
    parts = [request.headers.get(name, "") for name in ("authorization", "cookie")]
    return hashlib.sha256("\n".join([*parts, path_of(request.scope), key]).encode()).digest()
