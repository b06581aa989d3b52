"""What is noted of an answer on its way: once it is whole."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from starlette.types import Message

from auth.responses import TrackedResponse
from auth.sessions import Visitor

ANNA = Visitor(7, "Anna", "key", is_program=False)


class NotedUploads:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.results: list[tuple[int, bytes]] = []

    def grant_results(self, user_id: int, body: bytes) -> None:
        self.results.append((user_id, body))


def test_files_named_in_an_answer_of_several_parts_are_granted_once_it_is_whole() -> None:
    uploads: Any = NotedUploads()
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def is_still_in() -> bool:
        raise AssertionError("only streams ask")

    async def answer_in_parts() -> None:
        answer = TrackedResponse(send, uploads=uploads, visitor=ANNA, is_upload=False, is_still_in=is_still_in)
        await answer({"type": "http.response.start", "headers": [(b"content-type", b"application/json")]})
        await answer({"type": "http.response.body", "body": b'{"path": ', "more_body": True})
        assert uploads.results == []
        await answer({"type": "http.response.body", "body": b'"/a"}'})

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, answer_in_parts()).result()
    ((user, body),) = uploads.results
    assert (user, json.loads(body)) == (7, {"path": "/a"})
    assert len(sent) == 3
