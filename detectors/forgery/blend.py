"""Make a face forgery of a real photo: the face blended with a slightly altered copy of itself.

Identity, light and camera stay the same; only the traces of blending are new. After Self-Blended Images (Shiohara &
Yamasaki 2022, https://arxiv.org/abs/2204.08376), our own implementation: the mask is grown from CenterFace's five
landmarks, and because it is drawn here, where the forgery is is known exactly.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from detectors.faces.find import find_faces
from registry import Image

Floats = NDArray[np.float32]
RATIOS = (0.5, 0.75, 1.0, 1.0, 1.0)  # how much of the altered face shows; faint blends are rarer
SHAPES = ("ellipse", "hull", "mouth", "eyes")
Region = Literal["face", "eyes", "nose", "mouth", "lower"]
MAX_SOFTNESS = 0.3


@dataclass(frozen=True)
class Forgery:
    """image: uint8 RGB (h, w, 3). mask: float32 (h, w) in [0, 1], how much of each pixel was replaced."""

    image: Image
    mask: Floats

    @property
    def region(self) -> NDArray[np.bool_]:
        """Where the forgery is: bool (h, w), replaced by at least half as much as anywhere."""
        return np.asarray(self.mask >= self.mask.max() / 2)


@dataclass(frozen=True)
class BlendParameters:
    """A forgery as somebody wants it. strength: how much of the altered face shows, above 0 and at most 1.

    softness: of the border, its blur in units of the way between the eyes, 0 to 0.3. seed: in what the copy differs.
    Raises ValueError on another value.
    """

    region: Region = "face"
    strength: float = 1.0
    softness: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        if self.region not in get_args(Region):
            raise ValueError(f"region must be one of {', '.join(get_args(Region))}, got {self.region!r}")
        if not 0 < self.strength <= 1:
            raise ValueError(f"strength must be above 0 and at most 1, got {self.strength}")
        if not 0 <= self.softness <= MAX_SOFTNESS:
            raise ValueError(f"softness must lie in 0 to {MAX_SOFTNESS}, got {self.softness}")


def forge(image: Image, *, seed: int = 0) -> Forgery:
    """The picture with its largest face forged; the same seed forges alike. Raises ValueError when it shows no face."""
    faces = find_faces(image)
    if not faces:
        raise ValueError("there is no face to forge in this picture")
    return blend_face(image, faces[0].landmarks, default_rng(seed))


def blend_face(image: Image, landmarks: Sequence[tuple[float, float]], random: Generator) -> Forgery:
    """The face at these five landmarks blended with an altered copy of itself."""
    eyes = _eye_distance(landmarks)
    mask = soften(draw_mask(image.shape[:2], landmarks, random), eyes, random)
    mask *= np.float32(random.choice(RATIOS))
    return blend_into(image, alter(image, random), landmarks, mask, random)


def blend_into(
    image: Image, copy: Image, landmarks: Sequence[tuple[float, float]], mask: Floats, random: Generator
) -> Forgery:
    """The picture with a copy of itself, a little displaced, wherever the mask says."""
    return mix(image, _displace(copy, _eye_distance(landmarks), random), mask)


def forge_as_told(image: Image, landmarks: Sequence[tuple[float, float]], recipe: BlendParameters) -> Forgery:
    """The face at these five landmarks forged by a recipe: the same always gives the same."""
    eyes, random = _eye_distance(landmarks), default_rng(recipe.seed)
    mask = _blur_edge(_fill(image.shape, landmarks, _ellipse(*SIZES[recipe.region])), eyes * recipe.softness)
    altered = _displace(alter(image, random), eyes, random)
    return mix(image, altered, mask * np.float32(recipe.strength))


def mix(image: Image, altered: Image, mask: Floats) -> Forgery:
    """The picture with another of its size wherever the mask says, by as much as it says."""
    blended = altered * mask[..., None] + image * (1 - mask[..., None])
    return Forgery(np.clip(np.rint(blended), 0, 255).astype(np.uint8), mask)


def _eye_distance(landmarks: Sequence[tuple[float, float]]) -> float:
    """In pixels; a profile's eyes nearly meet, so the way from eyes to mouth counts too."""
    points = np.array(landmarks)
    down = float(np.linalg.norm(points[3:].mean(axis=0) - points[:2].mean(axis=0)))
    return max(4.0, float(np.linalg.norm(points[1] - points[0])), down)


def draw_mask(shape: tuple[int, ...], landmarks: Sequence[tuple[float, float]], random: Generator) -> Floats:
    """A region of the face, hard-edged: float32 (h, w), 0 or 1. A whole face, its middle, the mouth or the eyes."""
    return _fill(shape, landmarks, _outline(SHAPES[random.choice(len(SHAPES), p=(0.4, 0.4, 0.1, 0.1))], random))


