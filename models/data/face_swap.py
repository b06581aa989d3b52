"""Another person's face in a photo, as classic face swaps do it: warped by its points, tinted, blended in.

Beside faces blended with their own copy (Shiohara & Yamasaki 2022), for what those cannot show: features of two people
that do not quite fit. After Face X-ray (Li et al. 2020, https://arxiv.org/abs/1912.13458) and the swap by triangles of
FaceForensics++ (Rössler et al. 2019, https://arxiv.org/abs/1901.08971); our own implementation.
"""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from detectors.forgery.blend import Forgery, alter, mix
from models.data.hulls import CHEEKS, EYEBROWS, EYES, FOREHEAD, JAW, MOUTH, NOSE, draw_hull
from models.data.mesh import Points
from registry import Image

CORNERS = (*JAW, *FOREHEAD, *EYEBROWS, *EYES, *NOSE, *MOUTH, *CHEEKS)
MAX_MISFIT = 0.05  # of the face's size: how far the two faces' points may lie apart once laid over one another
ALTERED, TINTED, CLONED = 0.5, 0.85, 0.15  # shares of the swaps
Floats = NDArray[np.float32]


def swap_face(picture: Image, mesh: Points, donor: Image, donor_mesh: Points, random: Generator) -> Forgery | None:
    """The picture with the donor's face; None where the two look in directions too different.

    picture, donor: uint8 RGB. mesh, donor_mesh: the points of either's face, float32 (468, 2).
    """
    corners, from_corners = mesh[list(CORNERS)], donor_mesh[list(CORNERS)]
    whole, misfit = _lay_over(corners, from_corners)
    if misfit > MAX_MISFIT:
        return None
    mask = draw_hull(picture.shape, mesh, random)
    mask /= max(float(mask.max()), 1e-6)
    given = alter(donor, random) if random.random() < ALTERED else donor
    face = _warp(given, picture.shape, corners, from_corners, whole)
    if random.random() < TINTED:
        face = _tint(face, picture, mask, random.uniform(0.5, 1.0))
    if random.random() < CLONED and (cloned := _clone(picture, face, mask)) is not None:
        return Forgery(cloned, mask)
    return mix(picture, face, mask)


def _lay_over(corners: Points, from_corners: Points) -> tuple[NDArray[np.float64], float]:
    """The affine map (3, 2) from picture to donor that fits best, and how badly it fits, in sizes of the face."""
    ones = np.column_stack([corners, np.ones(len(corners))])
    matrix, *_ = np.linalg.lstsq(ones, from_corners, rcond=None)
    away = np.linalg.norm(ones @ matrix - from_corners, axis=1)
    return matrix, float(np.sqrt(np.mean(away**2)) / np.ptp(from_corners, axis=0).max())


def _warp(
    donor: Image, shape: tuple[int, ...], corners: Points, from_corners: Points, whole: NDArray[np.float64]
) -> Image:
    """The donor's face where the picture's is: each triangle between points by its own affine map, the rest by one."""
    triangles = Delaunay(corners).simplices
    ends = np.concatenate([corners[triangles], np.ones((*triangles.shape, 1))], axis=2)
    maps = np.concatenate([np.linalg.pinv(ends) @ from_corners[triangles], whole[None]])  # a triangle may be flat
    labels = np.full(shape[:2], len(triangles), dtype=np.int32)
    for label, triangle in enumerate(triangles):
        cv2.fillConvexPoly(labels, np.rint(corners[triangle]).astype(np.int32), label)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    of_pixel = maps.astype(np.float32)[labels]  # (h, w, 3, 2)
    at = x[..., None] * of_pixel[:, :, 0] + y[..., None] * of_pixel[:, :, 1] + of_pixel[:, :, 2]
    warped = cv2.remap(donor, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(warped, dtype=np.uint8)


def _tint(face: Image, picture: Image, mask: Floats, share: float) -> Image:
    """The face with the mean and spread of each colour that the picture has there, by that share."""
    inside = mask > mask.max() / 2
    mine, theirs = face[inside].astype(np.float32), picture[inside].astype(np.float32)
    if not len(mine):
        return face
    gain = np.clip(theirs.std(axis=0) / np.maximum(mine.std(axis=0), 1), 0.5, 2)
    matched = (face - mine.mean(axis=0)) * gain + theirs.mean(axis=0)
    return np.asarray(np.clip(np.rint(share * matched + (1 - share) * face), 0, 255), dtype=np.uint8)


def _clone(picture: Image, face: Image, mask: Floats) -> Image | None:
    """Blended by gradients (Pérez et al. 2003); None where the region is next to nothing or meets the border."""
    region = (mask > 0.5).astype(np.uint8) * 255
    left, top, width, height = cv2.boundingRect(region)
    touches = left < 2 or top < 2 or left + width > region.shape[1] - 2 or top + height > region.shape[0] - 2
    if touches or min(width, height) < 8:
        return None
    middle = left + width // 2, top + height // 2
    return np.asarray(cv2.seamlessClone(face, picture, region, middle, cv2.NORMAL_CLONE), dtype=np.uint8)
