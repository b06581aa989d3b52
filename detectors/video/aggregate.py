"""Temporal aggregation: one verdict from what a detector said of a person frame by frame.

1. p_fake is the median over the frames in which the face can be judged: neither a few bad frames, blurred or half
   hidden, nor a few suspect ones decide it.
2. The label follows from the detector's own two thresholds.
3. Fewer than four such frames are too few: inconclusive.
4. Nobody is called real who was called fake in four frames in a row, or more: that is inconclusive, with a reason that
   says how many.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from registry import Label, judge

MIN_FRAMES = 4
NEVER_CLEAR = "The face was never large and upright enough."
RUN_FRAMES = 4  # two seconds, at two frames a second
AGGREGATION = (
    f"The median over all frames with a face that can be judged; inconclusive with fewer than {MIN_FRAMES} of them, "
    f"or where the median says real and {RUN_FRAMES} frames in a row say fake."
)


@dataclass(frozen=True)
class TrackVerdict:
    """The verdict on a track. low, high: quartiles of p_fake; count: frames it rests on; reason: why inconclusive.

    The reason is empty where p_fake lies between the thresholds, or where the verdict is clear.
    """

    p_fake: float | None
    low: float | None
    high: float | None
    label: Label
    count: int
    reason: str = ""


def aggregate_frames(p_fakes: Sequence[float], *, fake_from: float, real_until: float) -> TrackVerdict:
    """The verdict. p_fakes: of the frames with a face that can be judged, in their order."""
    if not p_fakes:
        return TrackVerdict(None, None, None, "inconclusive", 0, NEVER_CLEAR)
    low, p_fake, high = (round(float(value), 6) for value in np.percentile(p_fakes, [25, 50, 75]))
    label, reason = judge(p_fake, fake_from=fake_from, real_until=real_until), ""
    if len(p_fakes) < MIN_FRAMES:
        label = "inconclusive"
        reason = f"Clearly visible in only {len(p_fakes)} of the {MIN_FRAMES} frames that a verdict needs."
    elif label == "real" and (run := find_longest_run(p_fakes, fake_from=fake_from)) >= RUN_FRAMES:
        label, reason = "inconclusive", f"Real for the most part, but fake in {run} frames in a row."
    return TrackVerdict(p_fake, low, high, label, len(p_fakes), reason)


def find_longest_run(p_fakes: Sequence[float], *, fake_from: float) -> int:
    """In how many frames in a row it says fake, at most."""
    runs = groupby(p_fakes, key=lambda p_fake: p_fake >= fake_from)
    return max((len(list(run)) for is_fake, run in runs if is_fake), default=0)
