"""Tables of measured figures in the project's documents: made by a command, between two marks of the text."""

from collections.abc import Iterable, Sequence
from pathlib import Path


def as_table(lines: Iterable[Sequence[str]]) -> str:
    """Markdown; the first line is the heads."""
    heads, *rows = lines
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows))


def fill(text: str, mark: str, content: str) -> str:
    """The text with that between `<!-- mark: begin -->` and `<!-- mark: end -->`. Raises ValueError without these."""
    begin, end = f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"
    before, rest = text.split(begin, 1)
    _, after = rest.split(end, 1)
    return f"{before}{begin}\n\n{content}\n\n{end}{after}"


def write_between(document: Path, mark: str, content: str) -> None:
    """Put something between the two marks of a document. Raises ValueError when a mark is missing."""
    document.write_text(fill(document.read_text(encoding="utf-8"), mark, content), encoding="utf-8")
