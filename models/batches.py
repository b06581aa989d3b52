"""Training batches: drawn, cropped and augmented ahead of the network, each a function of the seed and the step."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from detectors.artifact import resize_square
from detectors.faces import Box, crop_face
from detectors.images import read_image
from models.augment import augment, crop_loosely
from models.data import Sample
from registry import Image

TEMPER = 0.75  # a source is drawn by its size to this power: small ones oftener than their share, not as often as big
AHEAD = 6  # batches prepared before they are asked for

Images = NDArray[np.uint8]
Targets = NDArray[np.float32]
Boxes = Mapping[Path, Box | None]
Teacher = Callable[[Image], float]


@dataclass(frozen=True)
class Batches:
    """Batches of uint8 (n, pixels, pixels, 3) and float32 targets (n, 1), half of them fake.

    teacher: P(fake) of a face crop by a trained detector, mixed into the targets by teacher_weight (Hinton et al.
    2015, https://arxiv.org/abs/1503.02531).
    """

    samples: Sequence[Sample]
    boxes: Boxes
    pixels: int
    size: int
    seed: int
    teacher: Teacher | None = None
    teacher_weight: float = 0.7

    def run(self, first: int, last: int, *, workers: int = 2) -> Iterator[tuple[Images, Targets]]:
        """The batches of steps first to last - 1, in order."""
        pools = {label: _Pool.of([s for s in self.samples if s.label == label]) for label in (0, 1)}
        with ThreadPoolExecutor(workers) as executor:
            waiting: list[Future[tuple[Images, Targets]]] = []
            for step in range(first, last + AHEAD):
                if step < last:
                    waiting.append(executor.submit(self._make, step, pools))
                if step >= first + AHEAD:
                    yield waiting.pop(0).result()

    def _make(self, step: int, pools: "Mapping[int, _Pool]") -> tuple[Images, Targets]:
        faces = [self._draw(pools[index % 2], default_rng([self.seed, step, index])) for index in range(self.size)]
        images, targets = zip(*faces, strict=True)
        return np.stack(images), np.array(targets, dtype=np.float32)[:, None]

    def _draw(self, pool: "_Pool", random: Generator) -> tuple[Image, float]:
        sample = pool.draw(random)
        box = self.boxes[sample.path]
        assert box is not None, f"{sample.path.name} has no face; train only on samples that have one"
        face = augment(crop_loosely(read_image(sample.path).pixels, box, random), random)
        return resize_square(face, self.pixels), self._target(face, sample.label)

    def _target(self, face: Image, label: int) -> float:
        if self.teacher is None:
            return label
        return (1 - self.teacher_weight) * label + self.teacher_weight * self.teacher(face)


@dataclass(frozen=True)
class _Pool:
    """The samples of one class, and how likely each is."""

    samples: Sequence[Sample]
    chances: NDArray[np.float64]

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> "_Pool":
        sizes = Counter(_kind(sample) for sample in samples)
        chances = np.array([sizes[_kind(sample)] ** (TEMPER - 1) for sample in samples])
        return cls(samples, np.cumsum(chances / chances.sum()))

    def draw(self, random: Generator) -> Sample:
        place = int(np.searchsorted(self.chances, random.random()))
        return self.samples[min(place, len(self.samples) - 1)]


def _kind(sample: Sample) -> tuple[str, str]:
    return sample.source, sample.generator


def crop_all(samples: Sequence[Sample], boxes: Boxes, pixels: int) -> Images:
    """The serving crops of samples that have a face: uint8 (n, pixels, pixels, 3)."""
    crops = []
    for sample in samples:
        box = boxes[sample.path]
        assert box is not None
        crops.append(resize_square(crop_face(read_image(sample.path).pixels, box), pixels))
    return np.stack(crops)


def with_face(samples: Sequence[Sample], boxes: Boxes) -> list[Sample]:
    """The samples in which a face was found."""
    return [sample for sample in samples if boxes[sample.path] is not None]
