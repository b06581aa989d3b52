"""What part of a face a forgery made in training replaces: outlines by 468 points, deformed and softened.

After Self-Blended Images (Shiohara & Yamasaki 2022, https://arxiv.org/abs/2204.08376) and the masks of Face X-ray (Li
et al. 2020, https://arxiv.org/abs/1912.13458), our own implementation. Indices are those of MediaPipe's face mesh. The
regions are what known methods replace: a whole head mask, eyebrows to chin, the middle of the face, its lower half, the
mouth, the eyes.
"""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.data.mesh import Points

Floats = NDArray[np.float32]
JAW = (234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454)
FOREHEAD = (127, 162, 21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 389, 356)
EYEBROWS = (70, 63, 105, 66, 107, 46, 53, 52, 65, 55, 300, 293, 334, 296, 336, 276, 283, 282, 295, 285)
EYES = (33, 133, 159, 145, 130, 243, 362, 263, 386, 374, 359, 463)
NOSE = (168, 1, 2, 98, 327, 48, 278, 129, 358)
MOUTH = (61, 291, 0, 17, 37, 267, 84, 314, 40, 270, 91, 321)
CHEEKS = (50, 280, 205, 425, 187, 411)
REGIONS: tuple[tuple[float, tuple[int, ...]], ...] = (  # shares of the forgeries, and the points that are enclosed
    (0.25, (*JAW, *FOREHEAD)),
    (0.35, (*JAW, *EYEBROWS)),
    (0.15, (*EYEBROWS, *NOSE, *MOUTH, *CHEEKS)),
    (0.10, (*JAW[2:-2], *NOSE, *CHEEKS)),
    (0.08, MOUTH),
    (0.07, (*EYES, *EYEBROWS)),
)
RATIOS = (0.25, 0.5, 0.75, 1.0, 1.0, 1.0)  # how much of the altered face shows
BEND = 0.06  # how far an outline is deformed, of its narrower side
EDGE = (0.02, 0.1)  # sigma of the two blurs that soften it, of the same


def draw_hull(shape: tuple[int, ...], mesh: Points, random: Generator) -> Floats:
    """How much of each pixel is replaced: float32 (h, w) in [0, 1]."""
    shares, regions = zip(*REGIONS, strict=True)
    enclosed = mesh[list(regions[random.choice(len(regions), p=shares)])]
    mask = np.zeros(shape[:2], dtype=np.float32)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.rint(enclosed).astype(np.int32)), 1.0)
    narrow = max(8.0, float(np.ptp(enclosed, axis=0).min()))
    soft = _soften(_bend(mask, BEND * narrow, random), narrow, random)
    return soft * np.float32(random.choice(RATIOS))


def _bend(mask: Floats, most: float, random: Generator) -> Floats:
    """Moved at each place by up to `most` pixels, smoothly: an elastic deformation, drawn on an 8 x 8 grid."""
    height, width = mask.shape
    coarse = random.uniform(-most, most, (8, 8, 2)).astype(np.float32)
    moved = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return np.asarray(cv2.remap(mask, x + moved[..., 0], y + moved[..., 1], cv2.INTER_LINEAR), dtype=np.float32)


def _soften(mask: Floats, narrow: float, random: Generator) -> Floats:
    """Blurred, shrunk to what that left whole, and blurred again: the edge lies inside the outline."""
    within = cv2.GaussianBlur(mask, (0, 0), max(0.5, narrow * random.uniform(*EDGE) / 2))
    core = (within >= 0.9 * within.max()).astype(np.float32)
    soft = np.asarray(cv2.GaussianBlur(core, (0, 0), max(0.5, narrow * random.uniform(*EDGE))), dtype=np.float32)
    return soft / max(float(soft.max()), 1e-6)
