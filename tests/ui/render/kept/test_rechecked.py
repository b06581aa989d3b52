"""What is said of files that were given again."""

import pytest

from storage.history import VIDEO
from tests.ui.render.kept.test_runs import entry_of
from ui.render.kept.rechecked import (
    OTHER_PICTURE,
    SAME_PICTURE,
    UNREAD_PICTURE,
    Result,
    compare_files,
    list_parts,
    pair_parts,
)


def batch(*hashes: str) -> Result:
    return {"sha256": "of all", "kind": "batch", "comparisons": [{"sha256": sha256} for sha256 in hashes]}


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        (["a", "b"], ["b", "a"], "All 2 pictures are the same files as then, by their SHA-256."),
        (["a", "b"], ["b", "c"], "1 of 2 pictures are the same files as then, by their SHA-256."),
        (["a", "a"], ["a", "b"], "1 of 2 pictures are the same files as then, by their SHA-256."),
        (["a"], ["a"], SAME_PICTURE),
        (["a"], ["b"], OTHER_PICTURE),
        (["a", ""], ["a", ""], f"1 of 2 pictures are the same files as then, by their SHA-256. {UNREAD_PICTURE}"),
        ([""], [""], UNREAD_PICTURE),
        (["", ""], ["", "a"], "2 pictures could not be read then and have no SHA-256."),
    ],
)
def test_only_pictures_that_could_be_read_are_the_same_and_one_picture_is_no_pictures(
    then: list[str], now: list[str], said: str
) -> None:
    assert compare_files(entry_of(batch(*then), "batch"), batch(*now)) == said


def film(*verdicts: Result, said: str = "") -> Result:
    return {"persons": [], "whole_image": None, "sound": {"said": said, "verdicts": list(verdicts)}}


def heard(band: str, p_fake: float) -> Result:
    limits = {"real_until": 0.2, "fake_from": 0.961}
    return {"detector": "voice", "title": "Listener", "band": band, "p_fake": p_fake, "error": None} | limits


def test_what_is_said_of_a_videos_sound_is_compared_too() -> None:
    results = film(heard("strong", 0.97)), film(heard("inconclusive", 0.958)), film(said="Nothing audible.")
    strong, unclear, silent = (list_parts(VIDEO, result) for result in results)
    ((name, then, now),) = pair_parts(strong, unclear)
    assert name == "The sound, Listener"
    assert (then.said, now.said) == ("Strong traces of synthesis, 97 %", "Inconclusive, 95 %")
    assert [part.said for part in silent] == ["Nothing audible."]
    assert list_parts(VIDEO, film() | {"sound": None}) == []
