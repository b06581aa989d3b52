"""The same call with the same Idempotency-Key runs once, and another's key is another key."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ui.server.programs.idempotency import IdempotencyMiddleware

CALL = "/gradio_api/call/batch"
ran: list[bytes] = []
T = TypeVar("T")


async def run(request: Request) -> Response:
    """An event's number, which is another each time; 503 where the body says so."""
    body = await request.body()
    ran.append(body)
    await asyncio.sleep(0.01)
    return JSONResponse({"event_id": len(ran)}, 503 if body == b"busy" else 200)


async def send(*calls: dict[str, Any]) -> list[httpx.Response]:
    """All at once."""
    app = IdempotencyMiddleware(Starlette(routes=[Route("/{path:path}", run, methods=["POST", "GET"])]))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page") as client:
        return await asyncio.gather(*(client.request(**{"method": "POST", "url": CALL, **call}) for call in calls))


def finish(coroutine: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: the browser of other tests keeps this one's event loop."""
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(asyncio.run, coroutine).result()


def keyed(content: str = "{}", *, key: str = "a", token: str = "t", **more: Any) -> dict[str, Any]:
    return {"content": content, "headers": {"Idempotency-Key": key, "Authorization": token}, **more}


@pytest.fixture(autouse=True)
def nothing_ran() -> None:
    ran.clear()


def test_a_call_that_is_sent_again_runs_once_and_gets_the_first_answer() -> None:
    first, second = finish(send(keyed(), keyed()))
    assert len(ran) == 1
    assert (first.json(), second.json()) == ({"event_id": 1}, {"event_id": 1})
    assert (first.headers.get("idempotent-replayed"), second.headers["idempotent-replayed"]) == (None, "true")


@pytest.mark.parametrize(
    "other",
    [keyed(key="b"), keyed(token="u"), keyed(url="/gradio_api/call/compare"), {"content": "{}"}, keyed(method="GET")],
)
def test_another_key_caller_address_or_none_is_another_call(other: dict[str, Any]) -> None:
    answers = finish(send(keyed(), other))
    assert len(ran) == 2
    assert not any("idempotent-replayed" in answer.headers for answer in answers)


def test_a_key_is_good_for_one_body_and_a_failed_call_frees_it() -> None:
    async def in_turn() -> list[int]:
        app = IdempotencyMiddleware(Starlette(routes=[Route("/{path:path}", run, methods=["POST"])]))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page") as client:
            calls = [keyed("busy"), keyed("fine"), keyed("other"), keyed(key="a b"), keyed("x" * 1_000_001, key="c")]
            return [(await client.post(CALL, **call)).status_code for call in calls]

    assert finish(in_turn()) == [503, 200, 422, 400, 413]
    assert ran == [b"busy", b"fine"]
