"""The landmark network: 68 points of a face from a small crop, by residual convolutions and one dense layer.

It is no detector. What it is taught by is said in models/data/landmark_faces.py.
"""

from typing import Any

import keras

from detectors.faces.landmarks import PIXELS, POINTS

WIDTHS = (16, 32, 48, 64)  # channels at 48, 24, 12 and 6 pixels a side
SQUEEZED = 20  # channels before the dense layer, which holds half of all parameters


def build() -> keras.Model:
    """uint8 RGB (n, 96, 96, 3) -> points (n, 68, 2): x and y as shares of the crop's sides."""
    image = keras.Input((PIXELS, PIXELS, 3), dtype="uint8", name="image")
    x = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(image)
    for width in WIDTHS:
        x = _convolve(x, width, strides=2)
        if width > WIDTHS[0]:  # at 48 pixels a second one would cost as much as all others
            x = keras.layers.add([x, _convolve(x, width)])
    x = _convolve(x, SQUEEZED, size=1)
    x = keras.layers.Dense(2 * POINTS, name="dense")(keras.layers.Flatten()(x))
    points = keras.layers.Reshape((POINTS, 2), name="points")(x)
    return keras.Model(image, points, name="landmarks")


def _convolve(x: Any, width: int, *, size: int = 3, strides: int = 1) -> Any:
    x = keras.layers.Conv2D(width, size, strides, padding="same", use_bias=False)(x)
    return keras.layers.ReLU()(keras.layers.BatchNormalization()(x))
