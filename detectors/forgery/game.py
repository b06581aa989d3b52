"""A game on a folder of real and forged pictures: what is drawn for a player, who answers what, and who is fooled.

Everybody must choose, so detectors must too: their answer is the side of 0.5 that their p_fake lies on.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random, SystemRandom

from detectors.inputs.images import ImageError, read_image
from detectors.jury.fusion import JURY_TITLE
from detectors.jury.judge import Jury
from detectors.jury.results import Comparison
from detectors.scan.batch import find_suspect
from registry import Verdict

ROUNDS = 10
MAX_OF_A_CLASS = 200  # every one is decoded before the page opens
CLASSES = ("real", "fake")
Z95 = 1.959964  # standard normal quantile of 0.975


class DeckError(ValueError):
    """This folder makes no game. The message is one sentence for the operator."""


@dataclass(frozen=True)
class Exhibit:
    """A picture, and what it is."""

    path: Path
    forged: bool


@dataclass(frozen=True)
class Deck:
    """The pictures of a game, all of them readable and none twice. left_out: how many of the folder are not in it."""

    reals: tuple[Path, ...]
    fakes: tuple[Path, ...]
    left_out: int = 0

    @property
    def rounds(self) -> int:
        """How many rounds a game has: so few that each may be real or forged."""
        return min(ROUNDS, 2 * min(len(self.reals), len(self.fakes)))


@dataclass(frozen=True)
class Guess:
    """One player's on one picture: forged or not, None for no answer. p_fake: what a detector's rests on."""

    player: str
    forged: bool | None
    p_fake: float | None = None
    verdict: Verdict | None = None

    def is_right(self, forged: bool) -> bool | None:
        """Whether it is, for a picture that is forged or not; None for no answer."""
        return None if self.forged is None else self.forged == forged


@dataclass(frozen=True)
class Score:
    """A player's: answers that were right, of so many pictures; unanswered: those without an answer."""

    player: str
    right: int
    rounds: int
    unanswered: int


def open_deck(folder: Path, random: Random | None = None) -> Deck:
    """The deck of a folder with real/ and fake/. Of very many, some are drawn. Raises DeckError."""
    random = random or SystemRandom()
    files = {name: _list_files(folder, name) for name in CLASSES}
    drawn = {name: random.sample(found, min(len(found), MAX_OF_A_CLASS)) for name, found in files.items()}
    hashes = {name: _read_all(paths) for name, paths in drawn.items()}
    both = hashes["real"].keys() & hashes["fake"].keys()  # what is called real and fake is neither
    kept = {name: tuple(path for key, path in found.items() if key not in both) for name, found in hashes.items()}
    for name in CLASSES:
        if not kept[name]:
            raise DeckError(f"No picture in {folder / name} can be read: a game needs at least one real and one fake.")
    count = sum(map(len, files.values()))
    return Deck(kept["real"], kept["fake"], left_out=count - sum(map(len, kept.values())))


def _list_files(folder: Path, name: str) -> list[Path]:
    """The files of one class, also in folders below it; hidden ones are no pictures."""
    try:
        if not (folder / name).is_dir():
            raise DeckError(f"A game needs a folder with real/ and fake/ in it; {folder} has no {name}/.")
        found = sorted(path for path in (folder / name).rglob("[!.]*") if path.is_file())
        if not found and not any((folder / name).iterdir()):
            raise DeckError(f"{folder / name} is empty: a game needs at least one real and one fake picture.")
    except OSError as error:
        raise DeckError(f"{folder / name} cannot be opened: {error.strerror}.") from error
    return found


def _read_all(paths: Iterable[Path]) -> dict[str, Path]:
    """Those that can be read, by their SHA-256, so that no picture is in it twice."""
    found = {}
    for path in paths:
        try:
            found[read_image(path).sha256] = path
        except ImageError:
            continue
    return found


def deal(deck: Deck, random: Random | None = None) -> list[Exhibit]:
    """A game's pictures in their order, none twice.

    Each is real or forged with even chance, not half of all: else a player could count.
    """
    random = random or SystemRandom()  # which nobody can predict
    forged = sum(random.random() < 0.5 for _ in range(deck.rounds))
    forged = min(max(forged, deck.rounds - len(deck.reals)), len(deck.fakes))
    fakes, reals = random.sample(deck.fakes, forged), random.sample(deck.reals, deck.rounds - forged)
    dealt = [*(Exhibit(path, True) for path in fakes), *(Exhibit(path, False) for path in reals)]
    random.shuffle(dealt)
    return dealt


def take_answers(comparison: Comparison, jury: Jury) -> list[Guess]:
    """Each detector's in the jury's order, then the jury's. Of several faces, the most suspect one decides."""
    face = find_suspect(comparison.faces)
    given = {verdict.detector: verdict for verdict in (*comparison.whole_image, *(face.verdicts if face else ()))}
    answers = [_answer(spec.title, given.get(spec.key)) for spec in jury.specs]
    p_fake = face.jury.p_fake if face and face.jury else None
    return [*answers, Guess(JURY_TITLE, choose(p_fake), p_fake)]


def _answer(title: str, verdict: Verdict | None) -> Guess:
    p_fake = verdict.p_fake if verdict else None
    return Guess(title, choose(p_fake), p_fake, verdict)


def choose(p_fake: float | None) -> bool | None:
    """Forged from 0.5 up."""
    return None if p_fake is None else p_fake >= 0.5


def find_fooled(answers: Iterable[Guess], *, forged: bool) -> list[str]:
    """Who answered, and was wrong."""
    return [answer.player for answer in answers if answer.is_right(forged) is False]


def count_scores(rounds: Sequence[tuple[bool, Sequence[Guess]]]) -> list[Score]:
    """Everybody's, in the order of the answers; who never had an answer is left out. rounds: forged, answers."""
    scores = []
    for given in zip(*(answers for _, answers in rounds), strict=True):
        right = sum(answer.is_right(forged) is True for answer, (forged, _) in zip(given, rounds, strict=True))
        unanswered = sum(answer.forged is None for answer in given)
        if unanswered < len(given):
            scores.append(Score(given[0].player, right, len(given), unanswered))
    return scores


def wilson(successes: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927). count: at least 1."""
    share, z2 = successes / count, Z95**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = Z95 * math.sqrt(share * (1 - share) / count + z2 / (4 * count**2)) / (1 + z2 / count)
    return max(0.0, middle - half), min(1.0, middle + half)
