"""Asking the account database from the page: in turn, off the event loop, and its failures in one plain sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from storage.database import DatabaseUnavailable
from storage.history import NoSuchEntry, NoteRefused
from storage.kept import QuotaReached
from storage.scoreboard import NicknameRefused
from storage.users import AccountGone
from ui.server.events import PRIVATE

# Queued and limited: threads that wait for a database which is away must not be all that the page has.
ASKING: dict[str, Any] = PRIVATE | {"concurrency_id": "history", "concurrency_limit": 6}


@contextmanager
def in_plain_words() -> Iterator[None]:
    """Show the visitor why the database did not do what they asked."""
    try:
        yield
    except (AccountGone, DatabaseUnavailable, NicknameRefused, NoSuchEntry, NoteRefused, QuotaReached) as error:
        raise gr.Error(str(error), print_exception=False) from error


def user_of(request: gr.Request) -> str:
    """Who is signed in. Raises gr.Error for nobody; AuthMiddleware lets no such request through."""
    if not request.username:
        raise gr.Error("Please sign in first.", print_exception=False)
    return str(request.username)
