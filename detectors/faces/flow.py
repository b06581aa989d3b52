"""Landmarks steadied by optical flow: where the pixels say that each point went, fused with where it was found.

LRNet (Sun et al. 2021, https://arxiv.org/abs/2104.04480) does so from frame to frame; here it is done every fifth of a
second on small faces, as the clips of training have no more. How far the two disagree is measured as well.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.faces.crop import CROP_SIDE
from detectors.faces.motion import REGIONS, Floats
from detectors.networks.folder import resize_square
from registry.contract import Clip, Times

BOX_PIXELS = 64  # side of the square of a face's box, whatever is shown of it: flow is measured at one scale
STEP_SECONDS = 0.2
WINDOW_PIXELS, LEVELS = 9, 2  # in which a point is looked for: about a mouth's height, and four times that
FOUND = 1.0  # squared pixels of BOX_PIXELS: how far off the finder may be
FOLLOWED = 0.05  # squared pixels: the same of flow, beside the square of how far it misses when followed back
LOST = 1e3  # squared pixels: of a point that flow does not find again


def steady_clip(clip: Clip, points: Floats, times: Times) -> tuple[Floats, Floats]:
    """What `steady` makes of the points of a clip of face crops: float32 (t, 68, 2), shares of the crop's sides."""
    side = round(CROP_SIDE * BOX_PIXELS)
    grid = np.arange(times[0], times[-1] + STEP_SECONDS / 2, STEP_SECONDS)
    frames = np.unique(np.abs(times[:, None] - grid).argmin(axis=0))
    faces = np.stack([resize_square(clip[frame], side) for frame in frames])
    return steady(points, times, faces, frames, scales=np.full(len(frames), 1 / side, np.float32))


def steady(
    points: Floats,
    times: Times,
    faces: Clip,
    frames: NDArray[np.intp],
    *,
    scales: Floats,
    corners: Floats | None = None,
) -> tuple[Floats, Floats]:
    """The points, nearer to where they truly are, and how far finder and flow disagree: (t, 68, 2) and (t, 5).

    faces: uint8 RGB (k, h, w, 3), at these frames. scales, corners: of a pixel of each face and of its left top corner
    (k, 2), in the unit of the points; no corner is 0. The second is in pixels of a face, by REGIONS. Between the faces
    both are interpolated.
    """
    unit = scales[:, None, None]
    found = points[frames] if corners is None else points[frames] - corners[:, None]
    fused, apart = fuse(faces, (found / unit).astype(np.float32))
    moved = (fused - found / unit) * unit
    by_region = np.stack([apart[:, region].mean(axis=1) for region in REGIONS.values()], axis=1)
    columns = np.hstack([moved.reshape(len(moved), -1), by_region]).T
    between = np.stack([np.interp(times, times[frames], column) for column in columns], axis=1).astype(np.float32)
    count = len(REGIONS)
    return points + between[:, :-count].reshape(points.shape), between[:, -count:]


def fuse(faces: Clip, found: Floats) -> tuple[Floats, Floats]:
    """A Kalman filter over the pictures of a face: flow foretells each point, and the finder corrects it.

    found: float32 (k, 68, 2), in pixels. Answers the same shape, and (k, 68): pixels from foretold to found.
    """
    greys = [cv2.cvtColor(face, cv2.COLOR_RGB2GRAY) for face in faces]
    fused, apart = found.copy(), np.zeros(found.shape[:2], np.float32)
    doubt = np.full(found.shape[1], FOUND)
    for index in range(1, len(found)):
        before, after = greys[index - 1], greys[index]
        went, is_there = _follow(before, after, fused[index - 1])
        back, is_back = _follow(after, before, went)
        missed = np.linalg.norm(back - fused[index - 1], axis=1)
        is_sure = is_there & is_back & np.isfinite(missed)
        doubt = doubt + np.where(is_sure, FOLLOWED + missed**2, LOST)
        foretold = np.where(is_sure[:, None], went, found[index])
        gain = doubt / (doubt + FOUND)
        off = found[index] - foretold
        fused[index] = foretold + gain[:, None] * off
        doubt = (1 - gain) * doubt
        apart[index] = np.linalg.norm(off, axis=1)
    apart[0] = apart[min(1, len(apart) - 1)]
    return fused, apart


def _follow(before: NDArray[np.uint8], after: NDArray[np.uint8], points: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Where points went by Lucas-Kanade, and whether they were found again."""
    window, given = (WINDOW_PIXELS, WINDOW_PIXELS), points[:, None]
    went, status, _ = cv2.calcOpticalFlowPyrLK(before, after, given, given.copy(), winSize=window, maxLevel=LEVELS)
    return np.asarray(went, dtype=np.float32)[:, 0], np.asarray(status)[:, 0] > 0
