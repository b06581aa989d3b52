"""Tables of measured figures in the project's documents: made by a command, between two marks of the text."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from models.errors import DataError


def as_table(lines: Iterable[Sequence[str]]) -> str:
    """Markdown; the first line is the heads."""
    heads, *rows = lines
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows))


def fill(text: str, mark: str, content: str) -> str:
    """The text with that between `<!-- mark: begin -->` and `<!-- mark: end -->`. Raises DataError without these."""
    begin, end = f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"
    before, begun, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not (begun and ended):
        raise DataError(f"the page has no place for this table, between {begin} and {end}")
    return f"{before}{begin}\n\n{content}\n\n{end}{after}"


def write_between(document: Path, tables: Mapping[str, str]) -> None:
    """Put each table between the two marks of its name. Raises DataError when a mark is missing; nothing is written."""
    text = document.read_text(encoding="utf-8")
    for mark, content in tables.items():
        text = fill(text, mark, content)
    document.write_text(text, encoding="utf-8")
