"""The detectors in one table: the jury first, then who is best on data that it was not trained on."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from detectors.jury.about import About, Figure, Measured


class Span(NamedTuple):
    """The mean of a figure over several sets, and the least and the greatest of them."""

    mean: float
    least: float
    greatest: float
    sets: int


class Overview(NamedTuple):
    """One detector's line. unseen, seen: its ROC-AUC over the sets that it was not, or was, trained on.

    not_stated: of some set it does not say whether it was trained on it, so that it is in neither.
    """

    key: str
    title: str
    looks_for: str
    is_jury: bool
    measured: bool
    not_stated: bool
    unseen: Span | None
    seen: Span | None
    figures: dict[str, Figure]
    parameters: int
    license: str


def list_overview(abouts: Sequence[About], jury: dict[str, Any] | None) -> list[Overview]:
    """A line a detector. jury: what is known of the jury, where all of its members are here."""
    lines = [_sum_up(about) for about in abouts]
    lines.sort(key=lambda line: -(line.unseen.mean if line.unseen else -1.0))
    return [*([_sum_up(jury, is_jury=True)] if jury else []), *lines]


def _sum_up(about: Any, *, is_jury: bool = False) -> Overview:
    measured: list[Measured] = about["measured"]
    return Overview(
        "jury" if is_jury else about["key"],
        about["title"],
        "any forgery" if is_jury else about["looks_for"] or "any forgery",
        is_jury,
        bool(measured),
        any(one["in_training"] is None for one in measured),
        _span([one for one in measured if one["in_training"] is False]),
        _span([one for one in measured if one["in_training"]]),
        about["overall"]["figures"] if about["overall"] else {},
        about["parameters"],
        about["license"],
    )


def _span(sets: Sequence[Measured]) -> Span | None:
    found = [one["figures"]["auc"]["value"] for one in sets if "auc" in one["figures"]]
    return Span(sum(found) / len(found), min(found), max(found), len(found)) if found else None
