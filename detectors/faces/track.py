"""Follow faces from one look to the next: who here is who was there.

Two faces are one person's when they overlap or their landmarks lie close, at about the same size. That says nothing
across a cut, after which `forget` starts everybody anew; faces are compared by place alone, never recognised.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from detectors.faces.face import Box, Face

MIN_OVERLAP = 0.3  # intersection over union; CenterFace itself takes two boxes above it for one face
MAX_STEP = 0.5  # how far landmarks may move between two looks, in face sizes: two heads side by side are farther apart
MAX_GROWTH = 1.6  # how much larger or smaller a face may become between two looks
PATIENCE_LOOKS = 3  # how often in a row somebody may be missed, behind a hand or in profile, and still be who they were


@dataclass
class _Known:
    face: Face
    missed: int = 0


class Follower:
    """Gives each face the number of a person, from 1 on. One for each video or camera; looks in order of time."""

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}
        self._count = 0

    def follow(self, faces: Sequence[Face]) -> list[int]:
        """The person of each face of this look, in their order; a face that was not there before is a new one's."""
        pairs = pair({number: known.face for number, known in self._known.items()}, faces)
        for known in self._known.values():
            known.missed += 1
        numbers = [self._see(face, pairs.get(index)) for index, face in enumerate(faces)]
        self._known = {number: known for number, known in self._known.items() if known.missed <= PATIENCE_LOOKS}
        return numbers

    def forget(self) -> None:
        """After a cut: whoever is seen next is somebody new."""
        self._known.clear()

    def _see(self, face: Face, number: int | None) -> int:
        if number is None:
            self._count = number = self._count + 1
        self._known[number] = _Known(face)
        return number


def pair(before: Mapping[int, Face], now: Sequence[Face]) -> dict[int, int]:
    """Index of a face now -> its number before. The closest pair first, each face and each number once."""
    close = [
        (closeness, index, number)
        for number, known in before.items()
        for index, face in enumerate(now)
        if (closeness := _compare(known, face)) is not None
    ]
    pairs: dict[int, int] = {}
    for _, index, number in sorted(close, key=lambda found: -found[0]):
        if index not in pairs and number not in pairs.values():
            pairs[index] = number
    return pairs


def _compare(before: Face, now: Face) -> float | None:
    """How close two faces are, more is closer; None where they cannot be one person's."""
    sizes = sorted([before.pixels, now.pixels])
    if sizes[1] > MAX_GROWTH * sizes[0]:
        return None
    overlap, step = measure_overlap(before.box, now.box), _measure_step(before, now)
    return overlap - min(step, 1.0) if overlap >= MIN_OVERLAP or step <= MAX_STEP else None


def measure_overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes, in [0, 1]."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0, width) * max(0, height)
    union = measure_area(one) + measure_area(other) - shared
    return shared / union if union > 0 else 0.0


def _measure_step(before: Face, now: Face) -> float:
    """How far the landmarks moved, on average, in face sizes; infinite where there are none."""
    if not before.landmarks or len(before.landmarks) != len(now.landmarks):
        return math.inf
    steps = [math.dist(was, is_) for was, is_ in zip(before.landmarks, now.landmarks, strict=True)]
    return sum(steps) / len(steps) / math.sqrt(max(1, before.pixels) * max(1, now.pixels))


def measure_area(box: Box) -> int:
    """In pixels; 0 for a box turned inside out."""
    return max(0, box[2] - box[0]) * max(0, box[3] - box[1])
