"""The registry as text or JSON. Imports neither a network nor a page."""

import json
from typing import Any

from registry.contract import DetectorSpec
from registry.manager import Registry
from text.plain_text import show_plainly

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
    rows = [COLUMNS, *(tuple(show_plainly(str(getattr(spec, name))) for name in COLUMNS) for spec in registry)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    problems = [show_plainly(f"problem: {problem.plugin}: {problem.reason}") for problem in registry.problems]
    return "\n".join([*lines, *problems])
