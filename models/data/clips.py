"""Clips for the temporal detector: tracks of landmarks with the light on the face, and forgeries of them by rule.

A folder of clips holds manifest.csv (clip, label, generator, group, split) and for each clip NAME.npz (landmarks
(t, 68, 3) and boxes (t, 4) in pixels, fps) and NAME.jpg (every fifth frame's face, the square of its box at 64 x 64
pixels, side by side).
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from detectors.faces.crop import CROP_SIDE
from detectors.faces.flow import BOX_PIXELS, steady
from detectors.faces.landmarks import measure_eye_distance
from detectors.faces.motion import GRID_SECONDS, REGIONS, Floats, as_features, measure_light, measure_motion, resample
from detectors.inputs.images import ImageError, read_image
from models.data.tables import TableRow, read_rows
from models.errors import DataError
from registry.contract import Clip

STRIP_EVERY = 5  # frames from one face in a strip to the next
WINDOW = 60  # frames of 0.08 s: a little less than in serving, which the shortest clip has
FINDER_NOISE = 0.015  # of the eye distance, at most: serving's finder is less steady than the one of the tracks
FORGED_NOISE = (0.01, 0.04)  # of the eye distance: how far a forged region trembles
FLICKER = (0.03, 0.12)  # log ratio: how far the light on a forged face changes from frame to frame
MIRRORED = np.array([-1, 1], dtype=np.float32)  # x and y, and the light from the side and from above
LEFT_RIGHT = [  # the points' order in a mirrored picture, as iBUG numbers them
    *(*range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1)),
    *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),
    *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65),
]


@dataclass(frozen=True)
class Track:
    """One face over time. points: float32 (t, 68, 2); light: float32 (t, 2); groups: of videos that share persons.

    faces: uint8 RGB (k, 64, 64, 3), every fifth frame; boxes: float32 (k, 3), their left, top and side, in the unit of
    the points.
    """

    name: str
    fake: bool
    generator: str
    groups: frozenset[str]
    points: Floats
    light: Floats
    fps: float
    faces: Clip
    boxes: Floats


def read_tracks(folder: Path) -> list[Track]:
    """All clips of a folder. Raises DataError where it is none, or a clip cannot be read or is too short."""
    try:
        rows = read_rows(folder / "manifest.csv", needed=("clip", "label", "generator", "group"))
        return [_read(folder, row) for row in rows]
    except (OSError, ValueError, KeyError, ImageError) as error:
        raise DataError(f"{folder.name} is no folder of clips: {error}") from error


def _read(folder: Path, row: TableRow) -> Track:
    name = row.need("clip")
    with np.load(folder / f"{name}.npz", allow_pickle=False) as kept:
        points, fps = kept["landmarks"][..., :2].astype(np.float32), float(kept["fps"])
        left, top, right, bottom = kept["boxes"].astype(np.float32).T
    if not fills_window(len(points), fps):
        shortest = WINDOW * GRID_SECONDS
        raise ValueError(f"the clip {name} lasts {len(points) / fps:.1f} s, and at least {shortest:.1f} s are needed")
    strip = read_image(folder / f"{name}.jpg").pixels
    faces = np.ascontiguousarray(strip.reshape(BOX_PIXELS, -1, BOX_PIXELS, 3).transpose(1, 0, 2, 3))
    side = np.maximum(right - left, bottom - top)
    boxes = np.stack([(left + right - side) / 2, (top + bottom - side) / 2, side], axis=1)[::STRIP_EVERY]
    margin = round(BOX_PIXELS * (1 - CROP_SIDE) / 2)
    seen = measure_light(faces[:, margin:-margin, margin:-margin])
    frames = np.arange(len(points))
    light = np.stack([np.interp(frames, STRIP_EVERY * np.arange(len(seen)), side) for side in seen.T], axis=1)
    fake, groups = bool(row.label()), frozenset([row.need("group")])
    return Track(name, fake, row.get("generator"), groups, points, light.astype(np.float32), fps, faces, boxes)


def fills_window(frames: int, fps: float) -> bool:
    """Whether so many frames become a window that the network is shown in training, once they are resampled."""
    return round((frames - 1) / fps / GRID_SECONDS) + 1 >= WINDOW


def show(track: Track, rng: np.random.Generator | None = None, *, noise: float = 0.0) -> Floats:
    """A track as the network sees it: (60, 30). From its beginning, or at random, mirrored and less steady.

    noise: share of the eye distance by which its points tremble, always in the same way.
    """
    points, times = track.points, np.arange(len(track.points)) / track.fps
    if rng:
        points = points + _tremble(points, FINDER_NOISE * rng.random(), rng)
    if noise:
        points = points + _tremble(points, noise, np.random.default_rng(0))
    frames = np.arange(0, len(points), STRIP_EVERY)[: len(track.faces)]
    boxes = track.boxes[: len(frames)]
    faces, scales = track.faces[: len(frames)], (boxes[:, 2] / BOX_PIXELS).astype(np.float32)
    points, apart = steady(points, times, faces, frames, scales=scales, corners=boxes[:, :2])
    points, others, times = resample(points, np.hstack([track.light, apart]), times)
    light, apart = others[:, :2], others[:, 2:]
    first = 0
    if rng:
        first = int(rng.integers(max(1, len(points) - WINDOW + 1)))
        if rng.random() < 0.5:
            points, light = mirror(points), light * MIRRORED
    window = slice(first, first + WINDOW)
    return as_features(measure_motion(points[window], light[window], times[window]), apart[window])


def mirror(points: Floats) -> Floats:
    """The points of the mirrored face: (t, 68, 2)."""
    return np.asarray((points * MIRRORED)[:, LEFT_RIGHT], dtype=np.float32)


def forge(track: Track, donor: Track, rng: np.random.Generator) -> Track:
    """A real track forged by rule: a region that trembles, somebody else's mouth, or light that flickers."""
    kind = ("region", "mouth", "light")[rng.integers(3)]
    points, light = track.points.copy(), track.light.copy()
    if kind == "region":
        names = rng.choice([name for name in REGIONS if name != "jaw"], size=rng.integers(1, 4), replace=False)
        noise = _tremble(points, rng.uniform(*FORGED_NOISE), rng, together=True)
        for name in names:
            points[:, REGIONS[name]] += noise[:, REGIONS[name]]
    elif kind == "mouth":
        points = _change_mouth(points, donor.points)
    light += rng.normal(0, rng.uniform(*FLICKER), light.shape).astype(np.float32) * (kind == "light")
    groups, light = track.groups | (donor.groups if kind == "mouth" else set()), light[: len(points)]
    return replace(track, fake=True, generator=kind, groups=groups, points=points, light=light)


