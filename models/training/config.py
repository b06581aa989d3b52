"""How to train: every figure that a run depends on."""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from models.errors import DataError


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How to train. Everything a run depends on, but for the data and the architecture.

    teacher: the key of the detector that is distilled, and the beginning of its weights' SHA-256; "" for none. without:
    generators whose fakes are not learnt from.
    """

    steps: int = 12_000
    batch: int = 32
    seed: int = 0
    head_steps: int = 200  # with the backbone frozen; 0 for a network from scratch
    head_rate: float = 3e-3
    rate: float = 3e-4  # at the peak
    warm_up: int = 400  # steps
    decay: float = 0.02  # AdamW's weight decay
    smoothing: float = 0.02  # of the labels
    pointing: float = 0.3  # weight of `localisation_loss` beside the cross-entropy
    clip: float = 1.0  # global gradient norm
    average: float = 0.98  # momentum of the weights' running average, a step in ten
    every: int = 500  # steps between validations, and checkpoints
    patience: int = 8  # validations without a better AUC
    source_weights: dict[str, float] = field(default_factory=dict)  # see Batches
    forged: float | None = None  # see Batches
    teacher: str = ""
    without: list[str] = field(default_factory=list)


def read_source_weights(options: Iterable[str]) -> dict[str, float]:
    """SOURCE=TIMES, each, as TrainingConfig.source_weights. Raises DataError for what is not written so."""
    times = {}
    for option in options:
        source, told, number = option.rpartition("=")
        if not told:
            raise DataError(f"--source-weight: SOURCE=TIMES was expected, got {option!r}")
        try:
            times[source] = float(number)
        except ValueError:
            times[source] = 0.0
        if not 0 < times[source] < math.inf:
            raise DataError(f"--source-weight {source}: a positive number was expected, got {number!r}")
    return times


def check_sources(named: Iterable[str], sources: Collection[str]) -> None:
    """Raises DataError where one that --source-weight names is not among these."""
    if unknown := [source for source in named if source not in sources]:
        raise DataError(
            f"--source-weight: no source {unknown[0]!r} in this data; there are {', '.join(sorted(sources))}"
        )
