"""The registry as text or JSON. Imports neither a network nor a page."""

import json
from typing import Any

from registry import manager
from registry.contract import DetectorSpec
from registry.manager import Problem, Registry
from text.plain_text import show_plainly

NOT_AS_PINNED = "plugins.toml pins another version or file than is installed: run `facejury detectors install`"
COLUMNS = ("key", "title", "expects", "owner", "version")


def describe(spec: DetectorSpec) -> dict[str, Any]:
    """The plain values of a detector, without its code and its card."""
    names = (*COLUMNS, "fake_from", "real_until", "seconds", "source")
    return {name: getattr(spec, name) for name in names}


def as_json(registry: Registry) -> str:
    """{"detectors": [...], "pinned": [text], "problems": [{"plugin", "reason"}]}"""
    detectors = [describe(spec) for spec in registry]
    pinned, missing = list_pinned()
    problems = [{"plugin": problem.plugin, "reason": problem.reason} for problem in (*registry.problems, *missing)]
    return json.dumps({"detectors": detectors, "pinned": pinned, "problems": problems}, indent=2)


def as_table(registry: Registry) -> str:
    """One line a detector, then one for each plugin that is pinned, then one a problem."""
    rows = [COLUMNS, *(tuple(show_plainly(str(getattr(spec, name))) for name in COLUMNS) for spec in registry)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    pinned, missing = list_pinned()
    problems = [f"problem: {problem.plugin}: {problem.reason}" for problem in (*registry.problems, *missing)]
    return "\n".join([*lines, *map(show_plainly, (*(f"pinned: {one}" for one in pinned), *problems))])


def list_pinned() -> tuple[list[str], list[Problem]]:
    """What plugins.toml pins, and of its packages those that are not installed as it says."""
    if not manager.PINS.is_file():
        return [], []
    from registry import packages, pins  # noqa: PLC0415  # most checkouts have no such file

    try:
        held = pins.read_pins(manager.PINS)
    except pins.PinError:  # the registry names it among its problems
        return [], []
    wanting = [one for one in held if isinstance(one, pins.PinnedPackage) and not packages.is_installed(one)]
    return [one.shown for one in held], [Problem(one.name, NOT_AS_PINNED) for one in wanting]
