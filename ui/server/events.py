"""How Gradio runs our events: none is a documented endpoint unless ui.server.endpoint makes it one."""

from typing import Any

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
QUICK: dict[str, Any] = PRIVATE | {"queue": False}  # over in a moment: waits for no other event
# Gradio shows an error only of what is queued; ui/components/refused.js, of the others.
ALL_AT_ONCE: dict[str, Any] = {"concurrency_limit": None}  # they wait elsewhere, as in our own queue, or for nothing
