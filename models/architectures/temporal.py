"""The temporal network: a GRU in both directions over how a face moves, and a logit for each moment.

After LRNet, Sun et al. 2021, https://arxiv.org/abs/2104.04480, which watches the landmarks themselves.
"""

import keras

from detectors.faces.motion import FEATURES

UNITS = 32  # in each direction
NOISE, DROPOUT = 0.2, 0.4  # so few videos are soon known by heart
PAPER = "https://arxiv.org/abs/2104.04480"


def build() -> keras.Model:
    """float32 (n, t, 25), from detectors.faces.motion.as_features -> logits (n, t, 1). Their mean is the clip's."""
    motion = keras.Input((None, FEATURES), name="motion")
    x = keras.layers.GaussianNoise(NOISE)(motion)
    x = keras.layers.Bidirectional(keras.layers.GRU(UNITS, return_sequences=True), name="gru")(x)
    x = keras.layers.Dropout(DROPOUT)(x)
    evidence = keras.layers.Dense(1, name="evidence")(x)
    return keras.Model(motion, evidence, name="temporal")
