"""Feedback on a verdict: what is refused is said, and what is given is written down once."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine

from storage.feedback import list_feedback
from storage.history import add_entry
from ui.components.feedback import NO_PICTURE, NOT_CHOSEN, NOTHING, THANKS, _send_to
from ui.server.limits.visits import OPEN_TOO_LONG

WHO = SimpleNamespace(username="Anna")
VERDICT = {"detector": "whole", "title": "Whole", "p_fake": 0.9, "label": "fake", "error": None}
FOUND = {"schema": 1, "sha256": "0" * 64, "faces": [], "whole_image": [VERDICT]}


@pytest.fixture(scope="module")
def entry(kept: Engine) -> int:
    """Her comparison of a picture without a face, judged as a whole; the picture was not kept."""
    return add_entry(kept, "Anna", file_name="a.png", comparison=FOUND)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"number": None}, OPEN_TOO_LONG),
        ({"number": 999}, NOTHING),
        ({"which": None}, NOT_CHOSEN),
        ({"which": "0:whole"}, NOT_CHOSEN),
        ({"claim": None}, NOT_CHOSEN),
        ({"claim": "maybe"}, NOT_CHOSEN),
        ({"consent": True}, NO_PICTURE),
        ({"consent": True, "path": "/swept/a.png"}, NO_PICTURE),
    ],
)
def test_what_cannot_be_written_down_is_refused_in_a_sentence(
    kept: Engine, entry: int, change: dict[str, Any], said: str
) -> None:
    given = {"number": entry, "which": ":whole", "claim": "real", "consent": False} | change
    assert said in _send_to(kept)(WHO, **given)[0]
    assert list_feedback(kept, accepted=None) == []


def test_a_verdict_on_the_whole_picture_can_be_called_wrong(kept: Engine, entry: int, tmp_path: Path) -> None:
    said, button = _send_to(kept)(WHO, entry, ":whole", "real", consent=False)
    assert THANKS in said and button.interactive is False
    (given,) = list_feedback(kept, accepted=None)
    assert (given.detector, given.face, given.claim) == ("whole", None, "real")
