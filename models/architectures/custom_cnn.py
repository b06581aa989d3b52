"""A small residual network from scratch, on colours and on what a blur takes away from them.

Papers: He et al. 2016, identity mappings in residual networks, https://arxiv.org/abs/1603.05027; Afchar et al. 2018,
MesoNet (small networks for this task), https://arxiv.org/abs/1809.00888; Fridrich & Kodovsky 2012, rich models
(high-pass residuals, https://doi.org/10.1109/TIFS.2012.2190402).
"""

from typing import Any

import keras
from keras import layers, ops

from models.architectures.base import Architecture, finish, image_input
from models.architectures.layers import normalise, residual_block

PIXELS = 160
STEM = 16  # channels at 80 x 80
STAGES = ((32, 1), (56, 2), (96, 2))  # channels and blocks, each stage at half the size of the one before


def build() -> keras.Model:
    """uint8 RGB (n, 160, 160, 3) -> logit of fake (n, 1). 0.43 M parameters."""
    image = image_input(PIXELS)
    x = _see_residuals(layers.Rescaling(1 / 127.5, offset=-1.0)(image))
    x = layers.Conv2D(STEM, 3, strides=2, padding="same", use_bias=False, name="stem")(x)
    for stage, (channels, blocks) in enumerate(STAGES):
        for block in range(blocks):
            x = residual_block(x, channels, stride=1 if block else 2, name=f"stage{stage}_block{block}")
    return finish(image, normalise(x, "last"), dropout=0.1)


def _see_residuals(x: Any) -> Any:
    """Colours (n, h, w, 3) and, beside them, their difference from a 3 x 3 mean, magnified: (n, h, w, 6)."""
    blurred = layers.AveragePooling2D(3, strides=1, padding="same", name="blur")(x)
    return layers.Concatenate(name="colours_and_residuals")([x, ops.multiply(ops.subtract(x, blurred), 4.0)])


ARCHITECTURE = Architecture(
    key="custom-cnn",
    title="Custom CNN",
    pixels=PIXELS,
    paper="https://arxiv.org/abs/1603.05027",
    build=build,
)
