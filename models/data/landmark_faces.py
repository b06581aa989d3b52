"""Faces and their 68 points, for the landmark network: what MediaPipe's mesh says of the visible faces of data sets."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from detectors.commands.terminal import errors
from detectors.faces.crop import find_turn
from detectors.faces.face import doubt_size, measure_side
from detectors.faces.landmarks import MESH_POINTS, PIXELS
from detectors.inputs.images import ImageError
from models.data.datasets import Sample, read_samples
from models.data.face_index import LabelledFace, label_faces
from models.data.mesh import find_mesh
from models.errors import DataError
from registry import Image

LOOSE = 1.25  # side of a kept square in longer sides of the face's box; serving's is 0.87, see detectors.faces.crop
LOOSE_PIXELS = 136  # so that the served square within it has about as many pixels as the network sees
TURN, GROW, SHIFT = 15.0, 0.13, 0.07  # degrees, share and share of the side by which a square is moved in training

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class LandmarkFaces:
    """So many faces. images: uint8 (n, 136, 136, 3); points: float32 (n, 68, 2), x and y in pixels of these.

    sources, splits: of each, as the data set names them.
    """

    images: Image
    points: Floats
    sources: NDArray[np.str_]
    splits: NDArray[np.str_]

    def where(self, chosen: NDArray[np.bool_]) -> "LandmarkFaces":
        """Those of them."""
        return LandmarkFaces(self.images[chosen], self.points[chosen], self.sources[chosen], self.splits[chosen])

    def some(self, count: int) -> Iterator[tuple[Image, Floats]]:
        """So many of them, one after the other, from all over."""
        step = max(1, len(self.images) // count)
        yield from zip(self.images[::step], self.points[::step], strict=True)

    def save(self, path: Path) -> None:
        """As one file of arrays."""
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, images=self.images, points=self.points, sources=self.sources, splits=self.splits)


def load_faces(path: Path) -> LandmarkFaces:
    """What `save` wrote."""
    with np.load(path, allow_pickle=False) as kept:
        return LandmarkFaces(**{name: kept[name] for name in ("images", "points", "sources", "splits")})


def gather_faces(folders: Sequence[Path], kept: Path, *, index: Path, most: int, seed: int) -> LandmarkFaces:
    """At most so many faces of each data set and split, chosen at random; or those in the file `kept`.

    It keeps what was chosen from these folders by these numbers. index: see label_faces. Raises DataError where there
    are none to learn from, or to measure on.
    """
    asked, note = f"{[str(folder.resolve()) for folder in folders]}, {most}, seed {seed}", kept.with_suffix(".from")
    if kept.is_file() and note.is_file() and note.read_text(encoding="utf-8") == asked:
        return load_faces(kept)
    rng, samples = random.Random(seed), defaultdict(list)
    for sample in read_samples(folders):
        samples[sample.source, sample.split].append(sample)
    _check_splits({split for _, split in samples}, "pictures")
    chosen = [one for _, those in sorted(samples.items()) for one in rng.sample(those, min(most, len(those)))]
    found = collect_faces(label_faces(chosen, index)[0])
    _check_splits(set(map(str, found.splits)), "faces that the mesh sees")
    found.save(kept)
    note.write_text(asked, encoding="utf-8")
    return found


def _check_splits(splits: set[str], what: str) -> None:
    if "train" not in splits or len(splits) < 2:
        found = f"those here are in {', '.join(sorted(splits))}" if splits else "there are none"
        raise DataError(f"{what} are needed in split train, to learn from, and in another, to measure on: {found}")


def collect_faces(faces: Sequence[LabelledFace]) -> LandmarkFaces:
    """The faces that are large enough and that the mesh sees, with their points. Raises DataError without its file."""
    kept: list[tuple[Image, Floats, Sample]] = []
    for face in track(faces, "finding points", console=errors):
        if doubt_size(measure_side(face.box)):
            continue
        try:
            picture = face.read()
        except ImageError:
            continue
        mesh = find_mesh(picture, face.box, face.roll)
        if mesh is not None:
            kept.append((*cut_loosely(picture, face, mesh[list(MESH_POINTS)]), face.sample))
    return LandmarkFaces(
        np.array([image for image, _, _ in kept], dtype=np.uint8).reshape(-1, LOOSE_PIXELS, LOOSE_PIXELS, 3),
        np.array([points for _, points, _ in kept], dtype=np.float32).reshape(-1, len(MESH_POINTS), 2),
        np.array([sample.source for _, _, sample in kept]),
        np.array([sample.split for _, _, sample in kept]),
    )


def cut_loosely(picture: Image, face: LabelledFace, points: Floats) -> tuple[Image, Floats]:
    """A loose square around a face, upright, and the points in it."""
    left, top, right, bottom = face.box
    centre, scale = ((left + right) / 2, (top + bottom) / 2), LOOSE_PIXELS / (LOOSE * measure_side(face.box))
    matrix = find_turn(centre, face.roll, LOOSE_PIXELS, scale=scale)
    return _warp(picture, points, matrix, LOOSE_PIXELS)


def cut_closely(
    image: Image, points: Floats, *, served: float, rng: np.random.Generator | None
) -> tuple[Image, Floats]:
    """The square that serving shows, out of a loose one; with a generator of random numbers, one moved a little.

    image: uint8 (136, 136, 3). served: side of serving's square in longer sides of the box. Answers uint8 (96, 96, 3)
    and the points in it, as shares of its side.
    """
    draws = rng.uniform(-1, 1, 4) if rng else np.zeros(4)
    side = served / LOOSE * LOOSE_PIXELS * (1 + GROW * draws[0])
    centre = tuple(float(LOOSE_PIXELS / 2 + SHIFT * LOOSE_PIXELS * draw) for draw in draws[1:3])
    matrix = find_turn((centre[0], centre[1]), TURN * float(draws[3]), PIXELS, scale=PIXELS / side)
    close, moved = _warp(image, points, matrix, PIXELS)
    return close, np.asarray(moved / PIXELS, dtype=np.float32)


def _warp(image: Image, points: Floats, matrix: NDArray[np.float64], side: int) -> tuple[Image, Floats]:
    turned = cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(turned, dtype=np.uint8), np.asarray(points @ matrix[:, :2].T + matrix[:, 2], dtype=np.float32)
