"""The residual expert: a small network that sees only high-frequency and up-sampling residuals of native pixels.

For faces that were generated whole: their up-samplers leave traces between neighbouring pixels, which any resize would
wash out, so it looks at the middle of the crop as it is. Papers: Tan et al. 2024, up-sampling residuals,
https://arxiv.org/abs/2312.10461; Li et al. 2024, crops instead of resizing, https://arxiv.org/abs/2408.06741.
"""

from typing import Any

import keras
from keras import layers, ops

from models.architectures.base import Architecture, finish, image_input
from models.architectures.layers import normalise, residual_block

PIXELS = 128
STEM = 24  # channels at 64 x 64
STAGES = ((40, 1), (64, 2), (88, 1))  # channels and blocks, each stage at half the size of the one before


def build() -> keras.Model:
    """uint8 RGB (n, 128, 128, 3) -> logit of fake (n, 1)."""
    image = image_input(PIXELS)
    x = see_residuals(layers.Rescaling(1 / 32)(image))
    x = layers.Conv2D(STEM, 3, strides=2, padding="same", use_bias=False, name="stem")(x)
    for stage, (channels, blocks) in enumerate(STAGES):
        for block in range(blocks):
            x = residual_block(x, channels, stride=1 if block else 2, name=f"stage{stage}_block{block}")
    return finish(image, normalise(x, "last"), dropout=0.1)


def see_residuals(x: Any) -> Any:
    """(n, h, w, 3) -> (n, h, w, 6): against the 2 x 2 cell's top-left pixel, and against a 3 x 3 mean."""
    cells = layers.UpSampling2D(2, interpolation="nearest", name="up")(x[:, ::2, ::2, :])
    blurred = layers.AveragePooling2D(3, strides=1, padding="same", name="blur")(x)
    return layers.Concatenate(name="residuals")([ops.subtract(x, cells), ops.subtract(x, blurred)])


ARCHITECTURE = Architecture(
    key="residual",
    title="Residual expert",
    pixels=PIXELS,
    paper="https://arxiv.org/abs/2312.10461",
    build=build,
    mode="centre-crop",
    supervision="generated",
)
