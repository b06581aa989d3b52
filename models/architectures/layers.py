"""The pre-activation residual block that the small networks share: He et al. 2016, https://arxiv.org/abs/1603.05027."""

from typing import Any

from keras import layers


def normalise(x: Any, name: str) -> Any:
    """BatchNorm and ReLU."""
    return layers.ReLU(name=f"{name}_relu")(layers.BatchNormalization(momentum=0.99, name=f"{name}_norm")(x))


def residual_block(x: Any, channels: int, *, stride: int, name: str) -> Any:
    """Two 3 x 3 convolutions, normalised before each, and a way around: (n, h, w, c) -> (n, h/s, w/s, channels)."""
    y = normalise(x, f"{name}_a")
    if stride == 1 and x.shape[-1] == channels:
        around = x
    else:
        around = layers.Conv2D(channels, 1, strides=stride, use_bias=False, name=f"{name}_around")(y)
    y = layers.Conv2D(channels, 3, strides=stride, padding="same", use_bias=False, name=f"{name}_a")(y)
    y = normalise(y, f"{name}_b")
    y = layers.Conv2D(channels, 3, padding="same", use_bias=False, name=f"{name}_b")(y)
    return layers.Add(name=f"{name}_add")([around, y])
