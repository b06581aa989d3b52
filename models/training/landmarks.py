"""Training of the landmark network, and its error on faces it has not seen."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from detectors.faces.crop import CROP_SIDE
from detectors.faces.landmarks import measure_eye_distance
from models.architectures import landmarks
from models.data.clips import LEFT_RIGHT
from models.data.landmark_faces import Floats, LandmarkFaces, cut_closely
from registry import Image

BRIGHTNESS, CONTRAST, NOISE = 40.0, 0.35, 6.0  # by how much a crop's levels change in training, of 255


@dataclass(frozen=True, kw_only=True)
class LandmarkRecipe:
    """How it is trained. The rate falls to nothing along a cosine."""

    steps: int = 4000
    batch: int = 48
    rate: float = 2e-3
    seed: int = 0


def train(faces: LandmarkFaces, recipe: LandmarkRecipe) -> keras.Model:
    """The network, trained on the faces of the training split."""
    keras.utils.set_random_seed(recipe.seed)
    model = landmarks.build()
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, recipe.steps, warmup_target=recipe.rate, warmup_steps=min(200, recipe.steps // 10)
    )
    training = keras.Model(model.input, model.output)  # what is compiled cannot be copied without its loss
    training.compile(optimizer=keras.optimizers.AdamW(rate, weight_decay=1e-4), loss=measure_loss)
    shown = faces.where(faces.splits == "train")
    epochs = max(count for count in range(1, 11) if recipe.steps % count == 0)  # a line of the log for each
    training.fit(draw(shown, recipe), steps_per_epoch=recipe.steps // epochs, epochs=epochs, verbose=2, shuffle=False)
    return model


def measure_loss(expected: Any, found: Any) -> Any:
    """The mean distance of the points in eye distances: what the card gives as well."""
    distance = keras.ops.norm(found - expected, axis=-1)
    eyes = keras.ops.mean(expected[:, 42:48], axis=1) - keras.ops.mean(expected[:, 36:42], axis=1)
    return keras.ops.mean(distance, axis=-1) / keras.ops.maximum(keras.ops.norm(eyes, axis=-1), 0.05)  # in profile


def draw(faces: LandmarkFaces, recipe: LandmarkRecipe) -> Iterator[tuple[Image, Floats]]:
    """Batches without end: the sources equally often, each face moved, turned, mirrored and relit a little."""
    rng = np.random.default_rng(recipe.seed)
    of_source = [np.flatnonzero(faces.sources == source) for source in np.unique(faces.sources)]
    while True:
        chosen = [int(rng.choice(of_source[rng.integers(len(of_source))])) for _ in range(recipe.batch)]
        pairs = [_alter(faces.images[index], faces.points[index], rng) for index in chosen]
        yield np.stack([image for image, _ in pairs]), np.stack([points for _, points in pairs])


def _alter(image: Image, points: Floats, rng: np.random.Generator) -> tuple[Image, Floats]:
    close, moved = cut_closely(image, points, served=CROP_SIDE, rng=rng)
    if rng.random() < 0.5:
        close, moved = close[:, ::-1], _mirror(moved)
    levels = close.astype(np.float32)
    levels = (levels - 127) * (1 + CONTRAST * rng.uniform(-1, 1)) + 127 + BRIGHTNESS * rng.uniform(-1, 1)
    levels += rng.normal(0, NOISE * rng.random(), levels.shape)
    return np.clip(levels, 0, 255).astype(np.uint8), moved


def _mirror(points: Floats) -> Floats:
    mirrored = points[LEFT_RIGHT].copy()
    mirrored[:, 0] = 1 - mirrored[:, 0]
    return mirrored


def measure_errors(model: keras.Model, faces: LandmarkFaces) -> NDArray[np.float32]:
    """Each face's mean distance from the mesh's points, as a share of its eye distance: (n,)."""
    pairs = [cut_closely(*pair, served=CROP_SIDE, rng=None) for pair in zip(faces.images, faces.points, strict=True)]
    found = model.predict(np.stack([close for close, _ in pairs]), batch_size=64, verbose=0)
    expected = np.stack([points for _, points in pairs])
    distance = np.linalg.norm(found - expected, axis=-1).mean(axis=-1)
    return np.asarray(distance / measure_eye_distance(expected), dtype=np.float32)


def spare_the_machine() -> None:
    """One thread for what is so small. Before TensorFlow starts."""
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
