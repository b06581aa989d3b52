"""Training batches: drawn, cropped and augmented ahead of the network, each a function of the seed and the step."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from rich.progress import track

from detectors.faces.find import crop_face
from detectors.forgery.blend import alter, blend_face
from detectors.networks.folder import Mode, fit
from models import ERRORS
from models.architectures.base import Architecture, Diet
from models.data.augmentation import augment, loosen
from models.data.benign_composites import compose
from models.data.blending import forge_face
from models.data.datasets import Sample
from models.data.face_index import LabelledFace
from registry import Image

TAUGHT = 0.5  # the teacher's share of a target
TEMPER = 0.6  # a source is drawn by its size to this power: small ones oftener than their share, not as often as big
FORGED = {"labelled": 0.15, "generated": 0.0, "blended": 1.0}  # share of examples that begin as real faces, by diet
ALTERED, COMPOSED = 0.3, 0.15  # shares of those, of both classes
SWAPS = {"dfdc", "Deepfakes"}  # generators that change a face in a real picture
MIRRORED = 0.5  # share of examples
AHEAD = 6  # batches prepared before they are asked for

Images = NDArray[np.uint8]
Floats = NDArray[np.float32]
Teacher = Callable[[Image], float]


class Batch(NamedTuple):
    """What one step learns from, half of it fake.

    images: uint8 (n, pixels, pixels, 3). targets: (n, 1), P(fake). regions: (n, places, places) in [0, 1], how much of
    each place was forged; all 0 where that is not known, or nothing was.
    """

    images: Images
    targets: Floats
    regions: Floats


@dataclass(frozen=True)
class Batches:
    """What a network learns from, step by step. places: of its evidence, a side.

    taught: what a trained detector says of a face, P(fake) by path, mixed into the targets by half (Hinton et al. 2015,
    https://arxiv.org/abs/1503.02531). oftener: how many times as often as by its size a source is drawn.
    """

    faces: Sequence[LabelledFace]
    architecture: Architecture
    size: int
    seed: int
    places: int
    taught: Mapping[Path, float] = field(default_factory=dict)
    oftener: Mapping[str, float] = field(default_factory=dict)

    def run(self, first: int, last: int, *, workers: int = 2) -> Iterator[Batch]:
        """The batches of steps first to last - 1, in order."""
        pools = self._pools()
        with ThreadPoolExecutor(workers) as executor:
            waiting: list[Future[Batch]] = []
            for step in range(first, last + AHEAD):
                if step < last:
                    waiting.append(executor.submit(self._make, step, pools))
                if step >= first + AHEAD:
                    yield waiting.pop(0).result()

    def _pools(self) -> "tuple[_Pool, _Pool]":
        """Where reals and fakes are drawn from."""
        labels = (0, 0) if self.architecture.diet == "blended" else (0, 1)
        real, fake = (self._pool(label) for label in labels)
        return real, fake

    def _pool(self, label: int) -> "_Pool":
        return _Pool.of([face for face in self.faces if face.sample.label == label], self.oftener)

    def _make(self, step: int, pools: "tuple[_Pool, _Pool]") -> Batch:
        drawn = [self._draw(index % 2, pools, default_rng([self.seed, step, index])) for index in range(self.size)]
        images, targets, regions = zip(*drawn, strict=True)
        return Batch(np.stack(images), np.array(targets, dtype=np.float32)[:, None], np.stack(regions))

    def _draw(self, label: int, pools: "tuple[_Pool, _Pool]", random: Generator) -> tuple[Image, float, Floats]:
        forged = random.random() < FORGED[self.architecture.diet]  # forged here, or the real beside one that is
        face = pools[0 if forged else label].draw(random)
        picture = face.read()
        picture, region = _make_example(picture, face, label, random) if forged else (picture, _nowhere(picture))
        box, turn = loosen(face.box, random), -1 if random.random() < MIRRORED else 1
        image = self._fit(augment(crop_face(picture, box), random)[:, ::turn])
        target = float(label) if forged else self._target(face, label)
        return image, target, self._find_places(crop_face(region, box)[:, ::turn])

    def _fit(self, crop: Image) -> Image:
        return np.ascontiguousarray(fit(np.ascontiguousarray(crop), self.architecture.pixels, self.architecture.mode))

    def _find_places(self, region: Image) -> Floats:
        """Each place's share of the forged region, the most forged one's being 1."""
        whole = self._fit(region)[..., 0].astype(np.float32)
        shares = np.asarray(cv2.resize(whole, (self.places, self.places), interpolation=cv2.INTER_AREA))
        return np.asarray(shares / max(float(shares.max()), 1e-6), dtype=np.float32)

    def _target(self, face: LabelledFace, label: int) -> float:
        taught = self.taught.get(face.sample.path, float(label))
        return (1 - TAUGHT) * label + TAUGHT * taught


def learn_from(teacher: Teacher, faces: Sequence[LabelledFace]) -> dict[Path, float]:
    """What a trained detector says of each face as it is served. Asked once, not at every draw: that would cost more
    than the training of a small network does.
    """
    return {face.sample.path: teacher(face.crop()) for face in track(faces, "asking the teacher", console=ERRORS)}


@dataclass(frozen=True)
class _Pool:
    """The faces of one class, and how likely each is, summed up."""

    faces: Sequence[LabelledFace]
    chances: NDArray[np.float64]

    @classmethod
    def of(cls, faces: Sequence[LabelledFace], oftener: Mapping[str, float]) -> "_Pool":
        sizes = Counter(_kind(face.sample) for face in faces)
        tempered = [sizes[_kind(face.sample)] ** (TEMPER - 1) for face in faces]
        chances = np.array(tempered) * [oftener.get(face.sample.source, 1.0) for face in faces]
        return cls(faces, np.cumsum(chances / chances.sum()))

    def draw(self, random: Generator) -> LabelledFace:
        place = int(np.searchsorted(self.chances, random.random()))
        return self.faces[min(place, len(self.faces) - 1)]


def _kind(sample: Sample) -> tuple[str, str]:
    return sample.source, sample.generator


def _make_example(picture: Image, face: LabelledFace, label: int, random: Generator) -> tuple[Image, Image]:
    """A forged or an honest picture of a real face, and where it was forged: 255 there, as far as that is known.

    Alterations and honest composites come to both alike.
    """
    if random.random() < ALTERED:
        picture = alter(picture, random)
    region = _nowhere(picture)
    if label:
        forgery = blend_face(picture, face.landmarks, random)
        picture, region[forgery.region] = forgery.image, 255
    if random.random() < COMPOSED:
        return compose(picture, random), _nowhere(picture)  # a composite may move the face
    return picture, region


def _nowhere(picture: Image) -> Image:
    return np.zeros_like(picture)


def feed(faces: Sequence[LabelledFace], diet: Diet) -> list[LabelledFace]:
    """The faces an architecture of this diet learns from and is validated on: without the fakes it is not for."""
    if diet == "blended":
        return [face for face in faces if not face.sample.label]
    return [face for face in faces if diet == "labelled" or face.sample.generator not in SWAPS]


def validate_on(faces: Sequence[LabelledFace], architecture: Architecture) -> tuple[Images, NDArray[np.int64]]:
    """The serving crops of what it is fed, and their labels; of reals alone, each a second time, forged."""
    pixels, mode = architecture.pixels, architecture.mode
    labels = np.array([face.sample.label for face in faces], dtype=np.int64)
    crops = crop_all(faces, pixels, mode)
    if architecture.diet != "blended":
        return crops, labels
    forged = [fit(forge_face(face, seed=seed).after, pixels, mode) for seed, face in enumerate(faces)]
    return np.concatenate([crops, np.stack(forged)]), np.concatenate([labels, labels + 1])


def crop_all(faces: Sequence[LabelledFace], pixels: int, mode: Mode = "resize") -> Images:
    """The serving crops: uint8 (n, pixels, pixels, 3)."""
    return np.stack([fit(face.crop(), pixels, mode) for face in faces])
