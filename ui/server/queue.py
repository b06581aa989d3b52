"""The queue before the networks: one picture at a time, first come, first served, and everybody told their place.

Gradio has a queue of its own, which shows a visitor "3/5" and turns the next one away in words for programmers.
"""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager

LOOK_SECONDS = 0.5  # how often a waiting job checks whether it is still wanted


class QueueFullError(RuntimeError):
    """Nobody more may wait. The message is one sentence for the visitor."""


class FairQueue:
    """At most `places` wait while one is served. Safe from many threads, each of which waits in it once."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._numbers = itertools.count()
        self._waiting: list[int] = []  # the first is served
        self._moved = threading.Condition()

    def __len__(self) -> int:
        """How many wait in it, the one who is served included."""
        return len(self._waiting)

    @contextmanager
    def wait(self) -> Iterator[Iterator[int]]:
        """A place at the end, given up on leaving. Yields how many are before it, every half second until none is.

        Raises QueueFullError.
        """
        number = self._join()
        try:
            yield self._count_down(number)
        finally:
            with self._moved:
                self._waiting.remove(number)
                self._moved.notify_all()

    def _join(self) -> int:
        with self._moved:
            if len(self._waiting) > self._places:
                raise QueueFullError(f"{self._places} others are already waiting; try again in a minute.")
            number = next(self._numbers)
            self._waiting.append(number)
            return number

    def _count_down(self, number: int) -> Iterator[int]:
        while before := self._count_before(number):
            yield before
            with self._moved:
                self._moved.wait_for(lambda: self._count_before(number) < before, LOOK_SECONDS)

    def _count_before(self, number: int) -> int:
        with self._moved:
            return self._waiting.index(number)


def say_place(before: int) -> str:
    """What a waiting visitor reads."""
    return "Waiting: you are next." if before == 1 else f"Waiting: {before} others are ahead of you."
