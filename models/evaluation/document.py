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
    before, _, after = _part(text, mark)
    return f"{before}\n\n{content}\n\n{after}"


def read_between(document: Path, mark: str) -> str:
    """What is there between the two marks now. Raises DataError without these."""
    return _part(document.read_text(encoding="utf-8"), mark)[1].strip()


def _part(text: str, mark: str) -> tuple[str, str, str]:
    """The text up to the first mark, between both, and from the second one on."""
    begin, end = f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"
    before, begun, rest = text.partition(begin)
    between, ended, after = rest.partition(end)
    if not (begun and ended):
        raise DataError(f"the page has no place for this table, between {begin} and {end}")
    return before + begin, between, end + after


def write_between(document: Path, tables: Mapping[str, str]) -> None:
    """Put each table between the two marks of its name. Raises DataError when a mark is missing; nothing is written."""
    text = document.read_text(encoding="utf-8")
    for mark, content in tables.items():
        text = fill(text, mark, content)
    document.write_text(text, encoding="utf-8")
