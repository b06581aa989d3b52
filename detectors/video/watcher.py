"""One frame of a video after another: who is there, and what the detectors say of them."""

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.faces.crop import crop_face
from detectors.faces.find import find_faces
from detectors.faces.track import Follower
from detectors.inputs.video import Frame
from detectors.jury.fusion import agree, fuse
from detectors.jury.judge import Jury
from detectors.jury.parallel import Shown, judge_all
from detectors.video.results import WHOLE, SampledFrame
from registry import DetectorSpec, Image, Verdict

MAX_FACES = 8  # in a frame, the largest: a crowd would take minutes
MAX_FAILURES = 3  # in a row; then a detector is asked no more, for each may take it ten seconds
HEAT_SIDE = 32  # of the heat maps that are kept
CUT = 0.5  # how much of the frame's colours must change; a pan in the same room stays below 0.3


@dataclass
class Watcher:
    """Looks at one frame after another: who is there, and what the detectors say of them."""

    jury: Jury
    follower: Follower = field(default_factory=Follower)
    colours: NDArray[np.float32] | None = None
    failures: dict[str, int] = field(default_factory=dict)
    crowds: int = 0  # frames with more than MAX_FACES

    def look(self, frame: Frame) -> dict[int, SampledFrame]:
        """Person's number -> what this frame shows of them. After a cut, everybody is somebody new."""
        colours = count_colours(frame.pixels)
        if self.colours is not None and is_cut(self.colours, colours):
            self.follower.forget()
        self.colours = colours
        found = find_faces(frame.pixels)
        faces = found[:MAX_FACES]
        self.crowds += len(found) > MAX_FACES
        numbers = self.follower.follow(faces)
        crops = [Shown(crop_face(frame.pixels, face.box, face.roll), doubt=face.doubt) for face in faces]
        *verdicts, whole = judge_all(self._judge, self.jury.specs, [*crops, Shown(frame.pixels, "image")])
        seen = {
            number: _sum_up(SampledFrame(frame.at, face.box, face.score, given, face.landmarks, face.roll, face.doubt))
            for number, face, given in zip(numbers, faces, verdicts, strict=True)
        }
        if whole:
            height, width = frame.pixels.shape[:2]
            seen[WHOLE] = _sum_up(SampledFrame(frame.at, (0, 0, width, height), 1.0, whole))
        return seen

    def _judge(self, spec: DetectorSpec, image: Image, *, doubt: str | None = None) -> Verdict:
        failures = self.failures.get(spec.key, 0)
        if failures >= MAX_FAILURES:
            reason = f"not called again after {MAX_FAILURES} failures in a row"
            return self.jury.fail(spec, reason)
        verdict = self.jury.judge(spec, image, doubt=doubt)
        self.failures[spec.key] = failures + 1 if verdict.label == "failed" else 0
        return _keep_small(verdict)


def _sum_up(sampled: SampledFrame) -> SampledFrame:
    """With the jury verdict and the agreement that follow from its verdicts."""
    jury, agreement = fuse(sampled.verdicts, doubt=sampled.doubt), agree(sampled.verdicts)
    return replace(sampled, jury=jury, agreement=agreement)


def _keep_small(verdict: Verdict) -> Verdict:
    """With a heat map small enough to keep hundreds of."""
    heat = verdict.heatmap
    if heat is None or max(heat.shape) <= HEAT_SIDE:
        return verdict
    small = cv2.resize(heat, (HEAT_SIDE, HEAT_SIDE), interpolation=cv2.INTER_AREA)
    return replace(verdict, heatmap=np.asarray(small, dtype=np.float32))


def count_colours(pixels: Image) -> NDArray[np.float32]:
    """Which share of a frame has which colour: (256,), of sum 1. pixels: uint8 RGB (h, w, 3)."""
    small = cv2.resize(pixels, (64, 36), interpolation=cv2.INTER_AREA)
    hsv = cv2.cvtColor(small, cv2.COLOR_RGB2HSV)
    counts = cv2.calcHist([hsv], [0, 1, 2], None, [8, 4, 8], [0, 180, 0, 256, 0, 256])
    return np.asarray(counts.reshape(-1) / counts.sum(), dtype=np.float32)


def is_cut(before: NDArray[np.float32], now: NDArray[np.float32]) -> bool:
    """Whether so much of the colours changed that this must be another shot."""
    return bool(np.abs(before - now).sum() / 2 > CUT)
