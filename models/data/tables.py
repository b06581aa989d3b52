"""Tables as people have them: in any usual encoding, separator and spelling, or refused with the line and the column.

A table that is read wrongly is worse than one that is refused: `fake` once counted as real where `FAKE` was expected.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.errors import DataError

FAKE = ("fake", "1", "true", "deepfake", "synthetic", "generated", "manipulated")
REAL = ("real", "0", "false", "genuine", "authentic", "original", "pristine")
LABELS = dict.fromkeys(FAKE, 1) | dict.fromkeys(REAL, 0)
SPLIT_NAMES = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
    "eval": "eval",
}
NOTHING = ("nan", "na", "n/a", "<na>", "none", "null")
SEPARATORS = ",;\t|"
ENCODINGS = (("utf-8-sig", b""), ("utf-16", b"\xff\xfe"), ("utf-16", b"\xfe\xff"))


@dataclass(frozen=True)
class TableRow:
    """One line of a table. fields: by the column's name in lower case, without blanks around either."""

    table: str
    line: int
    fields: Mapping[str, str]

    def get(self, column: str) -> str:
        """What stands there; "" where the table has no such column, or a word of pandas or R for nothing."""
        word = self.fields.get(column, "")
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

    def path(self, column: str) -> Path:
        """A relative path, whichever slashes it was written with."""
        return Path(self.need(column).replace("\\", "/"))


def read_rows(path: Path, *, needed: tuple[str, ...]) -> Iterator[TableRow]:
    """The lines of a CSV table under its heading. Raises DataError without a needed column, or without any line.

    Encodings: UTF-8, UTF-16 with its mark, else Windows-1252. Separators: comma, semicolon, tab or bar.
    """
    text = _decode(path)
    separator = max(SEPARATORS, key=(text.splitlines() or [""])[0].count)
    lines = _split(path.name, text, separator)
    heading = [_plain(name) for name in next(lines, (0, []))[1]]
    if missing := [name for name in needed if name not in heading]:
        raise DataError(
            f"{path.name}: no column {' and no column '.join(missing)}; "
            f"its first line has {', '.join(filter(None, heading)) or 'nothing'}"
        )
    if twice := sorted({name for name in heading if name and heading.count(name) > 1}):
        raise DataError(f"{path.name}: its first line has column {' and column '.join(twice)} more than once")
    rows = [_to_row(path.name, line, heading, cells) for line, cells in lines if any(map(str.strip, cells))]
    if not rows:
        raise DataError(f"{path.name}: no line under its heading")
    yield from rows


def _split(table: str, text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each line's number and cells. Raises DataError for a quotation mark that would swallow the lines behind it."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        number = lines.line_num + 1
        try:
            cells = next(lines, None)
        except csv.Error as error:
            raise DataError(f"{table}, line {number}: a cell's quotation marks do not match ({error})") from error
        if cells is None:
            return
        yield number, cells


def _to_row(table: str, line: int, heading: Sequence[str], cells: Sequence[str]) -> TableRow:
    """One line. Raises DataError where it has more cells than there are columns, for nobody knows which is which."""
    if any(cell.strip() for cell in cells[len(heading) :]):
        raise DataError(
            f"{table}, line {line}: {len(cells)} cells under {len(heading)} columns; "
            "put texts that hold the separator in quotes"
        )
    return TableRow(table, line, dict(zip(heading, (cell.strip() for cell in cells), strict=False)))


def _decode(path: Path) -> str:
    data = path.read_bytes()
    for encoding, mark in ENCODINGS:
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                continue
    return data.decode("cp1252", errors="replace")


def _plain(word: str) -> str:
    return word.strip().lower()
