"""A figure and its 95 % interval, from what resamples gave."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

RESAMPLED = 2_000  # times, of the rounds of a measurement


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float


def estimate(values: NDArray[np.float64], *, groups: int = 0, biased: bool = False) -> Estimate:
    """The figure of row 0, and the middle 95 % of the resamples.

    biased: of a figure from 0 that resampling raises, as a sum of absolute gaps. Its interval is the basic bootstrap's
    (Davison & Hinkley 1997, section 5.2), which takes off what resampling adds, widened to hold the figure itself.
    groups: how many independent ones a figure from 0 to 1 counts; 0 for any other figure. Where every resample gives
    the same, as of one group or of groups that all agree, which says nothing of how sure it is, the interval is that of
    a share of so many (_bound_share).
    """
    if np.isnan(values[0]):
        return Estimate(np.nan, np.nan, np.nan)
    low, high = np.nanpercentile(values[1:], [2.5, 97.5])
    if biased:
        low, high = max(0.0, 2 * values[0] - high), max(values[0], 2 * values[0] - low)
    if groups and np.isclose(low, high, rtol=0, atol=1e-9):  # sums of fractions differ in their last bits
        low, high = _bound_share(float(values[0]), groups)
    return Estimate(round(float(values[0]), 4), round(float(low), 4), round(float(high), 4))


def _bound_share(share: float, count: int) -> tuple[float, float]:
    """The interval of Clopper & Pearson 1934 (https://doi.org/10.1093/biomet/26.4.404) for a share of `count`.

    `share * count` may be no whole number, as Korn & Graubard 1998 have it for clustered samples (Survey Methodology
    24, 193-201). No mean of numbers from 0 to 1 varies more than such a share, and no AUC more than a share of the
    smaller class (Birnbaum & Klose 1957, Annals of Mathematical Statistics 28, 933-945), so it is wide enough for both.
    """
    had, lacked = share * count, (1 - share) * count
    low = beta.ppf(0.025, had, lacked + 1) if had > 0 else 0.0
    high = beta.ppf(0.975, had + 1, lacked) if lacked > 0 else 1.0
    return float(low), float(high)


def estimate_ratio(above: Sequence[float], below: Sequence[float]) -> Estimate:
    """The middle of above/below over the rounds of a measurement, with percentiles of a bootstrap over rounds.

    above, below: of the same rounds, in one order.
    """
    ratios = np.asarray(above, np.float64) / np.asarray(below, np.float64)
    drawn = np.median(np.random.default_rng(0).choice(ratios, (RESAMPLED, len(ratios))), axis=1)
    return estimate(np.array([np.median(ratios), *drawn]))


def say_figure(figure: Mapping[str, float]) -> str:
    """A figure and its interval as a person reads it, e.g. "0.912 [0.900, 0.923]"."""
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"


def keep_known(figures: Mapping[str, Estimate]) -> dict[str, dict[str, Any]]:
    """The figures that the faces allowed, as JSON has them, which knows no NaN: name -> {"value", "low", "high"}."""
    return {name: asdict(figure) for name, figure in figures.items() if not np.isnan(figure.value)}
