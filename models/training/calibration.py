"""Calibration and thresholds, fitted on validation faces as they are and degraded.

Platt scaling (Platt 1999): p = sigmoid(scale x logit + shift). It is fitted on clean and degraded faces together,
because a calibrator that saw clean faces only is over-confident on recompressed ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import default_rng
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from detectors.networks import folder as artifact
from detectors.networks.folder import Mode
from models.data.augmentation import degrade
from models.data.datasets import refuse_eval_only
from models.data.face_index import LabelledFace

if TYPE_CHECKING:
    import keras

    from models.training.batches import Images

MAX_REALS_CALLED_FAKE = 0.02  # of the validation reals, clean and degraded pooled
MAX_FAKES_CALLED_REAL = 0.05
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """p_fake = sigmoid(scale x logit + shift)."""

    scale: float = 1.0
    shift: float = 0.0

    def apply(self, logits: Floats) -> Floats:
        """p_fake of raw logits."""
        return np.asarray(1 / (1 + np.exp(-(self.scale * logits + self.shift))))


@dataclass(frozen=True)
class Thresholds:
    """The label is "fake" from fake_from up, "real" below real_until, and "inconclusive" between them."""

    fake_from: float
    real_until: float


def fit(model: keras.Model, faces: Sequence[LabelledFace], *, mode: Mode) -> tuple[Calibration, Thresholds]:
    """Calibration and thresholds of a network, on validation faces.

    Raises DataError on evaluation-only faces.
    """
    refuse_eval_only(face.sample for face in faces)
    labels = np.array([face.sample.label for face in faces] * 2)
    clean, degraded = _crops(faces, model.input.shape[1], mode)
    logits = np.concatenate([_logits(model, clean), _logits(model, degraded)])
    calibration = fit_platt(logits, labels)
    return calibration, fit_thresholds(calibration.apply(logits), labels)


def fit_platt(logits: Floats, labels: NDArray[np.int64]) -> Calibration:
    """Scale and shift of the logit with the least log loss, both classes weighing the same."""
    fitted = LogisticRegression(C=np.inf, class_weight="balanced").fit(logits[:, None], labels)
    return Calibration(float(fitted.coef_[0, 0]), float(fitted.intercept_[0]))


def fit_thresholds(p_fake: Floats, labels: NDArray[np.int64]) -> Thresholds:
    """fake_from: at most 2 % of the reals reach it; real_until: at most 5 % of the fakes stay below it."""
    reals, fakes = p_fake[labels == 0], p_fake[labels == 1]
    fake_from = float(np.quantile(reals, 1 - MAX_REALS_CALLED_FAKE, method="higher"))
    real_until = float(np.quantile(fakes, MAX_FAKES_CALLED_REAL, method="lower"))
    return round_outwards(fake_from, real_until)


def round_outwards(fake_from: float, real_until: float) -> Thresholds:
    """Thresholds of three digits, on their own sides of p_fake 0.5: none is nearer to the other than what was found."""
    fake_from = float(np.clip(np.ceil(fake_from * 1000 + 1e-6) / 1000, 0.5, 1.0))
    return Thresholds(fake_from, float(np.floor(min(real_until, 0.5) * 1000) / 1000))


def _crops(faces: Sequence[LabelledFace], pixels: int, mode: Mode) -> tuple[Images, Images]:
    clean, degraded = [], []
    for index, face in enumerate(faces):
        crop = face.crop()
        clean.append(artifact.fit(crop, pixels, mode))
        degraded.append(artifact.fit(degrade(crop, default_rng([0, index])), pixels, mode))
    return np.stack(clean), np.stack(degraded)


def _logits(model: keras.Model, crops: Images) -> Floats:
    parts = np.array_split(crops, -(-len(crops) // 64))
    logits = np.concatenate([np.asarray(model.predict_on_batch(part)) for part in parts])
    return logits[:, 0].astype(np.float64)
