"""The voice network: a light CNN with max-feature-map units on log filter-bank frames of the waveform.

Everything from the samples on is in the graph, so that nobody outside can get a feature wrong. Papers: Wu et al. 2018,
max-feature-map, https://arxiv.org/abs/1511.02683; Lavrentyeva et al. 2019, the light CNN for spoofed speech,
https://arxiv.org/abs/1904.05576; linear bands keep the upper ones, where vocoders leave most, as narrow as the lower.
"""

from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

PAPER = "https://arxiv.org/abs/1904.05576"
RATE = 16_000  # samples a second
SAMPLES = 64_000  # 4 s
FRAME, HOP, BANDS = 512, 256, 80  # 32 ms, 16 ms; bands of equal width up to 8 kHz
LOWEST_BIN = 4  # 125 Hz: a recording's hum and direct current, which no vocoder keeps, would give the reals away
FLOOR = 1e-5  # of the loudest band's scale: what is quieter is the recording's noise floor, not the voice
STAGES = ((8, 5), (16, 3), (24, 3), (32, 3))  # channels and kernel side, each stage at half the size of the one before


def build() -> keras.Model:
    """float32 samples (n, 64000) in [-1, 1] at 16 kHz -> logit of fake (n, 1)."""
    samples = keras.Input((SAMPLES,), dtype="float32", name="samples")
    x = see_bands(samples)
    for stage, (channels, side) in enumerate(STAGES):
        if stage:
            x = _max_feature_map(x, channels, side=1, name=f"stage{stage}_mix")
            x = layers.BatchNormalization(momentum=0.95, name=f"stage{stage}_mix_norm")(x)
        x = _max_feature_map(x, channels, side=side, name=f"stage{stage}")
        x = layers.MaxPooling2D(2, name=f"stage{stage}_half")(x)
        x = layers.BatchNormalization(momentum=0.95, name=f"stage{stage}_norm")(x)
    x = layers.Concatenate(name="pooled")(
        [layers.GlobalAveragePooling2D(name="over_time")(x), layers.GlobalMaxPooling2D(name="loudest")(x)]
    )
    return keras.Model(samples, layers.Dense(1, name="logit")(layers.Dropout(0.3, name="dropout")(x)))


def see_bands(samples: Any) -> Any:
    """(n, 64000) -> (n, 249, 80, 1): the log energy of linear bands, whatever the gain and the microphone's colour.

    The loudness is taken out of the samples, and each band's mean over the window out of its logarithms.
    """
    samples = samples - ops.mean(samples, axis=1, keepdims=True)
    loudness = ops.sqrt(ops.mean(ops.square(samples), axis=1, keepdims=True) + 1e-9)
    x = layers.Reshape((SAMPLES, 1), name="mono")(samples / loudness)
    waves = _fixed(layers.Conv1D(FRAME + 2, FRAME, strides=HOP, use_bias=False, name="spectrum"), x, _dft())
    power = ops.square(waves[:, :, : FRAME // 2 + 1]) + ops.square(waves[:, :, FRAME // 2 + 1 :])
    energy = _fixed(layers.Dense(BANDS, use_bias=False, name="bands"), power, _filter_bank())
    logs = ops.log(energy + FLOOR) / 3
    return layers.Reshape((-1, BANDS, 1), name="frames")(logs - ops.mean(logs, axis=1, keepdims=True))


def _fixed(layer: Any, x: Any, kernel: NDArray[np.float32]) -> Any:
    y = layer(x)
    layer.set_weights([kernel.astype(np.float16).astype(np.float32)])  # as they are stored: see models.publishing
    layer.trainable = False
    return y


def _dft() -> NDArray[np.float32]:
    """Cosines and sines under a Hann window, (512, 1, 514); a full-scale sine has power 1."""
    time, turns = np.arange(FRAME)[:, None], np.arange(FRAME // 2 + 1)[None] / FRAME
    window = np.hanning(FRAME + 1)[:-1, None] * 2 / FRAME * np.sqrt(2)
    waves = np.concatenate([np.cos(2 * np.pi * time * turns), np.sin(2 * np.pi * time * turns)], axis=1) * window
    return np.asarray(waves[:, None], dtype=np.float32)


def _filter_bank() -> NDArray[np.float32]:
    """Triangles of equal width from 125 Hz to 8 kHz, (257, 80)."""
    bins, edges = np.arange(FRAME // 2 + 1)[:, None], np.linspace(LOWEST_BIN, FRAME // 2, BANDS + 2)[None]
    width = edges[0, 1] - edges[0, 0]
    return np.asarray(np.clip(1 - np.abs(bins - edges[:, 1:-1]) / width, 0, None), dtype=np.float32)


def _max_feature_map(x: Any, channels: int, *, side: int, name: str) -> Any:
    """A convolution to twice the channels, of which the larger of each pair goes on."""
    y = layers.Conv2D(2 * channels, side, padding="same", kernel_initializer="he_normal", name=name)(x)
    return ops.maximum(y[..., :channels], y[..., channels:])