def _fill(shape: tuple[int, ...], landmarks: Sequence[tuple[float, float]], outline: NDArray[np.float64]) -> Floats:
    """What lies inside an outline given in face units: float32 (h, w), 0 or 1."""
    centre, right, down = _axes(landmarks)
    points = centre + outline[:, :1] * right + outline[:, 1:] * down
    mask = np.zeros(shape[:2], dtype=np.float32)
    cv2.fillPoly(mask, [np.rint(points).astype(np.int32)], 1.0)
    return mask


def _axes(
    landmarks: Sequence[tuple[float, float]],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The middle of the face, and a face unit (eyes to mouth) to its right and down."""
    points = np.array(landmarks, dtype=np.float64)
    eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
    down = mouth - eyes
    length = max(float(np.linalg.norm(down)), float(np.linalg.norm(points[1] - points[0])), 4.0)
    unit = down / max(float(np.linalg.norm(down)), 1e-6)
    right = np.array([unit[1], -unit[0]])
    return (eyes + mouth) / 2, right * length, unit * length


SIZES = {  # of ellipses in face units: half of width and height, and how far down the middle is
    "ellipse": ((1.0, 1.25), 0.05),
    "face": ((1.0, 1.25), 0.05),
    "hull": ((0.85, 1.0), 0.1),
    "mouth": ((0.6, 0.35), 0.5),
    "eyes": ((0.9, 0.35), -0.5),
    "nose": ((0.35, 0.4), 0.0),
    "lower": ((0.95, 0.65), 0.6),
}


def _outline(shape: str, random: Generator) -> NDArray[np.float64]:
    """A closed outline in face units: x to the face's right, y down, eyes at y = -0.5, mouth at 0.5."""
    size, middle = SIZES[shape]
    circle = _ellipse((1.0, 1.0), 0.0)
    wobble = 1 + 0.12 * _smooth_noise(len(circle), random)[:, None]
    stretch = random.uniform(0.85, 1.15, 2)
    return np.asarray(circle * np.array(size) * stretch * wobble + np.array([0.0, middle]))


def _ellipse(size: tuple[float, float], middle: float) -> NDArray[np.float64]:
    """24 points around it, in face units."""
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.asarray(circle * np.array(size) + np.array([0.0, middle]))


def _smooth_noise(count: int, random: Generator) -> NDArray[np.float64]:
    """A closed, smooth random line in [-1, 1]: three harmonics."""
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    waves = [np.cos(k * angles + random.uniform(0, 2 * np.pi)) * random.uniform(0, 1) / k for k in (1, 2, 3)]
    return np.asarray(np.sum(waves, axis=0) / 1.84)


def soften(mask: Floats, eyes: float, random: Generator) -> Floats:
    """Give the mask a soft edge, a fiftieth to a fifth of the way between the eyes."""
    return _blur_edge(mask, eyes * random.uniform(0.02, 0.2))


def _blur_edge(mask: Floats, sigma: float) -> Floats:
    """sigma: in pixels."""
    soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), max(0.5, sigma)), dtype=np.float32)
    return soft / max(float(soft.max()), 1e-6)


def alter(image: Image, random: Generator) -> Image:
    """A copy that does not quite match: colour, and sharpness or scale or JPEG. uint8 RGB, the same shape."""
    changed = _recolour(image, random)
    changes: tuple[Callable[[Image, Generator], Image], ...] = (_shrink, _sharpen, _blur, _as_it_is)
    return changes[random.choice(len(changes), p=(0.35, 0.25, 0.25, 0.15))](changed, random)


def _recolour(image: Image, random: Generator) -> Image:
    shift = random.uniform(-18, 18, 3) * (random.random() < 0.7)
    gain = random.uniform(0.9, 1.1)
    return np.asarray(np.clip(np.rint((image - 128.0) * gain + 128.0 + shift), 0, 255), dtype=np.uint8)


def _shrink(image: Image, random: Generator) -> Image:
    height, width = image.shape[:2]
    scale = random.uniform(0.25, 0.7)
    small = cv2.resize(
        image, (max(8, round(width * scale)), max(8, round(height * scale))), interpolation=cv2.INTER_AREA
    )
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def _sharpen(image: Image, random: Generator) -> Image:
    strength = random.uniform(0.4, 1.2)
    soft = cv2.GaussianBlur(image, (0, 0), 1.2)
    return np.asarray(cv2.addWeighted(image, 1 + strength, soft, -strength, 0), dtype=np.uint8)


def _blur(image: Image, random: Generator) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), random.uniform(0.5, 1.8)), dtype=np.uint8)


def _as_it_is(image: Image, random: Generator) -> Image:
    return image


def _displace(image: Image, eyes: float, random: Generator) -> Image:
    """Moved by up to a twentieth of the way between the eyes, and zoomed by up to 5 %."""
    height, width = image.shape[:2]
    zoom = random.uniform(0.95, 1.05)
    x, y = random.uniform(-0.05, 0.05, 2) * eyes
    matrix = np.array([[zoom, 0, x + (1 - zoom) * width / 2], [0, zoom, y + (1 - zoom) * height / 2]])
    return np.asarray(cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101), dtype=np.uint8)
