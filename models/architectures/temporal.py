"""The temporal network: a GRU in both directions over how a face moves, beside a linear function of every moment.

After LRNet, Sun et al. 2021, https://arxiv.org/abs/2104.04480, which watches the landmarks themselves. The two are
trained apart, though at once: on so few videos the GRU learns much by heart, and the linear function little.
"""

import keras
import numpy as np
from numpy.typing import NDArray

from detectors.faces.motion import FEATURES

UNITS = 32  # in each direction
NOISE, DROPOUT = 0.2, 0.4  # so few videos are soon known by heart
SHRINK = 0.08  # of the linear function's weights; about C = 0.003 of a logistic regression on 2,000 examples
PAPER = "https://arxiv.org/abs/2104.04480"
BRANCHES = ("recurrent", "linear")


def build(pool: NDArray[np.float32]) -> keras.Model:
    """float32 (n, t, 30), from detectors.faces.motion.as_features -> logits (n, t, 1) of each branch.

    The mean of a branch's logits is what it says of the clip. pool: such clips, by which the linear one is scaled.
    """
    motion = keras.Input((None, FEATURES), name="motion")
    x = keras.layers.GaussianNoise(NOISE)(motion)
    x = keras.layers.Bidirectional(keras.layers.GRU(UNITS, return_sequences=True), name="gru")(x)
    x = keras.layers.Dropout(DROPOUT)(x)
    recurrent = keras.layers.Dense(1, name="recurrent")(x)
    whole = _describe_moments(keras.ops.convert_to_tensor(pool))
    mean = keras.ops.convert_to_numpy(keras.ops.mean(whole, axis=1))
    fixed = {"center": False, "scale": False, "epsilon": 1e-6, "trainable": False}
    scaled = keras.layers.BatchNormalization(
        name="scaled", **fixed
    )  # what keras.layers.Normalization exports is broken
    given = {"kernel_initializer": "zeros", "kernel_regularizer": keras.regularizers.L2(SHRINK)}
    linear = keras.layers.Dense(1, name="linear", **given)(scaled(_describe_moments(motion)))
    scaled.set_weights([mean.mean(axis=0), mean.var(axis=0)])
    return keras.Model(motion, [recurrent, linear], name="temporal")


def _describe_moments(motion: keras.KerasTensor) -> keras.KerasTensor:
    """Each feature at each moment, how far it is from rest, and how fast it changes: (n, t, 90)."""
    changes = motion[:, 1:] - motion[:, :-1]
    changes = keras.ops.concatenate([changes[:, :1], changes], axis=1)
    return keras.ops.concatenate([motion, keras.ops.abs(motion), keras.ops.abs(changes)], axis=-1)
