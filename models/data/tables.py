"""Tables of samples: labels and splits in any usual spelling, or refused with the line and the column.

A label that is read wrongly is worse than one that is refused: `fake` once counted as real where `FAKE` was expected.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from models.errors import DataError
from text import tables

FAKE = ("fake", "1", "true", "deepfake", "synthetic", "generated", "manipulated")
REAL = ("real", "0", "false", "genuine", "authentic", "original", "pristine")
LABELS = dict.fromkeys(FAKE, 1) | dict.fromkeys(REAL, 0)
SPLIT_NAMES = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
    "eval": "eval",
}
KINDS = ("swap", "reenactment", "generated")  # of forgery
NOTHING = ("nan", "na", "n/a", "<na>", "none", "null")


@dataclass(frozen=True)
class TableRow:
    """One line of a table. fields: by the column's name in lower case."""

    table: str
    line: int
    fields: Mapping[str, str]

    def get(self, column: str) -> str:
        """What stands there; "" where the table has no such column, or a word of pandas or R for nothing."""
        word = self.fields.get(column, "").strip()
        return "" if _plain(word) in NOTHING else word

    def need(self, column: str) -> str:
        """What stands there. Raises DataError where nothing does."""
        if not self.get(column):
            raise DataError(f"{self.table}, line {self.line}: column {column} is empty")
        return self.get(column)

    def label(self, column: str = "label") -> int:
        """1 = fake, 0 = real. Raises DataError for a word that is neither."""
        word = self.need(column)
        if (found := LABELS.get(_plain(word))) is None:
            raise DataError(f'{self.table}, line {self.line}: column {column} must be real or fake, got "{word}"')
        return found

    def split(self, column: str = "split") -> str:
        """train, val, test or eval; "" where none is given. Raises DataError for any other word."""
        word = self.get(column)
        if word and _plain(word) not in SPLIT_NAMES:
            raise DataError(
                f'{self.table}, line {self.line}: column {column} must be train, val, test or eval, got "{word}"'
            )
        return SPLIT_NAMES[_plain(word)] if word else ""

    def kind(self, column: str = "kind") -> str:
        """Of forgery: swap, reenactment or generated; "" where none is given. Raises DataError for any other word."""
        word = _plain(self.get(column))
        if word and word not in KINDS:
            raise DataError(
                f"{self.table}, line {self.line}: column {column} must be {', '.join(KINDS[:-1])} or {KINDS[-1]}, "
                f'got "{self.get(column)}"'
            )
        return word

    def path(self, column: str) -> Path:
        """A relative path, whichever slashes it was written with."""
        return Path(self.need(column).replace("\\", "/"))


def read_rows(path: Path, *, needed: tuple[str, ...]) -> Iterator[TableRow]:
    """The lines of a table under its heading, see text/tables.py. Raises DataError where it cannot be read."""
    try:
        yield from (TableRow(path.name, line, fields) for line, fields in tables.read_rows(path, needed=needed))
    except tables.TableError as error:
        raise DataError(str(error)) from error


def _plain(word: str) -> str:
    return word.strip().lower()
