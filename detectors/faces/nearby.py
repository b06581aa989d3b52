"""Search for faces near where they were a moment ago, in place of the whole picture."""

from collections.abc import Sequence
from dataclasses import replace

from detectors.faces.face import Box, Face, measure_side
from detectors.faces.find import find_faces
from detectors.faces.track import MIN_OVERLAP, measure_area, measure_overlap
from registry import Image

MARGIN = 0.5  # of the longer box side, looked at on each side: how far a face may move from frame to frame
MULTIPLE = 32  # pixels; regions begin where the finder's own grid does, so that a box comes out as in a full search
MAX_SHARE = 0.6  # of the picture; where the regions together are larger, a full search is as fast


def find_again(image: Image, boxes: Sequence[Box]) -> list[Face] | None:
    """The faces that were in these boxes a moment ago, in their order. image: uint8 RGB (h, w, 3).

    None when one was lost, when two became one, or when a full search costs no more: then search the whole picture.
    """
    regions = [_region(image, box) for box in boxes]
    if not boxes or sum(map(measure_area, regions)) > MAX_SHARE * image.shape[0] * image.shape[1]:
        return None
    found = [_find_one(image, region, box) for region, box in zip(regions, boxes, strict=True)]
    faces = [face for face in found if face]
    apart = all(measure_overlap(a.box, b.box) < MIN_OVERLAP for index, a in enumerate(faces) for b in faces[:index])
    return faces if len(faces) == len(boxes) and apart else None


def _region(image: Image, box: Box) -> Box:
    """The part of the picture around a box, in whole steps of the finder's grid."""
    margin = round(MARGIN * measure_side(box))
    left, top = (max(0, (side - margin) // MULTIPLE * MULTIPLE) for side in box[:2])
    right, bottom = (-(-(side + margin) // MULTIPLE) * MULTIPLE for side in box[2:])
    return left, top, min(right, image.shape[1]), min(bottom, image.shape[0])


def _find_one(image: Image, region: Box, box: Box) -> Face | None:
    left, top, right, bottom = region
    if right <= left or bottom <= top:  # the picture became smaller
        return None
    moved = [_move(face, left, top) for face in find_faces(image[top:bottom, left:right])]
    best = max(moved, key=lambda face: measure_overlap(face.box, box), default=None)
    return best if best and measure_overlap(best.box, box) >= MIN_OVERLAP else None


def _move(face: Face, x: int, y: int) -> Face:
    left, top, right, bottom = face.box
    marks = tuple((mark[0] + x, mark[1] + y) for mark in face.landmarks)
    return replace(face, box=(left + x, top + y, right + x, bottom + y), landmarks=marks)
