"""metrics.json of a model folder: what was measured on its network. Everything that reads one reads it here."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

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
    with path.open("rb") as file:
        metrics: Metrics = json.loads(file.read(MAX_BYTES))
    if hashes is not None and metrics["model"] not in hashes:
        raise OtherWeightsError(f"{path.name} was measured on other weights")
    return metrics
