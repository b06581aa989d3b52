"""Training batches: drawn, cropped and augmented ahead of the network, each a function of the seed and the step."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from rich.progress import track

from detectors.commands.terminal import errors
from detectors.faces.crop import crop_face
from detectors.forgery.blend import Forgery, alter, blend_face, blend_into
from detectors.networks.folder import Mode, fit
from models.architectures.base import Architecture, Supervision
from models.data.augmentation import augment, draw_tilt, loosen
from models.data.benign_composites import compose
from models.data.datasets import Sample
from models.data.face_index import LabelledFace
from models.data.face_swap import swap_face
from models.data.forged_faces import forge_face
from models.data.hulls import draw_hull
from models.data.mesh import Points, find_mesh
from models.data.twins import find_twins, read_twins
from registry import Image

DISTILLATION_SHARE = 0.5  # the teacher's share of a target
SIZE_EXPONENT = 0.6  # a source is drawn by its size to this power: small ones more often than their share
FORGED = {"labelled": 0.15, "generated": 0.0, "blended": 1.0}  # by supervision: examples that begin as real faces
ALTERED, COMPOSED = 0.3, 0.15  # shares of those, of both classes
SURROUNDED = 0.5  # share of forgeries whose surroundings are altered, not the face
DONATED = 0.4  # share of forgeries that show another person's face
PARTIAL = {"swap", "reenactment"}  # kinds of fakes that change a face in a real picture
MIRRORED = 0.5  # share of examples
MAX_VALIDATED = 200  # faces of one source and generator: more cost time and tell little
AHEAD = 6  # batches prepared before they are asked for

Images = NDArray[np.uint8]
Floats = NDArray[np.float32]
Teacher = Callable[[Image], float]
Example = tuple[Image, float, Floats]
"""One row of a batch."""


class Batch(NamedTuple):
    """What one step learns from, half of it fake.

    images: uint8 (n, pixels, pixels, 3). targets: (n, 1), P(fake). regions: (n, grid, grid) in [0, 1], how much of
    each place was forged; all 0 where that is not known, or nothing was.
    """

    images: Images
    targets: Floats
    regions: Floats


@dataclass(frozen=True)
class Batches:
    """What a network learns from, step by step. grid: cells of its evidence, a side.

    distillation_targets: what a trained detector says of a face, P(fake) by path, mixed by half into the targets
    (Hinton et al. 2015, https://arxiv.org/abs/1503.02531). source_weights: how many times as often as by its size a
    source is drawn. forged: share of the pairs that are a real face and its own forgery made here; None means the
    supervision's.
    """

    faces: Sequence[LabelledFace]
    architecture: Architecture
    size: int
    seed: int
    grid: int
    distillation_targets: Mapping[Path, float] = field(default_factory=dict)
    source_weights: Mapping[str, float] = field(default_factory=dict)
    forged: float | None = None

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
        labels = (0, 0) if self.architecture.supervision == "blended" else (0, 1)
        chosen = ([face for face in self.faces if face.sample.label == label] for label in labels)
        real, fake = (_Pool.of(faces, self.source_weights) for faces in chosen)
        return real, fake

    def _make(self, step: int, pools: "tuple[_Pool, _Pool]") -> Batch:
        twins = self._twins
        pairs = [
            self._draw_pair(pools, twins, default_rng([self.seed, step, index])) for index in range(-(-self.size // 2))
        ]
        drawn = [example for pair in pairs for example in pair][: self.size]
        images, targets, regions = zip(*drawn, strict=True)
        return Batch(np.stack(images), np.array(targets, dtype=np.float32)[:, None], np.stack(regions))

    @cached_property
    def _twins(self) -> Mapping[Path, LabelledFace]:
        return find_twins(self.faces)

    def _draw_pair(
        self, pools: "tuple[_Pool, _Pool]", twins: Mapping[Path, LabelledFace], random: Generator
    ) -> "tuple[Example, Example]":
        """A real and a fake face. What is the same photo twice is cropped and treated the same way twice."""
        share = FORGED[self.architecture.supervision] if self.forged is None else self.forged
        forged, seeds = random.random() < share, random.integers(2**63, size=2)
        real, fake = (pool.draw(random) for pool in pools)
        if forged:
            donor = pools[0].draw(random) if random.random() < DONATED else None
            pictures = make_forged_pair(real.read(), real, random, donor=donor)
            return self._show_pair(pictures, real, int(seeds[0]), (0.0, 1.0))
        twin = twins.get(fake.sample.path)
        if twin and (twins_read := read_twins(twin, fake)):
            return self._show_pair(twins_read, twin, int(seeds[0]), (self._target(twin, 0), self._target(fake, 1)))
        (one, other), targets = (real, fake), (self._target(real, 0), self._target(fake, 1))
        return (
            self._show(one.read(), None, one, default_rng(int(seeds[0])), targets[0]),
            self._show(other.read(), None, other, default_rng(int(seeds[1])), targets[1]),
        )

    def _show_pair(
        self, pictures: "tuple[Image, Image, Image]", face: LabelledFace, seed: int, targets: tuple[float, float]
    ) -> "tuple[Example, Example]":
        real, fake, region = pictures
        return (
            self._show(real, None, face, default_rng(seed), targets[0]),
            self._show(fake, region, face, default_rng(seed), targets[1]),
        )

    def _show(
        self, picture: Image, region: Image | None, face: LabelledFace, random: Generator, target: float
    ) -> "Example":
        """One example: tilted, cropped, augmented, mirrored. region: 255 where the picture was forged."""
        box, turn = loosen(face.box, random), -1 if random.random() < MIRRORED else 1
        roll = face.roll + draw_tilt(random)
        image = self._fit(augment(crop_face(picture, box, roll), random)[:, ::turn])
        forged = _nowhere(picture) if region is None else region
        return image, target, self._find_grid(crop_face(forged, box, roll)[:, ::turn])

    def _fit(self, crop: Image) -> Image:
        return np.ascontiguousarray(fit(np.ascontiguousarray(crop), self.architecture.pixels, self.architecture.mode))

    def _find_grid(self, region: Image) -> Floats:
        """Each place's share of the forged region, the most forged one's being 1."""
        whole = self._fit(region)[..., 0].astype(np.float32)
        shares = np.asarray(cv2.resize(whole, (self.grid, self.grid), interpolation=cv2.INTER_AREA))
        return np.asarray(shares / max(float(shares.max()), 1e-6), dtype=np.float32)

    def _target(self, face: LabelledFace, label: int) -> float:
        soft = self.distillation_targets.get(face.sample.path, float(label))
        return (1 - DISTILLATION_SHARE) * label + DISTILLATION_SHARE * soft


def ask_teacher(teacher: Teacher, faces: Sequence[LabelledFace]) -> dict[Path, float]:
    """What a trained detector says of each face as it is served. Asked once, not at every draw: that would cost more
    than the training of a small network does.
    """
    return {face.sample.path: teacher(face.crop()) for face in track(faces, "asking the teacher", console=errors)}


@dataclass(frozen=True)
class _Pool:
    """The faces of one class, and how likely each is, summed up."""

    faces: Sequence[LabelledFace]
    chances: NDArray[np.float64]

    @classmethod
    def of(cls, faces: Sequence[LabelledFace], source_weights: Mapping[str, float]) -> "_Pool":
        sizes = Counter(_kind(face.sample) for face in faces)
        tempered = [sizes[_kind(face.sample)] ** (SIZE_EXPONENT - 1) for face in faces]
        chances = np.array(tempered) * [source_weights.get(face.sample.source, 1.0) for face in faces]
        return cls(faces, np.cumsum(chances / chances.sum()))

    def draw(self, random: Generator) -> LabelledFace:
        place = int(np.searchsorted(self.chances, random.random()))
        return self.faces[min(place, len(self.faces) - 1)]


def _kind(sample: Sample) -> tuple[str, str]:
    return sample.source, sample.generator


def make_forged_pair(
    picture: Image, face: LabelledFace, random: Generator, *, donor: LabelledFace | None = None
) -> tuple[Image, Image, Image]:
    """An honest and a forged picture of one real face, and where it was forged: 255 there, as far as that is known.

    Alterations and honest composites come to both alike. Outlines follow the face's 468 points; half of the time the
    honest picture is the altered one, so that neither class is the sharper. donor: whose face the forged picture shows,
    where it fits; else the face's own, altered.
    """
    if random.random() < ALTERED:
        picture = alter(picture, random)
    mesh = find_mesh(picture, face.box, face.roll)
    swapped = _swap(picture, mesh, donor, random) if mesh is not None and donor else None
    if mesh is None:
        forgery = blend_face(picture, face.landmarks, random)
    elif swapped:
        forgery = swapped
    else:
        copy, mask = alter(picture, random), draw_hull(picture.shape, mesh, random)
        if random.random() < SURROUNDED:
            picture, copy = copy, picture
        forgery = blend_into(picture, copy, face.landmarks, mask, random)
    if random.random() < COMPOSED:
        seed = int(random.integers(2**63))
        honest, forged = (compose(image, default_rng(seed)) for image in (picture, forgery.image))
        return honest, forged, _nowhere(picture)  # a composite may move the face
    region = _nowhere(picture)
    region[forgery.region] = 255
    return picture, forgery.image, region


def _swap(picture: Image, mesh: Points, donor: LabelledFace, random: Generator) -> Forgery | None:
    given = donor.read()
    points = find_mesh(given, donor.box, donor.roll)
    return None if points is None else swap_face(picture, mesh, given, points, random)


def _nowhere(picture: Image) -> Image:
    return np.zeros_like(picture)


def select_faces(faces: Sequence[LabelledFace], supervision: Supervision) -> list[LabelledFace]:
    """What an architecture of this supervision learns from and is validated on: no fakes that it is not for."""
    if supervision == "blended":
        return [face for face in faces if not face.sample.label]
    return [face for face in faces if supervision == "labelled" or face.sample.kind not in PARTIAL]


def validate_on(faces: Sequence[LabelledFace], architecture: Architecture) -> tuple[Images, NDArray[np.int64]]:
    """The serving crops of what it is fed, and their labels; of reals alone, each a second time, forged."""
    pixels, mode = architecture.pixels, architecture.mode
    labels = np.array([face.sample.label for face in faces], dtype=np.int64)
    crops = crop_all(faces, pixels, mode)
    if architecture.supervision != "blended":
        return crops, labels
    forged = [fit(forge_face(face, seed=seed).after, pixels, mode) for seed, face in enumerate(faces)]
    return np.concatenate([crops, np.stack(forged)]), np.concatenate([labels, labels + 1])


def crop_all(faces: Sequence[LabelledFace], pixels: int, mode: Mode = "resize") -> Images:
    """The serving crops: uint8 (n, pixels, pixels, 3)."""
    return np.stack([fit(face.crop(), pixels, mode) for face in faces])


def thin(faces: Sequence[LabelledFace], most: int = MAX_VALIDATED) -> list[LabelledFace]:
    """At most so many faces of each source, generator and class, evenly chosen, in their order."""
    places: dict[tuple[str, str, int], list[int]] = {}
    for place, face in enumerate(faces):
        places.setdefault((*_kind(face.sample), face.sample.label), []).append(place)
    kept = [
        members[int(index)]
        for members in places.values()
        for index in np.linspace(0, len(members) - 1, min(most, len(members)))
    ]
    return [faces[place] for place in sorted(kept)]
