"""How a face moves in a clip: eyes, mouth, brows, pose, the light on it, and how steady its landmarks are.

All lengths are in eye distances of the same frame, after the eyes were laid level, so that neither the size of the
crop nor how it is turned counts; each frame is laid over the one before by the similarity that fits best.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.faces.landmarks import LEFT_EYE, RIGHT_EYE, measure_eye_distance
from registry.contract import Clip, Times

NAMES = (
    *("left eye", "right eye", "mouth height", "mouth width", "brows", "jaw", "yaw", "pitch"),
    *("light from the side", "light from above"),
)
REGIONS = {
    "jaw": slice(0, 17),
    "brows": slice(17, 27),
    "nose": slice(27, 36),
    "eyes": slice(36, 48),
    "mouth": slice(48, 68),
}
LIGHT_PIXELS = 64  # side of the square in which light is measured
LIT = (0.2, 0.8)  # the share of that square, from left to right and from top to bottom, that is face in any crop
STEADY = 1e-3  # eye distances: less than any finder's noise

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Motion:
    """A face over time. measures: float32 (t, 10), by NAMES; unrest: float32 (t, 5), by REGIONS.

    unrest: how far each region's points lie from half way between their places in the frames before and after.
    """

    times: Times
    measures: Floats
    unrest: Floats

    def as_dict(self) -> dict[str, Any]:
        """Its part of the documented JSON: the times, and each measure at these."""
        rounded = {name: np.round(column, 4).tolist() for name, column in zip(NAMES, self.measures.T, strict=True)}
        return {"times": np.round(self.times, 3).tolist()} | {name.replace(" ", "_"): rounded[name] for name in NAMES}


def measure_motion(points: Floats, light: Floats, times: Times) -> Motion:
    """The motion of a face. points: float32 (t, 68, 2), of iBUG; light: float32 (t, 2), from measure_light."""
    level = lay_level(points)
    shape = np.stack(
        [
            _open(level, LEFT_EYE),
            _open(level, RIGHT_EYE),
            _distance(level, 62, 66),
            _distance(level, 48, 54),
            level[:, 36:48, 1].mean(axis=1) - level[:, 17:27, 1].mean(axis=1),
            _distance(level, 33, 8),
            level[:, 30, 0],
            level[:, 30, 1],
        ],
        axis=1,
    )
    return Motion(times, np.hstack([shape, light]).astype(np.float32), measure_unrest(level))


def lay_level(points: Floats) -> Floats:
    """The points with the middle between the eyes at 0, the eyes level and one apart: (t, 68, 2)."""
    left, right = points[:, LEFT_EYE].mean(axis=1), points[:, RIGHT_EYE].mean(axis=1)
    across = (right - left) / np.maximum(measure_eye_distance(points), 1e-6)[:, None]
    down = np.stack([-across[:, 1], across[:, 0]], axis=1)
    centred = points - ((left + right) / 2)[:, None]
    scale = np.maximum(measure_eye_distance(points), 1e-6)[:, None]
    level = [np.einsum("tpc,tc->tp", centred, axis) / scale for axis in (across, down)]
    return np.stack(level, axis=2).astype(np.float32)


def measure_unrest(level: Floats) -> Floats:
    """How far each region leaves the way between its neighbours in time: (t, 5); at both ends that of the next one."""
    laid = level.copy()
    for index in range(1, len(laid)):
        laid[index] = _lay_over(laid[index], laid[index - 1])
    off = np.zeros(level.shape[:2], dtype=np.float32)
    off[1:-1] = np.linalg.norm(laid[1:-1] - (laid[:-2] + laid[2:]) / 2, axis=-1)
    off[0], off[-1] = off[1], off[-2]
    return np.stack([off[:, region].mean(axis=1) for region in REGIONS.values()], axis=1)


def _lay_over(points: Floats, others: Floats) -> Floats:
    """The points, moved, turned and scaled as a whole so that they lie nearest to the others."""
    middle, other = points.mean(axis=0), others.mean(axis=0)
    a, b = points - middle, others - other
    size = max(float((a * a).sum()), 1e-6)
    cosine, sine = float((a * b).sum()) / size, float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / size
    turned = np.stack([cosine * a[:, 0] - sine * a[:, 1], sine * a[:, 0] + cosine * a[:, 1]], axis=1)
    return np.asarray(turned + other, dtype=np.float32)


def _open(level: Floats, eye: slice) -> Floats:
    """How far an eye is open: its height by its width (Soukupová and Čech 2016)."""
    first = eye.start
    height = _distance(level, first + 1, first + 5) + _distance(level, first + 2, first + 4)
    return np.asarray(height / np.maximum(2 * _distance(level, first, first + 3), 1e-6), dtype=np.float32)


def _distance(level: Floats, one: int, other: int) -> Floats:
    return np.asarray(np.linalg.norm(level[:, one] - level[:, other], axis=-1), dtype=np.float32)


def measure_light(clip: Clip) -> Floats:
    """Where the light on a face comes from: float32 (t, 2), log ratios of luminance, right to left and top to bottom.

    clip: uint8 RGB (t, h, w, 3), of face crops.
    """
    first, last = (round(LIGHT_PIXELS * share) for share in LIT)
    middle = (first + last) // 2
    ratios = []
    for frame in clip:
        small = cv2.resize(frame, (LIGHT_PIXELS, LIGHT_PIXELS), interpolation=cv2.INTER_AREA)
        grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)[first:last, first:last] + 4
        half = middle - first
        side = np.log(grey[:, half:].mean() / grey[:, :half].mean())
        ratios.append((side, np.log(grey[:half].mean() / grey[half:].mean())))
    return np.asarray(ratios, dtype=np.float32)


GRID_SECONDS = 0.08  # between two frames as the temporal network sees them
SCALES = np.array([0.03, 0.03, 0.06, 0.06, 0.03, 0.08, 0.08, 0.06, 0.05, 0.05], np.float32)  # of NAMES: a fair move
FEATURES = 2 * len(NAMES) + 2 * len(REGIONS)
SURE = 0.05  # pixels of a face 64 wide: less than finder and flow ever disagree
MAX_FEATURE = 5.0


def resample(points: Floats, others: Floats, times: Times) -> tuple[Floats, Floats, Times]:
    """Points and other columns (t, n) at even times, 0.08 s apart, between the measured ones. At least two of them."""
    count = max(2, round(float(times[-1] - times[0]) / GRID_SECONDS) + 1)
    even = times[0] + GRID_SECONDS * np.arange(count)
    flat = np.hstack([points.reshape(len(points), -1), others])
    between = np.stack([np.interp(even, times, column) for column in flat.T], axis=1).astype(np.float32)
    return between[:, : -others.shape[1]].reshape(count, *points.shape[1:]), between[:, -others.shape[1] :], even


def as_features(motion: Motion, apart: Floats) -> Floats:
    """What the temporal network sees: float32 (t, 30), about -5 to 5.

    Measures less their median, so that nobody is known by their face; their changes; each region's unrest beside that
    of the whole face, so that a finder's own noise counts little; and likewise how far finder and flow disagree.
    apart: float32 (t, 5), from detectors.faces.flow.
    """
    centred = (motion.measures - np.median(motion.measures, axis=0)) / SCALES
    changes = 3 * np.diff(centred, axis=0, prepend=centred[:1])
    unrest = np.log(motion.unrest + STEADY) - np.log(np.median(motion.unrest) + STEADY)
    disagreement = np.log(apart + SURE) - np.log(np.median(apart) + SURE)
    features = np.clip(np.hstack([centred, changes, unrest, disagreement]), -MAX_FEATURE, MAX_FEATURE)
    return np.asarray(features, dtype=np.float32)
