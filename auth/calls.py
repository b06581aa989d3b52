"""A call's JSON: read up to the limit of its route, then parsed and measured in a thread.

What is behind this walks through the values on the event loop, so there may be only so many of them.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

import anyio
from starlette.requests import Request
from starlette.types import Message, Receive

from auth.requests import API, path_of, read_body
from auth.routes import Bound

MAX_DEPTH = 50  # the framework walks through a call by recursion
MAX_VALUES = 50_000  # a batch of 1,000 files has 9,000
MARKS = (b",", b"[", b"{")  # before each value but the first: counted before anything is parsed
TOO_LARGE = "A call to this address may have at most {kilobytes:,} kB; {instead}."
NO_JSON = "A call must be JSON."
TOO_DEEP = f"A call's JSON may be {MAX_DEPTH} levels deep."
OWN_SESSION = "A call to this address takes no session_hash; the answer of each is read by its own event."
TOO_MANY = f"A call's JSON may have at most {MAX_VALUES:,} values."


class CallRefused(ValueError):
    """What came is not to be passed on. status: of HTTP. The message is one sentence for the caller."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Call:
    """body: as it came; sent: the JSON value in it."""

    body: bytes
    sent: object

    def replay(self, receive: Receive) -> Receive:
        """A `receive` that gives the body once more, then waits for the visitor to go away."""
        messages: list[Message] = [{"type": "http.request", "body": self.body, "more_body": False}]

        async def again() -> Message:
            return messages.pop() if messages else await receive()

        return again


async def read_call(request: Request, bound: Bound, *, threads: anyio.CapacityLimiter) -> Call:
    """The whole body of a call. bound: of its address; threads: in which it is parsed. Raises CallRefused."""
    body = await read_body(request, bound.max_bytes)
    if body is None:
        raise CallRefused(413, TOO_LARGE.format(kilobytes=bound.max_bytes // 1000, instead=bound.instead))
    call = Call(body, await anyio.to_thread.run_sync(_parse, body, limiter=threads))
    named = isinstance(call.sent, dict) and call.sent.get("session_hash") is not None
    if named and path_of(request.scope).startswith(API + "call/"):  # one stream would carry the answers of several
        raise CallRefused(400, OWN_SESSION)
    return call


def _parse(body: bytes) -> object:
    if sum(map(body.count, MARKS)) > MAX_VALUES:
        raise CallRefused(413, TOO_MANY)
    try:
        sent = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError) as error:
        raise CallRefused(400, NO_JSON) from error
    level = [sent]
    for _ in range(MAX_DEPTH):
        level = [part for value in level for part in _parts(value)]
        if not level:
            return sent
    raise CallRefused(400, TOO_DEEP)


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
