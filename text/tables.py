"""Tables as people have them: in any usual encoding and separator, or refused with the line.

A table that is read wrongly is worse than one that is refused.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

SEPARATORS = ",;\t|"
ENCODINGS = (("utf-8-sig", b""), ("utf-16", b"\xff\xfe"), ("utf-16", b"\xfe\xff"))


class TableError(ValueError):
    """A file is no table, or a line of it can be read in two ways. The message names the file and the line."""


def say_error(error: str | None, doubt: str | None) -> str | None:
    """The column "error" of a verdict on a face: why there is none, else why the face should not be judged."""
    return error or doubt


def read_rows(
    path: Path, *, needed: Sequence[str], max_bytes: int | None = None, may_guess: bool = True
) -> list[tuple[int, dict[str, str]]]:
    """The lines of a CSV table under its heading: each one's number, and its cells by column.

    Encodings: UTF-8, UTF-16 with its mark, else Windows-1252 if it may be guessed. Separators: comma, semicolon, tab or
    bar. Columns are named in lower case, without blanks around them; cells are as they stand, and the last of a line
    may be missing. Raises TableError without a needed column, without any line, or above `max_bytes`, and OSError.
    """
    text = _decode(path, max_bytes, may_guess=may_guess)
    lines = _split(path.name, text, separator=max(SEPARATORS, key=(text.splitlines() or [""])[0].count))
    heading = [name.strip().lower() for name in next(lines, (0, []))[1]]
    if missing := [name for name in needed if name not in heading]:
        raise TableError(
            f"{path.name}: no column {' and no column '.join(missing)}; "
            f"its first line has {', '.join(filter(None, heading)) or 'nothing'}"
        )
    if twice := sorted({name for name in heading if name and heading.count(name) > 1}):
        raise TableError(f"{path.name}: its first line has column {' and column '.join(twice)} more than once")
    rows = [_to_row(path.name, line, heading, cells) for line, cells in lines if any(map(str.strip, cells))]
    if not rows:
        raise TableError(f"{path.name}: no line under its heading")
    return rows


def _decode(path: Path, max_bytes: int | None, *, may_guess: bool) -> str:
    with path.open("rb") as file:
        data = file.read() if max_bytes is None else file.read(max_bytes + 1)
    if max_bytes is not None and len(data) > max_bytes:
        raise TableError(f"{path.name}: more than {max_bytes / 1e6:g} MB")
    for encoding, mark in ENCODINGS:
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                continue
    if not may_guess:
        raise TableError(f"{path.name}: not in UTF-8; save it as “CSV UTF-8”")
    return data.decode("cp1252", errors="replace")


def _split(table: str, text: str, *, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each line's number and cells. Raises TableError for a quotation mark that would swallow the lines behind it."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        number = lines.line_num + 1
        try:
            cells = next(lines, None)
        except csv.Error as error:
            raise TableError(f"{table}, line {number}: a cell's quotation marks do not match ({error})") from error
        if cells is None:
            return
        yield number, cells


def _to_row(table: str, line: int, heading: Sequence[str], cells: Sequence[str]) -> tuple[int, dict[str, str]]:
    """One line. Raises TableError where it has more cells than there are columns, for nobody knows which is which."""
    if any(cell.strip() for cell in cells[len(heading) :]):
        raise TableError(
            f"{table}, line {line}: {len(cells)} cells under {len(heading)} columns; "
            "put texts that hold the separator in quotes"
        )
    return line, dict(zip(heading, cells, strict=False))
