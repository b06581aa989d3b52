"""The same call with the same Idempotency-Key runs once, and another's key is another key."""

import asyncio
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, TypeVar

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from auth.calls import OWN_SESSION
from auth.limits import waiting
from storage.database import open_database
from storage.uploads import own_folder
from tests.auth.server import Browser, Site, launch
from ui.server.programs import idempotency
from ui.server.programs.idempotency import OVER, IdempotencyMiddleware

CALL = "/gradio_api/call/batch"
ran: list[bytes] = []
T = TypeVar("T")


async def run(request: Request) -> Response:
    """An event's number, which is another each time; 503 where the body says so."""
    body = await request.body()
    ran.append(body)
    await asyncio.sleep(0.01)
    return JSONResponse({"event_id": len(ran)}, 503 if body == b"busy" else 200)


def build_app() -> Starlette:
    """Its queue lets go of no event."""
    waiting: Any = SimpleNamespace(is_ending=lambda _: False, is_readable=lambda _: True)
    middleware = [Middleware(IdempotencyMiddleware, waiting=waiting)]
    return Starlette(routes=[Route("/{path:path}", run, methods=["POST", "GET"])], middleware=middleware)


async def send(*calls: dict[str, Any]) -> list[httpx.Response]:
    """All at once."""
    app = build_app()
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
        app = build_app()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page") as client:
            calls = [keyed("busy"), keyed("fine"), keyed("other"), keyed(key="a b"), keyed("x" * 1_000_001, key="c")]
            return [(await client.post(CALL, **call)).status_code for call in calls]

    assert finish(in_turn()) == [503, 200, 422, 400, 413]
    assert ran == [b"busy", b"fine"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A page in this process, whose /wait and /wait_in_steps take as many seconds as they are told."""
    folder = tmp_path_factory.mktemp("idempotency")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder / "uploads"))
        patch.setattr(waiting, "UNHEARD_SECONDS", 1.0)
        engine = open_database(f"sqlite:///{folder / 'facejury.db'}")
        site = launch(engine, uploads=own_folder())
        yield site
        site.close()
        engine.dispose()


def post(program: Browser, name: str, given: object, *, key: str) -> httpx.Response:
    url = f"/gradio_api/call/{name}"
    return program.http.post(url, json={"data": [given]}, headers={"Idempotency-Key": key})


def read(program: Browser, name: str, event: str) -> httpx.Response:
    return program.http.get(f"/gradio_api/call/{name}/{event}", timeout=20)


@pytest.mark.slow
def test_an_answer_under_a_key_is_read_as_often_as_its_connection_breaks_and_any_other_once(site: Site) -> None:
    program = site.member("Often")
    event = post(program, "echo", "mine", key="a").json()["event_id"]
    first = read(program, "echo", event)
    again = post(program, "echo", "mine", key="a")
    assert (again.json()["event_id"], again.headers["idempotent-replayed"]) == (event, "true")
    assert read(program, "echo", event).text == first.text == 'event: complete\ndata: ["mine"]\n\n'
    assert site.member("Other").http.get(f"/gradio_api/call/echo/{event}").status_code == 403

    once = program.http.post("/gradio_api/call/echo", json={"data": ["mine"]}).json()["event_id"]
    assert "mine" in read(program, "echo", once).text
    for over in (once, "none"):
        answer = read(program, "echo", over)
        assert (answer.status_code, answer.json()) == (404, {"error": OVER})


@pytest.mark.slow
def test_a_call_that_was_let_go_of_unheard_runs_again_under_its_key(site: Site) -> None:
    program = site.member("Unheard")
    event = post(program, "wait_in_steps", 9, key="a").json()["event_id"]
    time.sleep(8)  # unheard events are looked for every five seconds
    assert read(program, "wait_in_steps", event).status_code == 404
    again = post(program, "wait_in_steps", 1, key="b").json()["event_id"]
    assert "done" in read(program, "wait_in_steps", again).text
    again = post(program, "wait_in_steps", 9, key="a")
    assert again.json()["event_id"] != event and "idempotent-replayed" not in again.headers
    assert "done" in read(program, "wait_in_steps", again.json()["event_id"]).text


@pytest.mark.slow
def test_a_call_that_goes_well_unheard_runs_once_whether_it_was_given_up_before_its_end_or_not(site: Site) -> None:
    program = site.member("Never there")
    calls: list[tuple[str, object]] = [("echo", "done"), ("wait", 9)]
    events = [post(program, name, given, key="a").json()["event_id"] for name, given in calls]
    time.sleep(8)
    assert read(program, "wait", events[1]).status_code == 404, "it is given up, and goes on"
    for (name, given), event in zip(calls, events, strict=True):
        again = post(program, name, given, key="a")
        assert (again.json()["event_id"], again.headers["idempotent-replayed"]) == (event, "true")
        assert read(program, name, event).text == 'event: complete\ndata: ["done"]\n\n'


@pytest.mark.slow
def test_a_call_that_goes_well_although_its_readers_connection_broke_runs_once(site: Site) -> None:
    program = site.member("Cut off")
    event = post(program, "wait", 3, key="a").json()["event_id"]
    with pytest.raises(httpx.ReadTimeout):
        program.http.get(f"/gradio_api/call/wait/{event}", timeout=1)
    again = post(program, "wait", 3, key="a")
    assert (again.json()["event_id"], again.headers["idempotent-replayed"]) == (event, "true")
    assert "done" in read(program, "wait", event).text


@pytest.mark.slow
def test_a_call_that_fails_may_run_again_under_its_key_once_that_was_read(site: Site) -> None:
    program = site.member("Failing")
    event = post(program, "wait", -1, key="a").json()["event_id"]
    assert "event: error" in read(program, "wait", event).text
    again = post(program, "wait", -1, key="a")
    assert again.json()["event_id"] != event and "idempotent-replayed" not in again.headers


@pytest.mark.slow
@pytest.mark.parametrize("way", ["call/echo", "call/v2/echo"])
def test_calls_do_not_share_a_session_in_which_one_would_get_anothers_answer(site: Site, way: str) -> None:
    program = site.member(f"Sharing {way[5:7]}")
    said = program.http.post(f"/gradio_api/{way}", json={"data": ["mine"], "session_hash": "ours"})
    assert (said.status_code, said.json()) == (400, {"error": OWN_SESSION})
    said = program.http.post("/gradio_api/call/echo", json={"data": ["mine"], "session_hash": None})
    assert "mine" in read(program, "echo", said.json()["event_id"]).text


@pytest.mark.slow
def test_two_who_read_one_answer_both_come_to_an_end(site: Site) -> None:
    program = site.member("Two")
    event = post(program, "wait", 3, key="a").json()["event_id"]

    def read_to_the_end() -> str:
        try:
            return read(program, "wait", event).text
        except httpx.RemoteProtocolError:  # broken off, for the other has it
            return read(program, "wait", event).text

    with ThreadPoolExecutor(2) as pool:
        assert all("done" in one.result() for one in [pool.submit(read_to_the_end) for _ in range(2)])


@pytest.mark.slow
def test_the_keys_of_one_user_are_not_forgotten_for_the_many_of_another(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, many = site.member("Few"), site.member("Many")
    assert post(few, "echo", "mine", key="a").status_code == 200
    monkeypatch.setattr(idempotency, "MAX_KEPT", 4)
    assert all(post(many, "echo", "theirs", key=f"{number}").status_code == 200 for number in range(8))
    assert post(few, "echo", "mine", key="a").headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" in post(many, "echo", "theirs", key="7").headers
    assert "idempotent-replayed" not in post(many, "echo", "theirs", key="0").headers


def test_of_too_many_bytes_of_answers_the_oldest_are_forgotten_with_their_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "MAX_KEPT_BYTES", 2 * len('{"event_id":1}'))

    async def in_turn() -> list[int]:
        app = build_app()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page") as client:
            calls = [keyed(key=key) for key in "abcba"]
            return [(await client.post(CALL, **call)).json()["event_id"] for call in calls]

    assert finish(in_turn()) == [1, 2, 3, 2, 4]
