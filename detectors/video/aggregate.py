"""The rule: from what a detector said of a person moment by moment to its one word on them.

1. p_fake is the median over the moments at which the face can be judged. Half of them said more, half less: a few bad
   moments, blurred or half hidden, decide nothing, and a few suspect ones do not either.
2. The label is the detector's own, by its own two thresholds.
3. Fewer than four such moments are too few: inconclusive.
4. Nobody is called real who was called fake four moments in a row, or longer: that is inconclusive, and one is told to
   look there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from registry import Label, judge

MIN_MOMENTS = 4
RUN_MOMENTS = 4  # two seconds at two moments a second
SAID = (
    f"The median over all frames with a face that can be judged; inconclusive with fewer than {MIN_MOMENTS} of them, "
    f"or where the median says real and {RUN_MOMENTS} frames in a row say fake."
)


@dataclass(frozen=True)
class TrackVerdict:
    """The word on one line. low, high: its quartiles; count: of moments it rests on; reason: why it is inconclusive.

    The reason is empty where p_fake lies between the thresholds, or where there is a clear word.
    """

    p_fake: float | None
    low: float | None
    high: float | None
    label: Label
    count: int
    reason: str = ""


def rule(p_fakes: Sequence[float], *, fake_from: float, real_until: float) -> TrackVerdict:
    """The word on a line. p_fakes: of the frames with a face that can be judged, in their order."""
    if not p_fakes:
        return TrackVerdict(None, None, None, "inconclusive", 0, "The face was never large and upright enough.")
    low, p_fake, high = (round(float(value), 6) for value in np.percentile(p_fakes, [25, 50, 75]))
    label, reason = judge(p_fake, fake_from=fake_from, real_until=real_until), ""
    if len(p_fakes) < MIN_MOMENTS:
        label = "inconclusive"
        reason = f"Clearly visible in only {len(p_fakes)} of the {MIN_MOMENTS} frames that a verdict needs."
    elif label == "real" and (run := find_longest_run(p_fakes, fake_from=fake_from)) >= RUN_MOMENTS:
        label, reason = "inconclusive", f"Real for the most part, but fake in {run} frames in a row."
    return TrackVerdict(p_fake, low, high, label, len(p_fakes), reason)


def find_longest_run(p_fakes: Sequence[float], *, fake_from: float) -> int:
    """At how many moments in a row it says fake, at most."""
    runs = groupby(p_fakes, key=lambda p_fake: p_fake >= fake_from)
    return max((len(list(run)) for is_fake, run in runs if is_fake), default=0)
