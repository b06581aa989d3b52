"""What the server remembers of each open page: what was judged on it, until it is closed or left idle."""

import time
from copy import copy
from typing import Any

import gradio as gr
from gradio.state_holder import SessionState, StateHolder

from auth.limits.waiting import list_events
from storage.uploads import KEEP_SECONDS

MAX_PAGES = 256  # with something to remember: up to 1,000 thumbnails, or the frames of a video
MAX_CALLS = 256  # of programs, and pages on which nothing was done yet; nothing is lost with them
CLOSED_SECONDS = 300  # without a word from a page that was closed; one whose network changed looks the same
EVERY_SECONDS = 5.0  # between two looks
OPEN_TOO_LONG = "This page was open too long; reload it."


def page_gone() -> gr.Error:
    """What a page is told that shows what the server has forgotten."""
    return gr.Error(OPEN_TOO_LONG, print_exception=False)


def still_open(number: int | None) -> int:
    """The entry that is open on a page, by its number. Raises page_gone() for None: its buttons are only seen where
    there is one, so the server has forgotten it.
    """
    if number is None:
        raise page_gone()
    return number


class Visit(SessionState):  # type: ignore[misc]  # Gradio is untyped
    """One page's. What was last shown on it is not remembered: Gradio would, pictures too, for links not made here."""

    def __init__(self, blocks: Any) -> None:  # all that SessionState sets: its list of last values takes 0.1 s
        self.blocks_config = copy(blocks.default_config)
        self.config_values: dict[int, Any] = {}
        self.state_data: dict[int, Any] = {}
        self._state_ttl: dict[int, Any] = {}
        self.is_closed = False
        self.STATE_TTL_WHEN_CLOSED = CLOSED_SECONDS
        self.used = time.monotonic()

    def __setitem__(self, key: int, value: Any) -> None:
        super().__setitem__(key, value)
        self.config_values.clear()

    def _update_config(self, key: int) -> None:
        pass

    def _update_value_in_config(self, key: int, value: Any) -> None:
        pass

    @property
    def is_over(self) -> bool:
        """Whether its page was closed, or was left idle for as long as an upload is kept."""
        idle = time.monotonic() - self.used
        return idle > (CLOSED_SECONDS if self.is_closed else KEEP_SECONDS)


class Visits(StateHolder):  # type: ignore[misc]
    """All of them, in the order in which they were used last."""

    session_data: dict[str, Visit]

    def __init__(self, page: gr.Blocks) -> None:
        super().__init__()
        self.set_blocks(page)
        self._looked = time.monotonic()

    def __getitem__(self, session_id: str) -> Visit:
        with self.lock:
            visit = self.session_data.pop(session_id, None) or Visit(self.blocks)
            visit.used = time.monotonic()
            self._make_room()
            self.session_data[session_id] = visit
        return visit

    def delete_all_expired_state(self) -> None:
        """Forget the visits that are over, unless an open page waits for an answer. Gradio calls it every second."""
        if time.monotonic() - self._looked < EVERY_SECONDS:
            return
        self._looked = time.monotonic()
        awaited = {event.session_hash for event in list_events(self.blocks._queue)}
        with self.lock:
            over = [name for name, visit in self.session_data.items() if visit.is_over]
            for name in over:
                if self.session_data[name].is_closed or name not in awaited:
                    del self.session_data[name]

    def _make_room(self) -> None:
        """For one more: of each kind those that were closed go first, then those that were used longest ago."""
        for holds, most in ((True, MAX_PAGES), (False, MAX_CALLS)):
            same = [name for name, visit in self.session_data.items() if bool(visit.state_data) is holds]
            if len(same) >= most:
                del self.session_data[next((name for name in same if self.session_data[name].is_closed), same[0])]
