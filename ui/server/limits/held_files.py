"""The uploads of work that waits or runs: no sweep deletes them before it has ended, however long that takes."""

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakSet

from auth.limits.waiting import list_events


class Holder(Protocol):
    """What knows of work that Gradio's queue does not name the files of."""

    def held_files(self) -> Iterable[Path]:
        """Those of its work that waits or runs now. Called from any thread."""


_holders: WeakSet[Holder] = WeakSet()
_lock = threading.Lock()


def add_holder(holder: Holder) -> None:
    """Ask it from now on, for as long as there is anything that may still use it."""
    with _lock:
        _holders.add(holder)


def list_held(queue: Any) -> list[object]:
    """What names all files that are held. queue: Gradio's, whose events name those that were sent with them.

    To be called on the event loop, which alone changes the queue.
    """
    with _lock:
        holders = list(_holders)
    sent = [event.data.data for event in list_events(queue) if event.data]
    return [*sent, *(str(path) for holder in holders for path in holder.held_files())]
