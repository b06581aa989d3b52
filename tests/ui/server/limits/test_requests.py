"""The bounds of requests: how many are worked on, for whom, and that a late body ends for every reader of it."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import Message

from ui.server.limits import requests
from ui.server.limits.requests import CONNECTIONS, FULL, NEIGHBOURS_BUSY, BoundsMiddleware, _Body


def scope_from(address: str) -> dict[str, Any]:
    return {"type": "http", "path": "/", "headers": [], "client": (f"8.8.4.{address}", 1)}


def find_fault(asks: str, *busy: str, waits: bool = False) -> str | None:
    """Why one more request is refused, where four are worked on at once and these are."""

    async def nothing(*_: Any) -> None:
        raise AssertionError("not asked")

    held = [SimpleNamespace(waits=waits, scope=scope_from(address)) for address in busy]
    bounds = BoundsMiddleware(nothing, at_once=4)
    return bounds._find_fault(scope_from(asks) | {"state": {CONNECTIONS: held}})


def test_one_too_many_is_refused_unless_the_others_wait_for_their_visitor() -> None:
    many = tuple("12345")
    assert find_fault("6", *many) == FULL
    assert find_fault("6", *many, waits=True) is None
    assert find_fault("6", *many[:4]) is None


def test_one_address_has_its_share() -> None:
    assert find_fault("1", "1", "1") == NEIGHBOURS_BUSY
    assert find_fault("2", "1", "1") is None


def run(function: Callable[[], Awaitable[Any]]) -> Any:
    """In a thread of its own: where Playwright runs, this one has a loop already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, function()).result()  # type: ignore[arg-type]


def test_whoever_reads_on_after_a_late_body_is_told_again_that_the_visitor_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(requests, "PATIENCE_SECONDS", 0.01)

    async def read_twice() -> tuple[Message, Message, bool]:
        async def wait_for_ever() -> Message:
            await asyncio.Event().wait()
            raise AssertionError("nothing ever comes")

        body = _Body(wait_for_ever)
        return await body.receive(), await body.receive(), body.is_late

    gone = {"type": "http.disconnect"}
    assert run(read_twice) == (gone, gone, True)
