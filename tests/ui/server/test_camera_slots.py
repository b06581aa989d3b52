"""CameraSlots at the camera: few, one a visitor, and the newest frame goes first."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ui.server.camera_slots import IDLE_SECONDS, CameraSlots, FrameTurn, SlotLostError, SlotsFullError


def run(waited: Coroutine[Any, Any, Any]) -> Any:
    """In a thread of its own: Playwright's loop may be running in this one."""
    with ThreadPoolExecutor(1) as fresh:
        return fresh.submit(asyncio.run, waited).result()


def test_who_comes_to_full_seats_is_turned_away_in_one_sentence() -> None:
    slots = CameraSlots(places=2)
    first = slots.take("anna", 1, now=0.0)
    slots.take("ben", 1, now=0.0)
    with pytest.raises(SlotsFullError, match=r"^2 others are using their cameras; try again in a minute\.$"):
        slots.take("carla", 1, now=1.0)
    assert slots.take("anna", 1, now=1.0) is first


def test_a_seat_whose_visitor_went_quiet_is_free() -> None:
    slots = CameraSlots(places=1)
    slots.take("anna", 1, now=0.0)
    slots.take("ben", 1, now=IDLE_SECONDS + 0.1)


def test_a_seat_with_a_frame_in_work_is_kept_however_long_it_takes() -> None:
    slots = CameraSlots(places=1)
    slots.take("anna", 1, now=0.0).turn.busy = True
    with pytest.raises(SlotsFullError):
        slots.take("ben", 1, now=1000.0)


def test_the_page_that_started_last_has_the_seat_and_sees_nothing_of_the_one_before() -> None:
    slots = CameraSlots(places=1)
    before = slots.take("anna", 5, now=0.0)
    after = slots.take("anna", 6, now=0.1)
    assert after.view is not before.view
    with pytest.raises(SlotLostError, match="on another page"):
        slots.take("anna", 5, now=0.2)
    assert slots.take("anna", 6, now=0.3) is after


def test_while_a_frame_is_in_work_the_newest_waits_and_the_others_are_dropped() -> None:
    async def send_four() -> list[bool]:
        turn = FrameTurn()
        assert await turn.take()
        waiting = [asyncio.ensure_future(turn.take()) for _ in range(3)]
        assert [await waiting[0], await waiting[1]] == [False, False]
        assert [one.done() for one in waiting] == [True, True, False]
        turn.give_back()
        answers = [await one for one in waiting]
        assert turn.busy
        turn.give_back()
        assert not turn.busy
        return answers

    assert run(send_four()) == [False, False, True]


def test_a_waiting_frame_that_was_called_off_holds_nobody_up() -> None:
    async def call_off() -> bool:
        turn = FrameTurn()
        await turn.take()
        waiting = asyncio.ensure_future(turn.take())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.sleep(0)
        turn.give_back()
        return await turn.take()

    assert run(call_off())
