"""A found face: its box, its landmarks, how it is turned, and what speaks against judging it."""

from dataclasses import dataclass

from registry.contract import MIN_FACE_PIXELS

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels of the picture. May leave the picture where the face does."""
Landmarks = tuple[tuple[float, float], ...]
"""Five (x, y) in pixels of the picture: eyes, nose tip, mouth corners, each pair the face's left to right."""
TURNED = "The face is turned too far."


@dataclass(frozen=True)
class Face:
    """A found face. roll: degrees by which it is turned clockwise in the picture, in (-180, 180]; 0 where upright.

    turned: whether it cannot be turned upright, for its landmarks do not hold: in profile, say.
    """

    box: Box
    score: float
    landmarks: Landmarks
    roll: float = 0.0
    turned: bool = False

    @property
    def pixels(self) -> int:
        """The longer side of the box."""
        return measure_side(self.box)

    @property
    def doubt(self) -> str | None:
        """Why no detector can be believed on this face, in one sentence; None where nothing speaks against it."""
        return TURNED if self.turned else doubt_size(self.pixels)


def doubt_size(pixels: int) -> str | None:
    """What is said of a face too small to be judged. pixels: the longer side of its box."""
    return f"Face too small ({pixels} px; {MIN_FACE_PIXELS} needed)." if pixels < MIN_FACE_PIXELS else None


def measure_side(box: Box) -> int:
    """The longer side of a box in pixels: how large a face is."""
    left, top, right, bottom = box
    return max(right - left, bottom - top)
