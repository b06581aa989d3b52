"""Turn a face upright by its landmarks: detectors have learnt upright faces, and call others real.

The finder also finds faces that lie or hang, with landmarks that are some degrees off. So the face is looked at again
each way up, and once more turned by what its landmarks then say, until they say that it is upright.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from detectors.faces.crop import turn
from detectors.faces.face import Box, Face, Landmarks
from registry import Image

SURE = 0.8  # of the finder: faces that it took for upright ones though they hang or lie were all below
UPRIGHT = 10.0  # degrees: training turns faces by up to 12, so nearer than this nothing is turned
SKEWED = 20.0  # degrees between the line of the eyes and the square to the line down the face: beyond, neither is sure
LOOK_PIXELS = 224  # side of the square that is looked at again
ROOM = 2.2  # its side in longer sides of the box: a box found on a face that lies may be half beside it
MIN_SIZE, MAX_SIZE = 0.5, 1.8  # of the face found again, in longer sides of the first box
MAX_AWAY = 0.5  # how far its middle may lie from the first one's, in the same
QUARTERS = (0.0, 90.0, 180.0, -90.0)
TURNS = 2  # how often a face is turned by what is left, after the quarter turns

Look = Callable[[Image], list[Face]]
"""Finds the faces of a small picture."""


@dataclass(frozen=True)
class _Seen:
    """A face as it was found with the picture turned back by `roll`; left: degrees by which it is still turned."""

    face: Face
    roll: float
    left: float
    holds: bool

    @property
    def rank(self) -> tuple[bool, float]:
        """The higher, the surer that this way is up."""
        return self.holds, self.face.score

    @property
    def is_upright(self) -> bool:
        return self.holds and abs(self.left) <= UPRIGHT


def align(image: Image, face: Face, look: Look) -> Face:
    """The face with its roll; as it came where it is upright already, and `turned` where no turn makes it so.

    image: uint8 RGB (h, w, 3), the picture in which `look` found it.
    """
    if face.score >= SURE and abs(measure_roll(face.landmarks)) <= UPRIGHT and _holds(face.landmarks):
        return face
    looks = (_look_turned(image, face, turned, look) for turned in (measure_roll(face.landmarks), *QUARTERS))
    best: _Seen | None = None
    for seen in looks:  # the first is nearly always enough
        if seen and (best is None or seen.rank > best.rank):
            best = seen
        if best and best.holds and best.face.score >= SURE:
            break
    best = _settle(image, face, best, look)
    if best is None or not best.is_upright:
        return replace(face, turned=True)
    roll = _round(best.roll + best.left)
    return face if roll == 0 else _place(face, best, roll)


def _round(degrees: float) -> float:
    """To the quarter turn where it is near enough, at which no pixel has to be made anew."""
    quarter = 90 * round(degrees / 90)
    return round(_wrap(quarter if abs(degrees - quarter) <= UPRIGHT else degrees), 1)


def _settle(image: Image, face: Face, seen: _Seen | None, look: Look) -> _Seen | None:
    """Turned by what is left until it is upright, or no longer found."""
    for _ in range(TURNS):
        if seen is None or seen.is_upright:
            break
        seen = _look_turned(image, face, seen.roll + seen.left, look)
    return seen


def turn_back(face: Face, quarters: int, shape: Sequence[int]) -> Face:
    """A face found in np.rot90(picture, quarters), in the picture. shape: the picture's height and width."""
    if quarters == 0:
        return face
    height, width = shape
    left, top, right, bottom = face.box

    def back(x: float, y: float) -> tuple[float, float]:
        return {1: (width - y, x), 2: (width - x, height - y), 3: (y, height - x)}[quarters]

    corners = [back(left, top), back(right, bottom)]
    (left, right), (top, bottom) = (sorted(round(corner[axis]) for corner in corners) for axis in (0, 1))
    marks = tuple((round(x, 1), round(y, 1)) for x, y in (back(*mark) for mark in face.landmarks))
    return replace(face, box=(left, top, right, bottom), landmarks=marks, roll=_round(face.roll + 90 * quarters))


def measure_roll(landmarks: Landmarks) -> float:
    """Degrees by which a face is turned clockwise, by the line from between its eyes to the middle of its mouth."""
    left_eye, right_eye, _, left_mouth, right_mouth = np.asarray(landmarks, dtype=np.float64)
    x, y = (left_mouth + right_mouth - left_eye - right_eye) / 2
    return math.degrees(math.atan2(-x, y))


def _holds(landmarks: Landmarks) -> bool:
    """Whether the eyes lie square to the line down the face, as a face's do unless it is in profile or misread."""
    left_eye, right_eye = np.asarray(landmarks[:2], dtype=np.float64)
    x, y = right_eye - left_eye
    return abs(_wrap(math.degrees(math.atan2(y, x)) - measure_roll(landmarks))) <= SKEWED


def _look_turned(image: Image, face: Face, roll: float, look: Look) -> _Seen | None:
    """The same face, looked for where it was, with the picture turned back by so many degrees."""
    scale = LOOK_PIXELS / (ROOM * face.pixels)
    square = turn(image, _find_middle(face.box), roll, LOOK_PIXELS, scale=scale, border=cv2.BORDER_CONSTANT)
    side = LOOK_PIXELS / ROOM
    near = [found for found in look(square) if MIN_SIZE <= found.pixels / side <= MAX_SIZE and _is_near(found, side)]
    best = max(near, key=lambda found: found.score, default=None)
    return _Seen(best, _wrap(roll), measure_roll(best.landmarks), _holds(best.landmarks)) if best else None


def _is_near(found: Face, side: float) -> bool:
    x, y = _find_middle(found.box)
    return math.hypot(x - LOOK_PIXELS / 2, y - LOOK_PIXELS / 2) <= MAX_AWAY * side


def _place(face: Face, seen: _Seen, roll: float) -> Face:
    """What was found in the turned square, in the picture: its box lies as the face does, to the quarter turn."""
    scale = ROOM * face.pixels / LOOK_PIXELS
    left, top, right, bottom = seen.face.box
    width, height = (right - left) * scale, (bottom - top) * scale
    if 45 < abs(roll) % 180 < 135:
        width, height = height, width
    to_picture = _rotate(seen.roll, scale, _find_middle(face.box))
    x, y = to_picture(_find_middle(seen.face.box))
    box = round(x - width / 2), round(y - height / 2), round(x + width / 2), round(y + height / 2)
    marks = tuple((round(a, 1), round(b, 1)) for a, b in map(to_picture, seen.face.landmarks))
    return replace(face, box=box, landmarks=marks, roll=roll)


def _rotate(
    roll: float, scale: float, centre: tuple[float, float]
) -> Callable[[tuple[float, float]], tuple[float, float]]:
    """From places in the turned square to places in the picture."""
    cosine, sine = math.cos(math.radians(roll)) * scale, math.sin(math.radians(roll)) * scale

    def to_picture(place: tuple[float, float]) -> tuple[float, float]:
        x, y = place[0] - LOOK_PIXELS / 2, place[1] - LOOK_PIXELS / 2
        return centre[0] + cosine * x - sine * y, centre[1] + sine * x + cosine * y

    return to_picture


def _find_middle(box: Box) -> tuple[float, float]:
    left, top, right, bottom = box
    return (left + right) / 2, (top + bottom) / 2


def _wrap(degrees: float) -> float:
    """The same angle in (-180, 180]."""
    return -((180 - degrees) % 360 - 180)
