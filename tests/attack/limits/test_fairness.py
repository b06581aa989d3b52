"""Nobody takes another's place in the queue, through HTTP at the page as it is served."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from auth.limits import waiting
from tests.attack.site import FILE, Attacked
from tests.auth.server import Browser, wait_for
from tests.ui.camera import as_jpeg, frame, portrait
from ui.page import QUEUED

BATCH = "/gradio_api/call/batch"


@pytest.fixture
def stuck(site: Attacked) -> Iterator[Any]:
    """The queue of the framework, which starts no event while this lasts."""
    queue = site.page._queue
    before, queue.get_events = queue.get_events, lambda: None
    yield queue
    queue.get_events = before
    wait_for(lambda: _require_empty(queue), seconds=120)


def _require_empty(queue: Any) -> None:
    assert len(queue) == 0


def call_batch(site: Attacked, browser: Browser, **headers: str) -> httpx.Response:
    """One more batch call, whose answer nobody reads."""
    path = browser.upload(as_jpeg(frame(portrait())), name="own.jpg")
    data = {"data": [[{"path": path, "meta": FILE}], ["accuser"]]}
    return browser.http.post(BATCH, json=data, headers=headers)


def assert_told(said: httpx.Response, sentence: str) -> None:
    assert said.status_code == 503
    assert said.json() == {"error": sentence}
    assert int(said.headers["retry-after"]) > 0


def test_one_users_calls_leave_room_in_the_queue_for_everybody(site: Attacked, stuck: Any) -> None:
    greedy, other = site.member("Greedy"), site.member("Other")
    said = [call_batch(site, greedy) for _ in range(waiting.MAX_OF_USER + 5)]
    assert [one.status_code for one in said] == [200] * waiting.MAX_OF_USER + [503] * 5
    assert_told(said[-1], waiting.YOURS)
    joined = greedy.http.post("/gradio_api/queue/join", json={"data": [], "fn_index": 0, "session_hash": "greedy"})
    assert joined.status_code == 502, "Gradio's page shows words of its own on 503"
    assert joined.json() == {"error": waiting.YOURS}
    assert call_batch(site, other).status_code == 200
    assert len(stuck) == waiting.MAX_OF_USER + 1
    _drop(stuck)


def _drop(queue: Any) -> None:
    for kind in queue.event_queue_per_concurrency_id.values():
        kind.queue.clear()


def test_one_address_has_so_many_whoever_is_behind_it(
    site: Attacked, stuck: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "MAX_OF_ADDRESS", 3)
    users = [site.member(f"Neighbour {number}") for number in range(4)]
    here, elsewhere = {"x-forwarded-for": "93.184.216.7"}, {"x-forwarded-for": "93.184.216.8"}
    said = [call_batch(site, user, **here) for user in users]
    assert [one.status_code for one in said] == [200, 200, 200, 503]
    assert_told(said[-1], waiting.NEIGHBOURS)
    assert call_batch(site, users[-1], **elsewhere).status_code == 200
    _drop(stuck)


def test_a_full_queue_is_said_in_our_own_words(site: Attacked, stuck: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stuck.max_size == QUEUED
    monkeypatch.setattr(stuck, "max_size", 2)
    users = [site.member(f"Third {number}") for number in range(3)]
    said = [call_batch(site, user) for user in users]
    assert [one.status_code for one in said] == [200, 200, 503]
    assert_told(said[-1], waiting.FULL)
    _drop(stuck)


def test_events_that_nobody_hears_are_dropped_and_others_are_not(
    site: Attacked, stuck: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "UNHEARD_SECONDS", 1.0)
    patient, gone = site.member("Patient"), site.member("Gone")
    heard = call_batch(site, patient).json()["event_id"]
    with patient.http.stream("GET", f"{BATCH}/{heard}", timeout=60) as answer:
        for _ in range(5):
            assert call_batch(site, gone).status_code == 200

        def only_one_is_left() -> None:
            assert [event._id for kind in stuck.event_queue_per_concurrency_id.values() for event in kind.queue] == [
                heard
            ]

        wait_for(only_one_is_left, seconds=30)
        time.sleep(1)
        only_one_is_left()
        del stuck.get_events  # the queue goes on
        events = "".join(answer.iter_text())
    assert "event: complete" in events and json.loads(events.rpartition("data: ")[2])


def ask(browser: Browser, **headers: str) -> httpx.Response:
    """One call that is answered at once, and is not read."""
    said = browser.http.post("/gradio_api/call/detectors", json={"data": []}, headers=headers)
    time.sleep(0.1)
    return said


def test_one_users_unread_answers_are_limited_and_go_after_a_minute(
    site: Attacked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "MAX_UNREAD_OF_USER", 3)
    user, other = site.member("Unreading"), site.member("Reading")
    said = [ask(user) for _ in range(4)]
    assert [one.status_code for one in said] == [200, 200, 200, 503]
    assert_told(said[-1], waiting.YOURS_UNREAD)
    assert ask(other).status_code == 200
    events = [one.json()["event_id"] for one in said[:3]]
    assert "event: complete" in user.http.get(f"/gradio_api/call/detectors/{events[0]}").text
    assert ask(user).status_code == 200, "one was read"
    monkeypatch.setattr(waiting, "UNHEARD_SECONDS", 0.0)

    def all_are_gone() -> None:
        assert user.http.get(f"/gradio_api/call/detectors/{events[1]}").status_code == 404
        assert ask(user).status_code == 200

    wait_for(all_are_gone, seconds=30)


def test_unread_answers_are_limited_by_address_and_for_all_users_together(
    site: Attacked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "MAX_UNREAD_OF_ADDRESS", 3)
    users = [site.member(f"Unreading {number}") for number in range(4)]
    here, elsewhere = {"x-forwarded-for": "93.184.216.9"}, {"x-forwarded-for": "93.184.216.10"}
    said = [ask(user, **here) for user in users]
    assert [one.status_code for one in said] == [200, 200, 200, 503]
    assert_told(said[-1], waiting.NEIGHBOURS_UNREAD)
    assert ask(users[-1], **elsewhere).status_code == 200
    monkeypatch.setattr(waiting, "MAX_UNREAD", 4)
    assert_told(ask(users[-1], **elsewhere), waiting.FULL)


def test_what_waits_is_not_forgotten_for_thousands_of_others(site: Attacked, stuck: Any) -> None:
    user, others = site.member("Outlasting"), [f"other {number}" for number in range(3000)]
    event = call_batch(site, user).json()["event_id"]
    with user.http.stream("GET", f"{BATCH}/{event}", timeout=60) as answer:
        for other in others:  # as the framework does with each new one
            stuck.pending_messages_per_session[other] = None
        del stuck.get_events  # the queue goes on
        assert "event: complete" in "".join(answer.iter_text())


def test_nothing_is_left_of_calls_and_pages_whose_answers_were_read(site: Attacked) -> None:
    user, queue = site.member("Tidy"), site.page._queue
    functions = user.http.get("/config").json()["dependencies"]
    number = next(one["id"] for one in functions if one["api_name"] == "detectors")
    call = {"data": [], "fn_index": number, "session_hash": "tidy"}
    assert user.http.post("/gradio_api/queue/join", json=call).status_code == 200
    assert "process_completed" in user.http.get("/gradio_api/queue/data", params={"session_hash": "tidy"}).text
    event = ask(user).json()["event_id"]
    assert "event: complete" in user.http.get(f"/gradio_api/call/detectors/{event}").text

    def nothing_is_left() -> None:
        kept = {*queue.pending_messages_per_session, *queue.pending_event_ids_session}
        assert not kept & {"tidy", event}

    wait_for(nothing_is_left, seconds=2)


@pytest.mark.parametrize("way", ["run", "api"])
def test_calls_that_pass_the_queue_by_are_limited_too(
    site: Attacked, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    user = site.member(f"By {way}")
    ask: dict[str, Any] = {"url": f"/gradio_api/{way}/detectors", "json": {"data": []}}
    assert user.http.post(**ask).status_code == 200
    monkeypatch.setattr(waiting, "MAX_OF_USER", 0)
    assert_told(user.http.post(**ask), waiting.YOURS)
