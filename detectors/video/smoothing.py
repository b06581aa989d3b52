"""Verdicts on one face over time, made steady: each p_fake becomes a mean over the last frames, older ones lighter.

The mean is of logits, as the jury adds them up, and a frame of age t weighs exp(-t / 1 s): what is two seconds old
counts for an eighth. A label follows from the mean as it does from any p_fake.
"""

import math
from dataclasses import dataclass, field, replace

from detectors.jury.fusion import to_logit, to_p
from registry import Verdict, judge

SMOOTHING_SECONDS = 1.0  # the time in which a frame's weight falls to 1/e; our choice: a verdict settles within three


@dataclass
class FadingMean:
    """The mean of numbers that came one by one. at: seconds, of the newest."""

    total: float = 0.0
    weight: float = 0.0
    at: float = 0.0

    def add(self, number: float, at: float) -> float:
        """The mean with one number more."""
        fade = math.exp(-max(0.0, at - self.at) / SMOOTHING_SECONDS)
        self.total, self.weight, self.at = self.total * fade + number, self.weight * fade + 1.0, at
        return self.total / self.weight


@dataclass
class Smoother:
    """One face's. It holds one mean for each detector, by key."""

    _means: dict[str, FadingMean] = field(default_factory=dict)

    def smooth(self, verdict: Verdict, at: float, *, doubt: str | None) -> Verdict:
        """The verdict on the frame at that second, with the smoothed p_fake and its label.

        A detector that failed, and a face that cannot be judged, start anew: neither may weigh on a later label.
        """
        if verdict.p_fake is None or doubt is not None:
            self._means.pop(verdict.detector, None)
            return verdict
        mean = self._means.setdefault(verdict.detector, FadingMean(at=at))
        p_fake = round(to_p(mean.add(to_logit(verdict.p_fake), at)), 6)
        label = judge(p_fake, fake_from=verdict.fake_from, real_until=verdict.real_until, doubt=doubt)
        return replace(verdict, p_fake=p_fake, label=label)
