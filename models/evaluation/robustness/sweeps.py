"""The same faces at ever worse quality: how far blur, noise, shrinking and JPEG can go before a detector gives way."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.random import default_rng

from detectors.jury.recompression import recompress
from models.data.face_index import LabelledFace
from models.evaluation.evaluate import Answers, ask
from models.evaluation.robustness.recompression import AS_IT_IS, compare_answers, pick_tested
from registry import DetectorSpec, Image

MAX_FACES = 400  # of the test split, evenly chosen; every level is compared with these same faces as they are
Degrade = Callable[[Image, float, int], Image]
"""(face, level, index of the face) -> the face, worse."""


def blur(image: Image, sigma: float, _: int) -> Image:
    """Gaussian blur. sigma: in pixels of the face as it comes."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), dtype=np.uint8)


def add_noise(image: Image, sigma: float, index: int) -> Image:
    """Gaussian noise, the same for a face every time. sigma: of 255."""
    noise = default_rng([0, index]).standard_normal(image.shape, dtype=np.float32) * np.float32(sigma)
    return np.asarray(np.clip(np.rint(image + noise), 0, 255), dtype=np.uint8)


def shrink(image: Image, scale: float, _: int) -> Image:
    """Smaller by area. scale: of the side, at most 1."""
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def compress(image: Image, quality: float, _: int) -> Image:
    """Saved once as JPEG."""
    return recompress(image, int(quality))


SWEEPS: dict[str, tuple[Degrade, tuple[float, ...]]] = {
    "blur": (blur, (1, 2, 3)),
    "noise": (add_noise, (4, 8, 16)),
    "size": (shrink, (0.75, 0.5, 0.25)),
    "jpeg": (compress, (90, 70, 50, 30, 20)),
}
SAY_LEVEL = {"blur": "sigma {} px", "noise": "sigma {} of 255", "size": "{} of the side", "jpeg": "quality {}"}

Swept = Mapping[tuple[str, float], Answers]
"""(kind, level) -> the answers; (AS_IT_IS, 0) holds those to the same faces unchanged."""


def ask_swept(specs: Sequence[DetectorSpec], faces: Sequence[LabelledFace]) -> dict[tuple[str, float], Answers]:
    """Put at most 400 of the test faces before every detector at every level; empty where there is no test face."""
    chosen = pick_tested(faces, MAX_FACES)
    if not chosen:
        return {}
    swept = {(AS_IT_IS, 0.0): ask(specs, chosen)}
    for kind, (degrade, levels) in SWEEPS.items():
        for level in levels:
            swept[kind, level] = ask(specs, chosen, change=lambda image, index, d=degrade, v=level: d(image, v, index))  # type: ignore[misc]
    return swept


def summarise(detector: str, swept: Swept) -> dict[str, list[dict[str, Any]]]:
    """Kind -> a row a level: {"level", "real", "fake", "auc", "balanced_accuracy", "lost"}, gentlest first.

    The first kind is "as it is", of one row: these same faces unchanged.
    """
    if not swept:
        return {}
    plain = swept[AS_IT_IS, 0.0].scores(detector)
    return {AS_IT_IS: [{"level": 0.0} | compare_answers(plain, plain)]} | {
        kind: [{"level": level} | compare_answers(plain, swept[kind, level].scores(detector)) for level in levels]
        for kind, (_, levels) in SWEEPS.items()
    }
