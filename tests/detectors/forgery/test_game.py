"""The game: what makes a deck, how it is dealt, and how answers are counted."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import PIL.Image
import pytest

from detectors.forgery.game import (
    MAX_OF_A_CLASS,
    Deck,
    DeckError,
    Guess,
    Score,
    count_scores,
    deal,
    find_fooled,
    open_deck,
    take_answers,
    wilson,
)
from detectors.jury.compare import compare
from detectors.jury.judge import Jury
from registry import DetectorSpec, load_registry
from tests.detectors.pictures import encode, portrait, quarters


def fill(folder: Path, **counts: int) -> Path:
    """That many different pictures in each class."""
    for number, (name, count) in enumerate(counts.items()):
        (folder / name).mkdir(parents=True)
        for shade in range(count):
            PIL.Image.new("RGB", (20, 20), (shade, number, 9)).save(folder / name / f"{shade}.png")
    return folder


def make_deck(reals: int, fakes: int) -> Deck:
    return Deck(tuple(Path(f"r{i}") for i in range(reals)), tuple(Path(f"f{i}") for i in range(fakes)))


def spec(key: str, examine: Callable[..., Any], **options: Any) -> DetectorSpec:
    return DetectorSpec(key=key, title=key.capitalize(), load=lambda: examine, **options)


def test_a_deck_has_every_picture_that_can_be_read_once(tmp_path: Path) -> None:
    folder = fill(tmp_path, real=3, fake=4)
    (folder / "real" / "notes.txt").write_text("no picture")
    (folder / "real" / ".hidden").write_text("nothing")
    (folder / "fake" / "deeper").mkdir()
    (folder / "fake" / "deeper" / "again.png").write_bytes((folder / "fake" / "0.png").read_bytes())
    deck = open_deck(folder)
    assert (len(deck.reals), len(deck.fakes), deck.left_out) == (3, 4, 2)


def test_a_picture_that_is_called_real_and_fake_is_in_no_game(tmp_path: Path) -> None:
    folder = fill(tmp_path, real=2, fake=2)
    (folder / "fake" / "same.png").write_bytes((folder / "real" / "0.png").read_bytes())
    deck = open_deck(folder)
    assert ([path.name for path in deck.reals], len(deck.fakes), deck.left_out) == (["1.png"], 2, 2)


def test_of_very_many_pictures_some_are_drawn(tmp_path: Path) -> None:
    folder = fill(tmp_path, real=MAX_OF_A_CLASS + 5, fake=1)
    deck = open_deck(folder)
    assert (len(deck.reals), deck.left_out) == (MAX_OF_A_CLASS, 5)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda folder: folder / "nowhere", "nowhere has no real/"),
        (lambda folder: fill(folder, real=1), "has no fake/"),
        (lambda folder: fill(folder, real=1, fake=0), "fake is empty"),
        (lambda folder: fill(folder, real=0, fake=0), "real is empty"),
    ],
)
def test_a_folder_that_makes_no_game_is_refused_in_a_sentence(
    tmp_path: Path, make: Callable[[Path], Path], sentence: str
) -> None:
    with pytest.raises(DeckError, match=sentence):
        open_deck(make(tmp_path))


def test_a_class_of_files_that_are_no_pictures_is_refused(tmp_path: Path) -> None:
    folder = fill(tmp_path, real=1, fake=0)
    (folder / "fake" / "a.jpg").write_text("no picture")
    with pytest.raises(DeckError, match=r"No picture in .*fake can be read"):
        open_deck(folder)


def test_a_folder_that_cannot_be_opened_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DeckError, match=r"cannot be opened: File name too long\.$"):
        open_deck(tmp_path / ("x" * 300))


def test_no_picture_comes_twice_in_a_game_and_each_keeps_its_truth() -> None:
    for seed in range(50):
        dealt = deal(make_deck(7, 12), Random(seed))
        assert len({exhibit.path for exhibit in dealt}) == 10
        assert all(exhibit.forged == exhibit.path.name.startswith("f") for exhibit in dealt)


def test_half_of_all_rounds_are_forged_but_nobody_can_count_on_it_in_a_game() -> None:
    games = [deal(make_deck(50, 50), Random(seed)) for seed in range(400)]
    counts = Counter(sum(exhibit.forged for exhibit in dealt) for dealt in games)
    assert 4.7 < sum(forged * games for forged, games in counts.items()) / 400 < 5.3
    assert len(counts) > 4, "else the last pictures could be told from the first"
    places = [sum(dealt[place].forged for dealt in games) / 400 for place in range(10)]
    assert all(0.4 < share < 0.6 for share in places), "nor does the order tell"


def test_few_pictures_make_a_shorter_game() -> None:
    assert [make_deck(*counts).rounds for counts in ((5, 5), (50, 3), (1, 1), (4, 90))] == [10, 6, 2, 8]
    assert len(deal(make_deck(50, 3), Random(0))) == 6
    assert len(deal(make_deck(1, 1), Random(0))) == 2


def test_a_detector_must_choose_and_one_that_failed_or_saw_no_face_has_no_answer() -> None:
    jury = Jury([spec("unsure", lambda image: 0.5), spec("calm", lambda image: 0.49), spec("odd", lambda image: 7.0)])
    unsure, calm, odd, together = take_answers(compare(encode(portrait()), jury), jury)
    assert [answer.forged for answer in (unsure, calm, odd, together)] == [True, False, None, None]
    assert unsure.p_fake == 0.5 and odd.verdict.error
    assert [answer.forged for answer in take_answers(compare(encode(quarters()), jury), jury)] == [None] * 4


def test_a_detector_of_whole_pictures_answers_without_a_face() -> None:
    jury = Jury([spec("viewer", lambda image: 0.9, expects="image")])
    assert take_answers(compare(encode(quarters()), jury), jury)[0].forged is True


def test_the_jury_answers_with_what_it_fuses() -> None:
    jury = Jury(load_registry(blocked=()).detectors)
    comparison = compare(encode(portrait()), jury)
    together = take_answers(comparison, jury)[-1]
    assert together.player == "The jury"
    assert together.p_fake == comparison.as_dict()["faces"][0]["jury"]["p_fake"]


def test_scores_count_right_answers_and_say_how_many_are_missing() -> None:
    def answers(you: bool | None, detector: bool | None) -> list[Guess]:
        return [Guess("You", you), Guess("A", detector), Guess("The jury", None)]

    rounds = [(True, answers(True, None)), (False, answers(True, False)), (True, answers(False, True))]
    assert count_scores(rounds) == [Score("You", 1, 3, 0), Score("A", 2, 3, 1)]
    assert [find_fooled(given, forged=forged) for forged, given in rounds] == [[], ["You"], ["You"]]


@pytest.mark.parametrize(("successes", "count"), [(0, 1), (1, 1), (0, 40), (8, 10), (17, 40), (40, 40)])
def test_the_wilson_interval_is_where_the_score_test_would_just_reject(successes: int, count: int) -> None:
    low, high = wilson(successes, count)
    share = successes / count
    ends = sorted(np.roots([count + 1.959964**2, -(2 * successes + 1.959964**2), count * share**2]).real)
    assert (low, high) == pytest.approx(ends, abs=1e-7)
    assert 0 <= low <= share <= high <= 1


def test_rounding_pushes_no_interval_out_of_0_to_1() -> None:
    assert all(wilson(0, count)[0] >= 0 and wilson(count, count)[1] <= 1 for count in range(1, 2000))


def test_the_wilson_interval_holds_the_truth_about_95_times_in_100() -> None:
    random = np.random.default_rng(0)
    for truth in (0.5, 0.9, 0.99):
        hits = random.binomial(200, truth, size=2000)
        held = np.mean([low <= truth <= high for low, high in (wilson(int(h), 200) for h in hits)])
        assert 0.92 <= held <= 0.98