def unsettle(track: Track, rng: np.random.Generator) -> Track:
    """The control: a real track whose points tremble as much as a forged region's, each by itself. It stays real."""
    return replace(track, points=track.points + _tremble(track.points, rng.uniform(*FORGED_NOISE), rng))


def _tremble(points: Floats, share: float, rng: np.random.Generator, *, together: bool = False) -> Floats:
    """Noise of that share of the eye distance; the same for all points of a frame, or for each its own."""
    shape = (len(points), 1, 2) if together else points.shape
    noise = rng.normal(0, share, shape) * np.median(measure_eye_distance(points))
    return np.broadcast_to(noise, points.shape).astype(np.float32)


def _change_mouth(points: Floats, donor: Floats) -> Floats:
    """The face with the movements of another mouth, about where its own mouth rests."""
    count, mouth = min(len(points), len(donor)), REGIONS["mouth"]
    changed = points[:count].copy()
    scale = np.median(measure_eye_distance(points)) / np.median(measure_eye_distance(donor))
    own, other = (p[:count, mouth] - p[:count, 27:36].mean(axis=1, keepdims=True) for p in (points, donor))
    moved = np.median(own, axis=0) + scale * (other - np.median(other, axis=0))
    changed[:, mouth] = moved + points[:count, 27:36].mean(axis=1, keepdims=True)
    return changed
