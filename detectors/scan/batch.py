"""Many pictures, one after another: what was given, what was said of each in a line, and the table of it all.

One bad file is one line with its reason. Verdicts are those of `compare`; the table is that of `scan`.
"""

import io
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from detectors.inputs.archive import ArchiveError, Member, is_zip, list_members
from detectors.inputs.images import ImageError, Picture, read_file, read_image
from detectors.inputs.picture_kinds import Elsewhere
from detectors.jury.compare import judge_stepwise
from detectors.jury.fusion import JuryVerdict
from detectors.jury.judge import Jury
from detectors.jury.results import Comparison, JudgedFace
from detectors.jury.wording import say_split
from detectors.provenance import read_provenance
from detectors.scan.record import Record, record_comparison
from detectors.scan.table import WRITERS, table_rows
from registry import Label
from text.folding import fold_line

MAX_PICTURES = 1000
TOO_MANY = f"A batch takes at most {MAX_PICTURES} pictures; this one was left out."
Word = Label | Literal["none", "error"]
"""The jury's label; "none" where it has none, "error" where there was nothing to judge."""
NOWHERE: Elsewhere = {}
Order = Literal["given", "fake", "real", "name"]


@dataclass(frozen=True)
class Item:
    """One picture to judge. name: as its giver calls it; source: where its bytes are, or why there are none."""

    name: str
    source: Path | Member | ImageError

    def read(self) -> bytes:
        """Its bytes. Raises ImageError."""
        if isinstance(self.source, ImageError):
            raise self.source
        return self.source.read() if isinstance(self.source, Member) else read_file(self.source)


@dataclass(frozen=True)
class Entry:
    """What was said of one item, in a line. number: its place, from 0. jury: its verdict on the most suspect face.

    comparison: the documented JSON; record: its rows for the table.
    """

    number: int
    item: Item
    word: Word
    jury: JuryVerdict | None
    faces: int
    sentence: str
    comparison: dict[str, Any]
    record: Record

    @property
    def p_fake(self) -> float | None:
        """The jury's; None where it has no verdict."""
        return self.jury.p_fake if self.jury else None


def list_items(paths: Iterable[Path]) -> list[Item]:
    """The pictures in these files, zips opened. What cannot be opened is an item with its reason."""
    items = [item for path in paths for item in _open(path)]
    refused = ImageError(TOO_MANY)
    return [*items[:MAX_PICTURES], *(replace(item, source=refused) for item in items[MAX_PICTURES:])]


def _open(path: Path) -> list[Item]:
    if not is_zip(path):
        return [Item(path.name, path)]
    try:
        return [Item(f"{path.name}/{member.name}", member) for member in list_members(path)]
    except ArchiveError as error:
        return [Item(path.name, error)]


def judge_items(
    items: Sequence[Item], jury: Jury, *, elsewhere: Elsewhere = NOWHERE, wanted: Callable[[], bool] = lambda: True
) -> Iterator[tuple[Entry, Picture | None]]:
    """Each item's entry, and its decoded picture where there is one; ends early once not wanted."""
    for number, item in enumerate(items):
        judged = judge_item(item, jury, elsewhere=elsewhere, wanted=wanted)
        if not wanted():
            return
        yield summarise(number, item, judged[0]), judged[1]


def judge_item(
    item: Item, jury: Jury, *, elsewhere: Elsewhere = NOWHERE, wanted: Callable[[], bool] = lambda: True
) -> tuple[Comparison, Picture | None]:
    """Everything said about one item, and its picture. Never raises for a bad one: see Comparison.error."""
    try:
        data = item.read()
        picture = read_image(data)
    except ImageError as error:
        return Comparison(item.name, error=elsewhere.get(str(error), str(error))), None
    *_, comparison = judge_stepwise(picture, jury, path=item.name, wanted=wanted)
    if comparison.error:
        return comparison, None
    return replace(comparison, provenance=read_provenance(data)), picture


def summarise(number: int, item: Item, comparison: Comparison) -> Entry:
    """One line about a picture: its most suspect face decides."""
    word, jury, sentence = _sum_up(comparison)
    record = record_comparison(comparison)
    return Entry(number, item, word, jury, len(comparison.faces), sentence, comparison.as_dict(), record)


def _sum_up(comparison: Comparison) -> tuple[Word, JuryVerdict | None, str]:
    if comparison.error:
        return "error", None, comparison.error
    face = find_suspect(comparison.faces)
    if face is None:
        said = f"whole picture: {say_split(comparison.whole_image)}" if comparison.whole_image else ""
        return "none", None, f"No face found. {said}".strip()
    if face.doubt:
        return "inconclusive", None, face.doubt
    jury = face.jury
    return jury.label if jury else "none", jury, say_split(face.verdicts)


def find_suspect(faces: Sequence[JudgedFace]) -> JudgedFace | None:
    """The most suspect of a picture's faces, of those that can be judged if there are any; None where there is none."""
    return max(faces, key=_suspicion, default=None)


def _suspicion(face: JudgedFace) -> tuple[bool, float, float]:
    """First whether it can be judged. Then the jury's p_fake; where it has none, the mean of the measured ones'."""
    given = [verdict.p_fake for verdict in face.verdicts if verdict.measured and verdict.p_fake is not None]
    return face.doubt is None, face.jury.p_fake if face.jury else -1.0, (sum(given) / len(given) if given else -1.0)


def arrange(
    entries: Iterable[Entry], *, words: Sequence[str] = (), name: str = "", order: Order = "given"
) -> list[Entry]:
    """The entries with one of these words (all if none is named) and this text in their names, in this order."""
    wanted = [
        entry
        for entry in entries
        if (not words or entry.word in words) and fold_line(name) in fold_line(entry.item.name)
    ]
    if order == "name":
        return sorted(wanted, key=lambda entry: entry.item.name.casefold())
    if order == "given":
        return wanted
    sign = -1 if order == "fake" else 1
    return sorted(wanted, key=lambda entry: (entry.p_fake is None, sign * (entry.p_fake or 0)))


def as_csv(entries: Iterable[Entry]) -> str:
    """The scan's table: one row a verdict; cells that begin like a formula are neutralised."""
    table = io.BytesIO()
    WRITERS[".csv"](table, (row for entry in entries for row in table_rows(entry.record)))
    return table.getvalue().decode()


def as_json(entries: Iterable[Entry]) -> str:
    """What `compare --json --provenance` prints."""
    return json.dumps([entry.comparison for entry in entries], indent=2)


def say_time_left(done: int, total: int, *, since: float, now: float | None = None) -> str:
    """ "about 2 min left", from the pace so far; empty before there is one. since, now: of time.monotonic()."""
    if not 0 < done < total:
        return ""
    seconds = ((time.monotonic() if now is None else now) - since) / done * (total - done)
    return f"about {max(1, round(seconds))} s left" if seconds < 90 else f"about {round(seconds / 60)} min left"
