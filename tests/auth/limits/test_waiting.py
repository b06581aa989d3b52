"""Which calls are counted among those that wait."""

from typing import Any, cast

from auth.limits.waiting import MAX_OF_USER, YOURS, Waiting
from auth.requests import API


def test_a_call_that_neither_joins_the_queue_nor_passes_it_by_is_not_held_up() -> None:
    waiting, request = Waiting(), cast("Any", None)  # nothing is asked of it
    waiting._running["Anna"] = MAX_OF_USER
    assert waiting.find_fault(request, API + "run/look", "Anna") == YOURS
    assert waiting.find_fault(request, API + "run/look", "Bert") is None
    assert waiting.find_fault(request, API + "queue/data", "Anna") is None
