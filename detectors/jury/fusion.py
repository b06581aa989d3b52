"""From the verdicts in hand to the jury's own: one p_fake, and how often a jury that split this way was right.

Nobody is asked again. The jury's p_fake is a logistic regression over the logits of the built-in detectors that gave
a number; its weights stand in jury.json, and the counts behind the agreement in agreement.json, both made by
`facejury models evaluate --save`.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import default_rng
from numpy.typing import NDArray

from registry import Label, Verdict, judge

JURY, JURY_METRICS, AGREEMENT = (
    Path(__file__).with_name(name) for name in ("jury.json", "jury-metrics.json", "agreement.json")
)
JURY_KEY, JURY_TITLE = "jury", "The jury"  # of its own word, where it stands among the detectors'
Z95 = 1.959964  # standard normal quantile of 0.975
MAX_LOGIT = 14.0  # p_fake is kept to six digits
DRAWS = 4000  # of the counts' uncertainty


@dataclass(frozen=True)
class JuryVerdict:
    """The jury's word on a face."""

    p_fake: float
    label: Label


@dataclass(frozen=True)
class Agreement:
    """How many of those that gave a number said fake, and how often such a split was right on held-out faces.

    right: the share of the commoner class, `word`, among held-out faces with this split, with its 95 % Wilson interval
    and the count; None for a mix of detectors that was never measured.
    """

    voting: int
    fake: int
    right: float | None = None
    low: float | None = None
    high: float | None = None
    count: int | None = None
    word: Label | None = None


@dataclass(frozen=True)
class Chance:
    """P(fake) given how a jury split and how common fakes are, with its 95 % interval."""

    p_fake: float
    low: float
    high: float


def fuse(verdicts: Sequence[Verdict], *, face_pixels: int | None = None) -> JuryVerdict | None:
    """The jury's verdict; None when no built-in detector gave a number, or this mix was never fitted."""
    p_fakes = {verdict.detector: verdict.p_fake for verdict in verdicts if verdict.p_fake is not None}
    row = find_seats(p_fakes)
    if row is None:
        return None
    p_fake = weigh(row, p_fakes)
    label = judge(p_fake, fake_from=row["fake_from"], real_until=row["real_until"], face_pixels=face_pixels)
    return JuryVerdict(p_fake, label)


def find_seats(keys: Iterable[str]) -> Mapping[str, Any] | None:
    """What was fitted for the built-in detectors among these; None where this mix never was."""
    return find_subset(read_table(JURY), set(keys) & known_detectors())


def weigh(row: Mapping[str, Any], p_fakes: Mapping[str, float]) -> float:
    """The jury's p_fake, to six digits. row: a subset of jury.json, all of whose detectors have a number."""
    logit = row["shift"] + sum(weight * to_logit(p_fakes[key]) for key, weight in row["weights"].items())
    return round(1 / (1 + math.exp(-logit)), 6)


def to_logit(p_fake: float) -> float:
    """log(p / (1 - p)), kept finite."""
    if p_fake in (0.0, 1.0):
        return math.copysign(MAX_LOGIT, p_fake - 0.5)
    return max(-MAX_LOGIT, min(MAX_LOGIT, math.log(p_fake / (1 - p_fake))))


def agree(verdicts: Sequence[Verdict]) -> Agreement | None:
    """How the detectors split, and what is known of such splits; None when nobody gave a number."""
    voted = [verdict for verdict in verdicts if verdict.p_fake is not None]
    if not voted:
        return None
    fake = sum(verdict.label == "fake" for verdict in voted)
    counts = _counts(voted, fake)
    if counts is None:
        return Agreement(len(voted), fake)
    right, total = max(counts), sum(counts)
    low, high = wilson(right, total)
    word: Label = "fake" if counts[1] > counts[0] else "real"
    return Agreement(len(voted), fake, round(right / total, 4), round(low, 4), round(high, 4), total, word)


def wilson(successes: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927). count: at least 1."""
    share, z2 = successes / count, Z95**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = Z95 * math.sqrt(share * (1 - share) / count + z2 / (4 * count**2)) / (1 + z2 / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def chance_of_fake(verdicts: Sequence[Verdict], base_rate: float) -> Chance | None:
    """P(fake) by Bayes' rule from the split's counts, for a place where this share of pictures is fake.

    The interval draws both shares from their Beta posteriors under Jeffreys' prior. base_rate: in [0, 1].
    """
    return next(iter(chances_of_fake(verdicts, [base_rate])), None)


def chances_of_fake(verdicts: Sequence[Verdict], base_rates: Sequence[float]) -> list[Chance]:
    """chance_of_fake for several places; empty where such a split was never counted."""
    voted = [verdict for verdict in verdicts if verdict.p_fake is not None]
    row = find_subset(read_table(AGREEMENT), (verdict.detector for verdict in voted))
    if row is None:
        return []
    fake = sum(verdict.label == "fake" for verdict in voted)
    of_reals, of_fakes = (_draw_share(row["splits"], fake, name) for name in ("real_count", "fake_count"))
    return [_weigh_up(of_reals * (1 - rate), of_fakes * rate) for rate in base_rates]


def _draw_share(splits: Sequence[Mapping[str, int]], fake: int, name: str) -> NDArray[np.float64]:
    """How large a share of one class has this split: draws from what its counts leave open."""
    mine = next(split[name] for split in splits if split["fake"] == fake)
    others = sum(split[name] for split in splits) - mine
    return default_rng([0, name == "fake_count"]).beta(mine + 0.5, others + 0.5, DRAWS)


def _weigh_up(reals: NDArray[np.float64], fakes: NDArray[np.float64]) -> Chance:
    low, middle, high = np.percentile(fakes / np.maximum(fakes + reals, 1e-300), [2.5, 50, 97.5])
    return Chance(round(float(middle), 4), round(float(low), 4), round(float(high), 4))


def as_json(value: JuryVerdict | Agreement | None) -> dict[str, Any] | None:
    """The documented JSON form."""
    return None if value is None else asdict(value)


def _counts(voted: Sequence[Verdict], fake: int) -> tuple[int, int] | None:
    """How many held-out reals and fakes had this split; None where it was never measured or never seen."""
    row = find_subset(read_table(AGREEMENT), (verdict.detector for verdict in voted))
    if row is None:
        return None
    split = next(entry for entry in row["splits"] if entry["fake"] == fake)
    counts = split["real_count"], split["fake_count"]
    return counts if sum(counts) else None


def hash_jury() -> str:
    """Which jury this is: the SHA-256 of jury.json."""
    return hashlib.sha256(JURY.read_bytes()).hexdigest()


def known_detectors() -> set[str]:
    """Whose numbers the jury weighs."""
    return {key for row in read_table(JURY)["subsets"] for key in row["detectors"]}


def find_subset(table: dict[str, Any], keys: Iterable[str]) -> dict[str, Any] | None:
    """What a table says of exactly these detectors."""
    wanted = sorted(keys)
    return next((row for row in table["subsets"] if row["detectors"] == wanted), None)


@cache
def read_table(path: Path) -> dict[str, Any]:
    """A fitted table; one without subsets where none was fitted yet."""
    if not path.is_file():
        return {"subsets": []}
    table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return table
