"""A small made data set and a small network: the training side is tested in seconds."""

from pathlib import Path

import keras
import numpy as np
import PIL.Image
from keras import layers

from models.architectures.base import Architecture, finish, image_input
from models.data.datasets import Sample, Split
from models.data.face_index import LabelledFace

PIXELS = 32
BOX = (4, 4, 60, 60)
LANDMARKS = ((22.0, 26.0), (42.0, 26.0), (32.0, 34.0), (24.0, 44.0), (40.0, 44.0))


def build_tiny() -> keras.Model:
    """uint8 RGB (n, 32, 32, 3) -> logit (n, 1), a few hundred numbers."""
    image = image_input(PIXELS)
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(image)
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(x)
    return finish(image, x, dropout=0.1)


TINY = Architecture(key="tiny", title="Tiny", pixels=PIXELS, paper="", build=build_tiny)


def make_faces(folder: Path, *, train: int = 24, val: int = 16, telling: bool = True) -> list[LabelledFace]:
    """Pictures of 64 x 64 with a box. telling: fakes are redder than reals; otherwise nothing tells them apart."""
    folder.mkdir(parents=True, exist_ok=True)
    counts: dict[Split, int] = {"train": train, "val": val}
    return [
        make_face(folder, split, index, telling=telling) for split, count in counts.items() for index in range(count)
    ]


def make_face(folder: Path, split: Split, index: int, *, telling: bool = True) -> LabelledFace:
    """One of them; odd ones are fake."""
    label = index % 2
    random = np.random.default_rng([index if telling else 0, split == "val"])
    pixels = random.integers(0, 200, (64, 64, 3), dtype=np.uint8)
    pixels[:, :, 0] += np.uint8(label * telling * 55)
    path = folder / f"{split}{index}.png"
    PIL.Image.fromarray(pixels).save(path)
    sample = Sample(path, label, "made", path.name, split, "painted" if label else "")
    return LabelledFace(sample, BOX, LANDMARKS)
