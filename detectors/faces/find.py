"""Find the faces in a picture, and which way up each is. The network is CenterFace: see centerface.py."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.faces.align import align, turn_back
from detectors.faces.centerface import open_finder
from detectors.faces.face import Box, Face, measure_side
from registry import Image
from registry.contract import MIN_FACE_PIXELS

Floats = NDArray[np.float32]

FIND_PIXELS = 640  # longer side given to the network; CenterFace finds faces from about 10 pixels up
HALVED_FROM = 4  # times too wide; what training saw was smaller, and is still resized once
HINT = 0.07  # the score from which a place is looked at from close up
SEEN_PIXELS = 13  # in the eyes of the network: three of four faces of that size score above HINT, of 10 one
TILE = FIND_PIXELS * MIN_FACE_PIXELS // SEEN_PIXELS  # of a larger picture, parts of this side are searched for hints
FINE_TILE = (
    2 * FIND_PIXELS
)  # and of one half as large again, parts in which a face of 64 pixels has 32: no hints needed
CLOSE = 4 * MIN_FACE_PIXELS  # side of a close-up, or four times what the hint says
CLOSE_MAX = 2 * CLOSE
CROWD_PIXELS = 40  # in the network's eyes: where all faces are larger, tiny ones are rare, and hints have to do
LEAST_PIXELS = 48  # smaller faces get no verdict, and large pictures are full of them
MISSES = 4  # close-ups without a face, one after another; then the search ends
STRIDE = 4  # of CenterFace's output grid
MULTIPLE = 32  # CenterFace needs sides that are multiples of it
MIN_SCORE = 0.5
OVERLAP = 0.3  # intersection over union above which two boxes are one face; CenterFace's own default


@dataclass(frozen=True)
class _Glance:
    """A way to look at the picture: scaled, then set into a border. Both in relation to the picture."""

    border: float
    scale: float


QUARTERS = (0, 1, 2, 3)  # turns counter-clockwise, in which faces are searched for
# Faces that fill or leave the frame are missed as they are, and found with room around them, or smaller.
AS_IT_IS, ROOMY, SMALLER, SMALLEST = _Glance(0.0, 1.0), _Glance(1 / 3, 1.0), _Glance(1 / 3, 0.5), _Glance(1.0, 0.25)
TRACE = 0.15  # the score in SMALLER below which the larger views, which cost up to four times as much, show no face
CLOSE_UP = _Glance(0.0, 0.5)  # a face of 64 pixels has 32, of which the network misses none


def find_faces(image: Image) -> list[Face]:
    """All faces of the first view that shows any, largest first; none is an empty list. image: uint8 RGB (h, w, 3).

    A picture without any is looked at turned by quarters as well. One whose largest face lies or hangs is also searched
    turned, so that this face and others like it are framed as they would be upright. In a picture so large that this
    view would show none of 64 pixels, small faces are searched for from close up.
    """
    for quarters in QUARTERS:
        faces = _search(image, quarters, small=quarters == 0)
        if not faces:
            continue
        lying = _count_quarters(faces[0])
        return faces if lying == quarters else _merge(faces, _search(image, lying, small=True), quarters)
    return []


def _count_quarters(face: Face) -> int:
    """By how many counter-clockwise quarters the picture is turned for this face to stand upright, nearly."""
    return round(face.roll / 90) % 4


def _merge(faces: Sequence[Face], anew: Sequence[Face], quarters: int) -> list[Face]:
    """The faces of either search, largest first, each once. quarters: by which the picture was turned in the first.

    One of both is framed as the second has it, but for one that stood upright in the first and was surer there.
    """
    upright = [face for face in faces if _count_quarters(face) == quarters and not face.turned]
    kept = [face for face in anew if not any(_is_same(face, one) and one.score > face.score for one in upright)]
    others = [face for face in faces if not any(_is_same(face, one) for one in kept)]
    return _sort([*kept, *others])


def _search(image: Image, quarters: int, *, small: bool) -> list[Face]:
    """The faces of the picture as they are found with it turned counter-clockwise by so many quarters.

    small: whether those of a large picture are searched for from close up as well.
    """
    turned = np.ascontiguousarray(np.rot90(image, quarters)) if quarters else image
    faces, hints = _climb(turned, is_turned=quarters != 0)
    if small and max(turned.shape[:2]) > TILE:
        faces = [*faces, *_find_small(turned, faces, hints)]
    faces = [face if face.doubt else align(turned, face, look_as_it_is) for face in faces]
    return _sort(turn_back(face, quarters, image.shape[:2]) for face in faces)


def _sort(faces: Iterable[Face]) -> list[Face]:
    """Largest first."""
    return sorted(faces, key=lambda face: (-face.pixels, face.box))


def _climb(image: Image, *, is_turned: bool) -> tuple[list[Face], list[Face]]:
    """The faces of the first view that shows any, and the hints of the picture as it is.

    Most pictures without a face are told by a cheap view: those that are turned are looked at in no other then.
    """
    smaller: dict[float, Image] = {}
    faces, hints = ([], []) if is_turned else _look(image, AS_IT_IS, smaller)
    if faces:
        return faces, hints
    seen, doubtful = _look(image, SMALLER, smaller)
    if any(face.score >= TRACE for face in (*seen, *doubtful)):
        if is_turned:
            faces, hints = _look(image, AS_IT_IS, smaller)
        faces = faces or _look(image, ROOMY, smaller)[0] or seen
    elif is_turned:
        return [], []
    return faces or _look(image, SMALLEST, smaller)[0], hints


def _find_small(image: Image, known: Sequence[Face], hints: Sequence[Face]) -> list[Face]:
    """The faces that the whole picture was too coarse for. hints: places in it that may be faces."""
    scale = FIND_PIXELS / max(image.shape[:2])
    is_crowd = min((face.pixels for face in known), default=0) * scale < CROWD_PIXELS
    if (known and is_crowd) or scale < FIND_PIXELS / (1.5 * TILE):
        return _search_finely(image, known, scale)
    if is_crowd:  # else hints in the whole picture are good enough
        hints = [hint for window, view in _cut(image, TILE) for hint in _look_at(image, window, view, hints=True)]
    found, misses = list[Face](), 0
    for hint in sorted(hints, key=lambda hint: -hint.score):
        if misses == MISSES:
            break
        if any(_is_same(hint, other) for other in (*known, *found)):
            continue
        faces = [face for face in _look_at(image, _frame(hint, image), CLOSE_UP) if _is_small(face, scale)]
        fresh = [face for face in faces if not any(_is_same(face, other) for other in (*known, *found))]
        found, misses = [*found, *fresh], 0 if fresh else misses + 1
    return found


def _search_finely(image: Image, known: Sequence[Face], scale: float) -> list[Face]:
    """The small faces in all parts of a picture, each as it is seen best. scale: at which the whole was looked at."""
    seen = [face for window, view in _cut(image, FINE_TILE) for face in _look_at(image, window, view)]
    found = list[Face]()
    for face in sorted(seen, key=lambda face: -face.score):
        if _is_small(face, scale) and not any(_is_same(face, other) for other in (*known, *found)):
            found.append(face)
    return found


def _is_small(face: Face, scale: float) -> bool:
    """Whether it is one that the whole picture, looked at at this scale, was too coarse for."""
    return face.pixels >= LEAST_PIXELS and face.pixels * scale < 2 * SEEN_PIXELS


def _cut(image: Image, side: int) -> Iterator[tuple[Box, _Glance]]:
    """Windows that cover a picture, at most so many pixels a side, all seen at one scale.

    A face on the border of two lies whole in one of them.
    """
    height, width = image.shape[:2]
    step = side - CLOSE
    for top in range(0, max(1, height - CLOSE), step):
        for left in range(0, max(1, width - CLOSE), step):
            window = left, top, min(width, left + side), min(height, top + side)
            yield window, _Glance(0.0, max(FIND_PIXELS, measure_side(window)) / side)


def _frame(hint: Face, image: Image) -> Box:
    """The window for a close-up of a place."""
    left, top, right, bottom = hint.box
    reach = min(CLOSE_MAX, max(CLOSE, 4 * hint.pixels)) // 2
    x, y, (height, width) = (left + right) // 2, (top + bottom) // 2, image.shape[:2]
    return max(0, x - reach), max(0, y - reach), min(width, x + reach), min(height, y + reach)


def _look_at(image: Image, window: Box, view: _Glance, *, hints: bool = False) -> list[Face]:
    """The faces in a part of a picture, in pixels of the picture; hints: also places that may be faces."""
    left, top, right, bottom = window
    if min(right - left, bottom - top) < 1:
        return []
    faces, doubtful = _look(image[top:bottom, left:right], view, {})
    return [_shift(face, left, top) for face in (*faces, *(doubtful if hints else ()))]


def _shift(face: Face, x: int, y: int) -> Face:
    left, top, right, bottom = face.box
    landmarks = tuple((round(across + x, 1), round(down + y, 1)) for across, down in face.landmarks)
    return Face((left + x, top + y, right + x, bottom + y), face.score, landmarks)


def _is_same(face: Face, other: Face) -> bool:
    """Whether the middle of either lies in the other."""
    return _holds(face.box, other.box) or _holds(other.box, face.box)


def _holds(box: Box, inner: Box) -> bool:
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def look_as_it_is(image: Image) -> list[Face]:
    """The faces seen in a picture of at most FIND_PIXELS, in one look and as they are turned."""
    return _look(image, AS_IT_IS, {})[0]


def _look(image: Image, view: _Glance, smaller: dict[float, Image]) -> tuple[list[Face], list[Face]]:
    """The faces seen in one view, and the places that may be faces, in pixels of the picture.

    smaller: by scale, the picture in the sizes that were needed so far.
    """
    height, width = image.shape[:2]
    scale = view.scale * min(1.0, FIND_PIXELS / max(height, width))
    small = smaller[scale] = smaller[scale] if scale in smaller else _resize(image, scale)
    margin = round(view.border * max(small.shape[:2]))
    canvas = _pad(small, margin)
    batch = np.ascontiguousarray(canvas.transpose(2, 0, 1)[None], dtype=np.float32)
    boxes, scores, points = _decode(*open_finder().run(batch))
    ratio = np.array([width / small.shape[1], height / small.shape[0]], dtype=np.float32)
    boxes = (boxes.reshape(-1, 2, 2) - margin) * ratio
    points = (points - margin) * ratio
    found = [_face(*one) for one in zip(boxes, scores, points, strict=True)]
    count = int((scores > MIN_SCORE).sum())  # the best come first
    return found[:count], found[count:]


def _resize(image: Image, scale: float) -> Image:
    """Smaller by area; very large pictures are halved first, which OpenCV does many times as fast."""
    if scale >= 1.0:
        return image
    size = [max(1, round(side * scale)) for side in (image.shape[1], image.shape[0])]
    while image.shape[1] >= HALVED_FROM * size[0]:
        image = _shrink(image, [image.shape[1] // 2, max(1, image.shape[0] // 2)])
    return _shrink(image, size)


def _shrink(image: Image, size: Sequence[int]) -> Image:
    """To size: width, height."""
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _pad(image: Image, margin: int) -> Image:
    """The picture on black, with a margin, its sides rounded up to what the network takes."""
    height, width = (side + 2 * margin for side in image.shape[:2])
    canvas = np.zeros((_round_up(height), _round_up(width), 3), dtype=np.uint8)
    canvas[margin : margin + image.shape[0], margin : margin + image.shape[1]] = image
    return canvas


def _round_up(side: int) -> int:
    return -(-side // MULTIPLE) * MULTIPLE


def _decode(heat: Floats, scale: Floats, offset: Floats, marks: Floats) -> tuple[Floats, Floats, Floats]:
    """CenterFace's grids as boxes (n, 4), scores (n,) and landmarks (n, 5, 2) in network pixels, best first.

    Source of the formulas: the authors' centerface.py, which also gives y before x.
    """
    rows, columns = np.nonzero(heat[0, 0] > HINT)
    size = np.exp(scale[0][:, rows, columns]) * STRIDE  # (2, n): height, width
    centre = (np.stack([rows, columns]) + offset[0][:, rows, columns] + 0.5) * STRIDE
    top, left = centre - size / 2
    boxes = np.stack([left, top, left + size[1], top + size[0]], axis=1)
    pairs = marks[0][:, rows, columns].reshape(5, 2, -1)
    points = np.stack([pairs[:, 1] * size[1] + left, pairs[:, 0] * size[0] + top], axis=2).transpose(1, 0, 2)
    scores = heat[0, 0][rows, columns]
    kept = _suppress(boxes, scores)
    return boxes[kept], scores[kept], points[kept]


def _suppress(boxes: Floats, scores: Floats) -> list[int]:
    corners = [(float(x), float(y), float(right - x), float(bottom - y)) for x, y, right, bottom in boxes]
    return [int(index) for index in cv2.dnn.NMSBoxes(corners, scores.tolist(), HINT, OVERLAP)]


def _face(box: Floats, score: float, points: Floats) -> Face:
    left, top, right, bottom = (round(float(value)) for value in box.reshape(4))
    landmarks = tuple((round(float(x), 1), round(float(y), 1)) for x, y in points)
    return Face((left, top, right, bottom), round(float(score), 4), landmarks)
