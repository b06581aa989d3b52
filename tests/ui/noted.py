"""A recorder without a database: what was handed to the history, and how."""

from typing import Any

from storage.recorder import Recorded, Recorder


class Noted(Recorder):
    """Takes what a Recorder takes. entries: of add_entry, one a call; each is written at once."""

    def __init__(self) -> None:  # of the real one nothing: it would want an engine
        self.entries: list[dict[str, Any]] = []

    def record(self, user: str, *, page: str = "", **entry: Any) -> Recorded:
        self.entries.append(entry | {"user": user})
        recorded = Recorded()
        recorded.set_result(len(self.entries))
        return recorded
