"""What a detector said of many faces, and its resamples: all at once, a row of weights each.

Groups (source videos) are resampled, not pictures: frames of one video err together.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.random import default_rng
from numpy.typing import NDArray

RESAMPLES = 1000
Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Scores:
    """What one detector said of many faces. p_fake: (n,) in [0, 1]; labels: (n,), 1 = fake; groups: (n,) of names."""

    p_fake: Floats
    labels: Labels
    groups: NDArray[np.str_]

    def where(self, chosen: NDArray[np.bool_]) -> "Scores":
        """The scores of the chosen faces."""
        return Scores(self.p_fake[chosen], self.labels[chosen], self.groups[chosen])

    def by_video(self, videos: NDArray[np.intp]) -> "Scores":
        """One score a video, the mean of its faces'. videos: (n,), the number of each face's, as number_videos has it.

        The groups stay, for a video and the fakes made of it err together.
        """
        _, first, place = np.unique(videos, return_index=True, return_inverse=True)
        return Scores(np.bincount(place, self.p_fake) / np.bincount(place), self.labels[first], self.groups[first])


@dataclass(frozen=True)
class Draws:
    """Scores, best last, with weights (r, n): row 0 counts every face once, each other row is a resample."""

    p_fake: Floats
    labels: Labels
    weights: Floats
    place: NDArray[np.intp]  # (n,): the number of each face's group

    @classmethod
    def of(cls, scores: Scores, resamples: int = RESAMPLES) -> "Draws":
        """Resample the groups with replacement, the same way every time; without scores there is nothing to draw."""
        if not len(scores.p_fake):
            return cls.once(scores.p_fake, scores.labels)
        order = np.argsort(scores.p_fake, kind="stable")
        names, place = np.unique(scores.groups[order], return_inverse=True)
        drawn = default_rng(0).multinomial(len(names), np.full(len(names), 1 / len(names)), size=resamples)
        weights = np.vstack([np.ones((1, len(place))), drawn[:, place]])
        return cls(scores.p_fake[order], scores.labels[order], weights, place)

    @classmethod
    def once(cls, p_fake: Floats, labels: Labels) -> "Draws":
        """Row 0 alone, each face a group of its own. p_fake: ascending where the figure asks for order."""
        return cls(p_fake, labels, np.ones((1, len(p_fake))), np.arange(len(p_fake)))

    def count_groups(self, chosen: NDArray[np.bool_]) -> int:
        """How many groups the chosen faces are of."""
        return len(np.unique(self.place[chosen]))

    def total(self, chosen: NDArray[Any]) -> Floats:
        """The weight of the chosen faces in each draw: (r,)."""
        return np.asarray(self.weights @ chosen.astype(np.float64))

    @cached_property
    def _starts(self) -> NDArray[np.intp]:
        """Where each run of equal p_fake begins."""
        return np.asarray(np.flatnonzero(np.diff(self.p_fake, prepend=-np.inf) > 0))

    def by_score(self, label: int) -> Floats:
        """The weight of one class at each distinct p_fake, ascending: (r, u)."""
        return np.asarray(np.add.reduceat(self.weights * (self.labels == label), self._starts, axis=1))
