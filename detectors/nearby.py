"""Follow faces from one frame to the next: who is who, and a search near where they were, in place of a full one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from detectors.faces import Box, Face, find_faces
from registry import Image

SAME_FROM = 0.3  # intersection over union from which two boxes are one face: as within one picture, see faces.OVERLAP
MARGIN = 0.5  # of the longer box side, looked at on each side: how far a face may move from frame to frame
MULTIPLE = 32  # pixels; regions begin where the finder's own grid does, so that a box comes out as in a full search
MAX_SHARE = 0.6  # of the picture; where the regions together are larger, a full search is as fast


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, in [0, 1]."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0, width) * max(0, height)
    return shared / max(1, _area(one) + _area(other) - shared)


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def match(before: Mapping[int, Box], now: Sequence[Box]) -> dict[int, int]:
    """Which of the boxes before is which of those now: number before -> index now, the best pairs first."""
    pairs = [(overlap(old, new), number, index) for number, old in before.items() for index, new in enumerate(now)]
    found: dict[int, int] = {}
    for share, number, index in sorted(pairs, reverse=True):
        if share >= SAME_FROM and number not in found and index not in found.values():
            found[number] = index
    return found


def find_again(image: Image, boxes: Sequence[Box]) -> list[Face] | None:
    """The faces that were in these boxes a moment ago, in their order. image: uint8 RGB (h, w, 3).

    None when one was lost, when two became one, or when a full search costs no more: then search the whole picture.
    """
    regions = [_region(image, box) for box in boxes]
    if not boxes or sum(map(_area, regions)) > MAX_SHARE * image.shape[0] * image.shape[1]:
        return None
    found = [_find_one(image, region, box) for region, box in zip(regions, boxes, strict=True)]
    faces = [face for face in found if face]
    apart = all(overlap(a.box, b.box) < SAME_FROM for index, a in enumerate(faces) for b in faces[:index])
    return faces if len(faces) == len(boxes) and apart else None


def _region(image: Image, box: Box) -> Box:
    """The part of the picture around a box, in whole steps of the finder's grid."""
    margin = round(MARGIN * max(box[2] - box[0], box[3] - box[1]))
    left, top = (max(0, (side - margin) // MULTIPLE * MULTIPLE) for side in box[:2])
    right, bottom = (-(-(side + margin) // MULTIPLE) * MULTIPLE for side in box[2:])
    return left, top, min(right, image.shape[1]), min(bottom, image.shape[0])


def _find_one(image: Image, region: Box, box: Box) -> Face | None:
    left, top, right, bottom = region
    if right <= left or bottom <= top:  # the picture became smaller
        return None
    moved = [_move(face, left, top) for face in find_faces(image[top:bottom, left:right])]
    best = max(moved, key=lambda face: overlap(face.box, box), default=None)
    return best if best and overlap(best.box, box) >= SAME_FROM else None


def _move(face: Face, x: int, y: int) -> Face:
    left, top, right, bottom = face.box
    marks = tuple((mark[0] + x, mark[1] + y) for mark in face.landmarks)
    return replace(face, box=(left + x, top + y, right + x, bottom + y), landmarks=marks)
