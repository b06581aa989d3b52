"""What every architecture of ours has in common: pixels in, local evidence, one logit out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import keras

from detectors.networks.folder import Mode

Supervision = Literal["labelled", "generated", "blended"]
"""What it learns fake from: every labelled fake, only those generated whole, or real faces forged on the fly."""


@dataclass(frozen=True)
class Architecture:
    """A network that can be trained. build() -> keras.Model from `image` to `logit`; see `finish`."""

    key: str
    title: str
    pixels: int  # side of its square input
    paper: str
    build: Callable[[], keras.Model]
    mode: Mode = "resize"  # how a crop becomes that square
    supervision: Supervision = "labelled"
    pretrained: str = ""  # where its starting weights come from; empty: from scratch


def image_input(pixels: int) -> Any:
    """The input all networks share: uint8 RGB (n, pixels, pixels, 3), as it comes from the picture."""
    return keras.Input((pixels, pixels, 3), dtype="uint8", name="image")


def finish(image: Any, features: Any, *, dropout: float) -> keras.Model:
    """The head: features (n, h, w, c) -> evidence (n, h, w, 1), a logit for each place -> their mean, logit (n, 1).

    The mean of the local logits is the logit, so the evidence is the class activation map of Zhou et al. 2016
    (https://arxiv.org/abs/1512.04150) in closed form: no gradients are needed to say where.
    """
    features = keras.layers.SpatialDropout2D(dropout, name="dropout")(features)
    evidence = keras.layers.Dense(1, name="evidence")(features)
    logit = keras.layers.GlobalAveragePooling2D(name="logit")(evidence)
    return keras.Model(image, logit)
