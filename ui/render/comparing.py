"""Two to four detectors beside one another: curves over each other, measured differences, and a dot for each set."""

import json
import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from detectors.jury.about import BUILT_IN, Figure
from detectors.jury.fusion import JURY_KEY
from ui.render.cards import render
from ui.render.differences import Difference, find_difference
from ui.render.wording import TITLES, say_figure

FEWEST, MOST = 2, 4  # detectors that are compared at once


class Side(NamedTuple):
    """One of the compared. line, colour: of all that is drawn of it, as in plot.css."""

    key: str
    about: Mapping[str, Any]
    line: str
    colour: str


TRAINED = {True: ", trained on it", False: "", None: ", training data not stated"}


class Gap(NamedTuple):
    """Two of the compared; found: the first less the second, None where they were not measured on the same faces."""

    first: str
    second: str
    found: Difference | None


class Dot(NamedTuple):
    """One detector's ROC-AUC on a set. row: its line; x, low, high: in percent of the axis.

    seen: it was trained on others of that set, or does not say whether it was.
    """

    row: int
    colour: str
    x: float
    low: float
    high: float
    seen: bool


class SetRow(NamedTuple):
    """One set of faces. difference: where only two are compared, and both were measured on it."""

    name: str
    dots: list[Dot]
    said: str
    difference: Figure | None


def draw_compared(abouts: Mapping[str, Mapping[str, Any]], hashes: Mapping[str, str]) -> str:
    """The comparison of these detectors. abouts, hashes: key -> About, and the SHA-256 of what is here."""
    plain = [key for key in abouts if key != JURY_KEY]
    names = {key: f"{plain.index(key)}" if key in plain else "jury" for key in abouts}
    colours = {key: "var(--ink)" if key == JURY_KEY else f"var(--line-{names[key]})" for key in abouts}
    sides = [Side(key, about, f"line line-{names[key]}", colours[key]) for key, about in abouts.items()]
    gaps = [_set_apart(one, other, hashes) for one, other in combinations(sides, 2)]
    least = _find_least(sides)
    rows = _list_rows(sides, least, gaps[0].found if len(gaps) == 1 else None)
    ticks = [(round(at / 10, 1), _place(at / 10, least)) for at in range(round(10 * least), 11)]
    apart = [side for side in sides if side.about["measured"] and side.about["owner"] != BUILT_IN]
    silent = [side for side in sides if not side.about["measured"]]
    lines = [(side.line, side.colour, side.about) for side in sides]
    titles = [side.about["title"] for side in sides]
    drawn = {"rows": rows, "ticks": ticks, "lines": lines, "titles": titles, "all_titles": json.dumps(titles)}
    drawn["words"] = json.dumps(TITLES)
    return render("compared", sides=sides, gaps=gaps, apart=apart, silent=silent, **drawn)


def _set_apart(one: Side, other: Side, hashes: Mapping[str, str]) -> Gap:
    """The one that is better on what neither was trained on comes first."""
    found = find_difference(one.key, other.key, hashes)
    if found and (found.unseen or found.mean)["value"] < 0:
        one, other, found = other, one, found.turned()
    return Gap(one.about["title"], other.about["title"], found)


def _list_aucs(side: Side) -> dict[str, tuple[Figure, bool | None]]:
    """Set -> the ROC-AUC on it, and whether it was trained on, where that is stated; without the sets of one class."""
    measured = side.about["measured"]
    return {one["data"]: (one["figures"]["auc"], one["in_training"]) for one in measured if "auc" in one["figures"]}


def _find_least(sides: Sequence[Side]) -> float:
    """Where the axis begins: a tenth that no interval goes below, and chance at the latest."""
    lows = [figure["low"] for side in sides for figure, _ in _list_aucs(side).values()]
    return math.floor(10 * min([0.5, *lows])) / 10


def _place(value: float, least: float) -> float:
    return round(100 * (value - least) / (1 - least), 2)


def _list_rows(sides: Sequence[Side], least: float, difference: Difference | None) -> list[SetRow]:
    found = [_list_aucs(side) for side in sides]
    rows = []
    for name in dict.fromkeys(name for aucs in found for name in aucs):
        dots, said = [], []
        for place, (side, aucs) in enumerate(zip(sides, found, strict=True)):
            if name not in aucs:
                continue
            figure, seen = aucs[name]
            x, low, high = (_place(value, least) for value in (figure["value"], figure["low"], figure["high"]))
            dots.append(Dot(place, side.colour, x, low, high, seen is not False))
            said.append(f"{side.about['title']} {say_figure(figure)}{TRAINED[seen]}")
        rows.append(SetRow(name, dots, "; ".join(said), difference.sets.get(name) if difference else None))
    return rows
