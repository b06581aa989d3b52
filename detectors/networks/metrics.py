"""metrics.json of a model folder: what was measured on its network. Everything that reads one reads it here."""

import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from detectors.networks.files import read_plain_file

LEFT_OUT = "left_out"  # generator -> figures of what was trained without it, in a metrics.json
MAX_BYTES = 5_000_000  # as much as is fetched from the Hub
UNREADABLE = (OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What reading the figures of a metrics.json may raise, whoever wrote it."""
Metrics = dict[str, Any]


class OtherWeightsError(ValueError):
    """The figures belong to other weights."""


def read_metrics(path: Path, *, hashes: Iterable[str] | None = None) -> Metrics:
    """A metrics.json. hashes: SHA-256 of what it may be about; None is not asked.

    Raises OtherWeightsError, and what is in UNREADABLE: the file may come from the Hub.
    """
    metrics: Metrics = json.loads(read_plain_file(path, MAX_BYTES))
    if hashes is not None and metrics["model"] not in hashes:
        raise OtherWeightsError(f"{path.name} was measured on other weights")
    return metrics


def is_trained_on(name: str, figures: Mapping[str, Any], trained_on: Collection[str]) -> bool | None:
    """Whether other pictures of a set were learnt from; None where trained_on is empty, so that nobody says.

    name, figures: of one of the "sources" of a metrics.json. Where a source was measured in several splits, its name
    there is followed by the split in brackets.
    """
    if not trained_on:
        return None
    return name in trained_on or name.removesuffix(f" ({figures.get('split')})") in trained_on
