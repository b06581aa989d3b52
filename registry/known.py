"""`python -m registry.known`: docs/known-plugins.md, written from docs/known-plugins.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1] / "docs"
LIST, PAGE = DOCS / "known-plugins.toml", DOCS / "known-plugins.md"
HEAD = """# Known plugins

Detectors by others, and where to get them. None was checked by being listed: see what each was measured on, and run
`facejury detectors check` and `facejury models evaluate` yourself. An installed package runs with your rights
([plugins.md](plugins.md#what-it-may-reach)).

| plugin | expects | what it does | measured | licence | install |
| --- | --- | --- | --- | --- | --- |
"""
FOOT = """
To add yours, open an issue with the template "New detector", or change `docs/known-plugins.toml` and run
`python -m registry.known`, which writes this page, in a pull request.
"""


@dataclass(frozen=True)
class KnownPlugin:
    """One entry. install: what `facejury detectors install` takes, or empty for a folder of this repository."""

    name: str
    title: str
    expects: str
    about: str
    measured: bool
    license: str
    install: str = ""
    folder: str = ""

    def as_row(self) -> str:
        """A line of the table."""
        how = f"facejury detectors install {self.install}" if self.install else f".venv/bin/pip install {self.folder}"
        cells = (
            f"`{self.name}`: {self.title}",
            self.expects,
            self.about,
            "yes" if self.measured else "no",
            self.license,
        )
        return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} | `{how}` |\n"


def read_known(text: str) -> list[KnownPlugin]:
    """The entries, in order. Raises TypeError for a field that is missing or too many."""
    entries: list[dict[str, Any]] = tomllib.loads(text)["plugin"]
    return [KnownPlugin(**{"folder" if key == "from" else key: value for key, value in one.items()}) for one in entries]


def render(plugins: list[KnownPlugin]) -> str:
    """The page."""
    return HEAD + "".join(one.as_row() for one in plugins) + FOOT


if __name__ == "__main__":
    PAGE.write_text(render(read_known(LIST.read_text(encoding="utf-8"))), encoding="utf-8")
