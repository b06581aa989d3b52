"""Which detectors are here: `python -m registry [--json]`. Imports neither a network nor a page."""

import argparse
import json
from collections.abc import Sequence
from typing import Any

from registry.contract import DetectorSpec
from registry.manager import Registry, load_registry

COLUMNS = ("key", "title", "expects", "owner", "version")


def describe(spec: DetectorSpec) -> dict[str, Any]:
    """The plain values of a detector, without its code and its card."""
    names = (*COLUMNS, "fake_from", "real_until", "seconds", "source")
    return {name: getattr(spec, name) for name in names}


def as_json(registry: Registry) -> str:
    """{"detectors": [...], "problems": [{"plugin", "reason"}]}"""
    detectors = [describe(spec) for spec in registry]
    problems = [{"plugin": problem.plugin, "reason": problem.reason} for problem in registry.problems]
    return json.dumps({"detectors": detectors, "problems": problems}, indent=2)


def as_table(registry: Registry) -> str:
    """One line a detector, then one a problem."""
    rows = [COLUMNS, *(tuple(str(getattr(spec, name)) for name in COLUMNS) for spec in registry)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, *(f"problem: {problem.plugin}: {problem.reason}" for problem in registry.problems)])


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the registry."""
    parser = argparse.ArgumentParser(
        prog="python -m registry",
        description="List the detectors of the jury, and what kept others out.",
        epilog="FACEJURY_BLOCK=name,name leaves plugins out by name.",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    chosen = parser.parse_args(arguments)
    registry = load_registry()
    print(as_json(registry) if chosen.json else as_table(registry))


if __name__ == "__main__":
    main()
