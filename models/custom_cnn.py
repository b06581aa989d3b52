"""A small residual network from scratch, on colours and on what a blur takes away from them.

Papers: He et al. 2016, identity mappings in residual networks, https://arxiv.org/abs/1603.05027; Afchar et al. 2018,
MesoNet (small networks for this task), https://arxiv.org/abs/1809.00888; Fridrich & Kodovsky 2012, rich models
(high-pass residuals, https://doi.org/10.1109/TIFS.2012.2190402).
"""

from typing import Any

import keras
from keras import layers, ops

from models.architecture import Architecture, finish, image_input

PIXELS = 128
STEM = 16  # channels at 64 x 64
STAGES = ((32, 1), (56, 2), (96, 2))  # channels and blocks, each stage at half the size of the one before


def build() -> keras.Model:
    """uint8 RGB (n, 128, 128, 3) -> logit of fake (n, 1). 0.43 M parameters."""
    image = image_input(PIXELS)
    x = _see_residuals(layers.Rescaling(1 / 127.5, offset=-1.0)(image))
    x = layers.Conv2D(STEM, 3, strides=2, padding="same", use_bias=False, name="stem")(x)
    for stage, (channels, blocks) in enumerate(STAGES):
        for block in range(blocks):
            x = _block(x, channels, stride=1 if block else 2, name=f"stage{stage}_block{block}")
    return finish(image, _normalise(x, "last"), dropout=0.1)


def _see_residuals(x: Any) -> Any:
    """Colours (n, h, w, 3) and, beside them, their difference from a 3 x 3 mean, magnified: (n, h, w, 6)."""
    blurred = layers.AveragePooling2D(3, strides=1, padding="same", name="blur")(x)
    return layers.Concatenate(name="colours_and_residuals")([x, ops.multiply(ops.subtract(x, blurred), 4.0)])


def _normalise(x: Any, name: str) -> Any:
    return layers.ReLU(name=f"{name}_relu")(layers.BatchNormalization(momentum=0.99, name=f"{name}_norm")(x))


def _block(x: Any, channels: int, *, stride: int, name: str) -> Any:
    """Two 3 x 3 convolutions, normalised before each, and a way around them."""
    y = _normalise(x, f"{name}_a")
    if stride == 1 and x.shape[-1] == channels:
        around = x
    else:
        around = layers.Conv2D(channels, 1, strides=stride, use_bias=False, name=f"{name}_around")(y)
    y = layers.Conv2D(channels, 3, strides=stride, padding="same", use_bias=False, name=f"{name}_a")(y)
    y = _normalise(y, f"{name}_b")
    y = layers.Conv2D(channels, 3, padding="same", use_bias=False, name=f"{name}_b")(y)
    return layers.Add(name=f"{name}_add")([around, y])


ARCHITECTURE = Architecture(
    key="custom-cnn",
    title="Custom CNN",
    pixels=PIXELS,
    paper="https://arxiv.org/abs/1603.05027",
    build=build,
)
