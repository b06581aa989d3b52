"""A recorder without a database: what was handed to the history, and how."""

from concurrent.futures import Future
from typing import Any


class Noted:
    """Takes what a Recorder takes. entries: of add_entry, one a call; each is written at once."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def record(self, user: str, *, page: str = "", **entry: Any) -> Future[int]:
        self.entries.append(entry | {"user": user})
        recorded: Future[int] = Future()
        recorded.set_result(len(self.entries))
        return recorded
