"""The same faces, delivered worse: what sharing through the web does to a photo, and what a detector loses by it.

Two tiers: "web", the face at most 128 pixels and JPEG quality 60; "hard", at most 80 pixels and quality 40.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import cv2
import numpy as np

from models.evaluate import Answers, ask
from models.face_index import LabelledFace
from models.metrics import Draws, Scores, balanced_accuracy, estimate
from registry import DetectorSpec, Image

TIERS = {"web": (128, 60), "hard": (80, 40)}  # pixels of the longer side, JPEG quality
AS_IT_IS = "as it is"
MAX_FACES = 1000  # of the test split, evenly chosen: the loss is paired, so fewer are enough


def redeliver(image: Image, pixels: int, quality: int) -> Image:
    """A face no larger than `pixels`, saved once as JPEG of that quality. uint8 RGB (h, w, 3) in and out."""
    scale = min(1.0, pixels / max(image.shape[:2]))
    if scale < 1:
        image = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    _, saved = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(np.asarray(cv2.imdecode(saved, cv2.IMREAD_COLOR), dtype=np.uint8)[..., ::-1])


def ask_again(specs: Sequence[DetectorSpec], faces: Sequence[LabelledFace]) -> dict[str, Answers]:
    """Tier -> answers to at most 1,000 of the test faces; "as it is" holds those to the same faces unchanged.

    Empty where there is no test face.
    """
    tested = [face for face in faces if face.sample.split == "test"]
    if not tested:
        return {}
    chosen = tested[:: -(-len(tested) // MAX_FACES) or 1]
    answers = {AS_IT_IS: ask(specs, chosen)}
    for tier, (pixels, quality) in TIERS.items():
        answers[tier] = ask(specs, chosen, change=lambda image, _, p=pixels, q=quality: redeliver(image, p, q))  # type: ignore[misc]
    return answers


def summarise(detector: str, redelivered: Mapping[str, Answers]) -> dict[str, Any]:
    """Tier -> {"real", "fake", "balanced_accuracy", "lost"}; lost: against the same faces as they are, paired."""
    if not redelivered:
        return {}
    plain = redelivered[AS_IT_IS].scores(detector)
    return {tier: _compare(plain, answers.scores(detector)) for tier, answers in redelivered.items()}


def _compare(plain: Scores, again: Scores) -> dict[str, Any]:
    both = ~np.isnan(plain.p_fake) & ~np.isnan(again.p_fake)
    before, after = (balanced_accuracy(Draws.of(scores.where(both))) for scores in (plain, again))
    fakes = int(plain.labels[both].sum())
    figures = {"balanced_accuracy": asdict(estimate(after)), "lost": asdict(estimate(before - after))}
    return {"real": int(both.sum()) - fakes, "fake": fakes, **figures}
