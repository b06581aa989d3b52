"""Comparisons from the history, drawn again."""

import json
from pathlib import Path
from typing import Any

from detectors.jury.compare import compare
from detectors.jury.judge import Jury
from tests.ui.jurors import JURY
from ui.render.band import Headline
from ui.render.kept.photo import draw_stored, head_stored, restore, say_stored


def judged(portrait: str) -> dict[str, Any]:
    """A comparison as the history gives it back."""
    return json.loads(json.dumps(compare(Path(portrait), Jury(JURY), path="portrait.png", stability=True).as_dict()))


def test_a_stored_comparison_comes_back_whole(portrait: str) -> None:
    stored = judged(portrait)
    again = restore(stored).as_dict()
    assert again == stored
    assert say_stored(stored) == "1 of 2 say fake, 1 real"


def test_a_list_says_the_jury_verdict_first(portrait: str) -> None:
    stored = judged(portrait)
    face = stored["faces"][0]
    face["jury"] = {"p_fake": 0.77, "label": "inconclusive"}
    assert (head_stored(stored).title, say_stored(stored)) == ("Inconclusive", "1 of 2 say fake, 1 real")
    stored["faces"] = [face, face | {"jury": {"p_fake": 0.99, "label": "fake"}}]
    assert head_stored(stored) == Headline("Likely fake: 1 of 2 faces", "fake")
    assert say_stored(stored) == "2 of 2 faces called fake by a detector"
    stored["faces"][1]["doubt"] = "Too small."
    assert head_stored(stored).label == "inconclusive"
    assert head_stored(stored | {"faces": []}).label is None and say_stored(stored | {"faces": []}) == "no face found"


def test_it_is_drawn_with_its_picture_or_with_an_empty_frame(portrait: str) -> None:
    stored = judged(portrait)
    kept, without = draw_stored(stored, Path(portrait).read_bytes()), draw_stored(stored, None)
    assert len(kept) == len(without)
    for html in map("".join, (kept, without)):
        assert "Accuser" in html and "93 % fake" in html and "1 of 2 say fake, 1 real." in html
    assert len("".join(kept)) > 10 * len("".join(without))


def test_a_picture_that_can_no_longer_be_read_is_an_empty_frame(portrait: str) -> None:
    stored = judged(portrait)
    assert draw_stored(stored, b"not a picture") == draw_stored(stored, None)


def test_what_the_jury_said_then_stands_whatever_it_would_say_now(portrait: str) -> None:
    stored = judged(portrait)
    stored["faces"][0]["jury"] = {"p_fake": 0.77, "label": "fake"}
    stored["faces"][0]["agreement"] = None
    assert "Estimated chance of fake: 77 %" in "".join(draw_stored(stored, None))
    stored["faces"][0]["jury"] |= {
        "fake_from": None,
        "real_until": None,
        "held_back_by": "",
        "weighed": None,
    }  # not kept
    assert restore(stored).as_dict() == stored


def test_a_jury_verdict_is_shown_although_one_of_the_verdicts_never_came(portrait: str) -> None:
    stored = judged(portrait)
    first, second = stored["faces"][0]["verdicts"]
    stored["faces"][0] |= {"jury": {"p_fake": 0.77, "label": "fake"}, "verdicts": [first]}
    stored["faces"].append(stored["faces"][0] | {"jury": None, "verdicts": [first, second]})
    assert "Estimated chance of fake: 77 %" in "".join(draw_stored(stored, None))
