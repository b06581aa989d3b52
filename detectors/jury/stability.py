"""How far a verdict moves when the same face comes a little differently: saved again, made smaller, framed anew.

A range of p_fake beside the verdict. It never changes the label: that is a function of p_fake alone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np

from detectors.faces.crop import crop_face
from detectors.faces.face import Box
from detectors.jury.fusion import fuse
from detectors.jury.recompression import recompress
from registry import Image, Verdict

QUALITIES = (90, 60)  # of JPEG
SCALE = 0.75
SHIFT_PIXELS = 2

Again = Callable[[str, Image], Verdict]
"""(key of a detector, crop) -> its verdict on that crop."""


@dataclass(frozen=True)
class Range:
    """The least and the greatest p_fake, the face as it is included."""

    low: float
    high: float


@dataclass(frozen=True)
class Stability:
    """The range of each detector that gave a number, by key, and of the jury; None where it has no verdict."""

    verdicts: dict[str, Range]
    jury: Range | None

    def as_dict(self) -> dict[str, Any]:
        """The documented JSON form: {"verdicts": {key: {"low", "high"}}, "jury": {"low", "high"} or null}."""
        return asdict(self)


def vary(picture: Image, box: Box, roll: float = 0.0) -> Iterator[Image]:
    """The crop of a face after JPEG at quality 90 and 60, at three quarters of its size, and framed 2 px aside."""
    crop = crop_face(picture, box, roll)
    for quality in QUALITIES:
        yield recompress(crop, quality)
    small = max(2, round(crop.shape[0] * SCALE))
    yield np.asarray(cv2.resize(crop, (small, small), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    left, top, right, bottom = (side + SHIFT_PIXELS for side in box)
    yield crop_face(picture, (left, top, right, bottom), roll)


def measure_stability(verdicts: Sequence[Verdict], variants: Iterable[Image], again: Again) -> Stability:
    """Ask everybody who gave a number about the variants of the face as well."""
    voters = [verdict for verdict in verdicts if verdict.p_fake is not None]
    rounds = [voters, *([again(voter.detector, variant) for voter in voters] for variant in variants)]
    ranges = {voter.detector: _span(asked[place].p_fake for asked in rounds) for place, voter in enumerate(voters)}
    juries = [fuse(asked) for asked in rounds]
    jury = _span(verdict.p_fake for verdict in juries if verdict) if juries[0] else None
    return Stability({key: found for key, found in ranges.items() if found}, jury)


def _span(p_fakes: Iterable[float | None]) -> Range | None:
    """Of the numbers among them; None where there is none."""
    numbers = [p_fake for p_fake in p_fakes if p_fake is not None]
    return Range(min(numbers), max(numbers)) if numbers else None
