"""The same faces, delivered worse: what sharing through the web does to a photo, and what a detector loses by it.

Two tiers: "web", the face at most 128 pixels and JPEG quality 60; "hard", at most 80 pixels and quality 40.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from detectors.jury.recompression import recompress
from models.data.face_index import LabelledFace, choose_evenly
from models.evaluation.draws import Draws, Scores
from models.evaluation.evaluate import Answers, Change, ask
from models.evaluation.intervals import estimate, keep_known
from models.evaluation.metrics import auc, balanced_accuracy, measure_figure, shipped
from registry import DetectorSpec, Image

TIERS = {"web": (128, 60), "hard": (80, 40)}  # pixels of the longer side, JPEG quality
AS_IT_IS = "as it is"
MAX_FACES = 1000  # of the test split, evenly chosen: the loss is paired, so fewer are enough


def shrink_and_recompress(image: Image, pixels: int, quality: int) -> Image:
    """A face no larger than `pixels`, saved once as JPEG of that quality. uint8 RGB (h, w, 3) in and out."""
    scale = min(1.0, pixels / max(image.shape[:2]))
    if scale < 1:
        image = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return recompress(image, quality)


def ask_again(specs: Sequence[DetectorSpec], faces: Sequence[LabelledFace]) -> dict[str, Answers]:
    """Tier -> answers to at most 1,000 of the test faces; "as it is" holds those to the same faces unchanged.

    Empty where there is no test face.
    """
    chosen = pick_tested(faces, MAX_FACES)
    if not chosen:
        return {}
    answers = {AS_IT_IS: ask(specs, chosen)}
    for tier, (pixels, quality) in TIERS.items():
        answers[tier] = ask(specs, chosen, change=_change_with(pixels, quality))
    return answers


def _change_with(pixels: int, quality: int) -> Change:
    return lambda image, _: shrink_and_recompress(image, pixels, quality)


def pick_tested(faces: Sequence[LabelledFace], most: int) -> list[LabelledFace]:
    """At most so many of the test faces, evenly chosen."""
    return choose_evenly([face for face in faces if face.sample.split == "test"], most)


def summarise(spec: DetectorSpec, recompressed: Mapping[str, Answers]) -> dict[str, Any]:
    """Tier -> {"real", "fake", "auc", "balanced_accuracy", "lost", and the figures of metrics.shipped}.

    lost: against the same faces as they are, paired. Empty where it failed on all faces.
    """
    if not recompressed:
        return {}
    plain = recompressed[AS_IT_IS].scores(spec.key)
    if np.isnan(plain.p_fake).all():
        return {}
    figures = shipped(spec.fake_from, spec.real_until)
    found = {}
    for tier, answers in recompressed.items():
        again = answers.scores(spec.key)
        draws = Draws.of(again.where(~np.isnan(again.p_fake)))
        chosen = {name: measure_figure(figure, draws) for name, figure in figures.items()}
        found[tier] = compare_answers(plain, again) | keep_known(chosen)
    return found


def compare_answers(plain: Scores, again: Scores) -> dict[str, Any]:
    """The figures of the second answers, and the balanced accuracy lost between the two: paired, by group."""
    both = ~np.isnan(plain.p_fake) & ~np.isnan(again.p_fake)
    first, second = (Draws.of(scores.where(both)) for scores in (plain, again))
    fakes = int(plain.labels[both].sum())
    found = {
        "auc": measure_figure(auc, second),
        "balanced_accuracy": measure_figure(balanced_accuracy, second),
        "lost": estimate(balanced_accuracy(first) - balanced_accuracy(second)),
    }
    counts = {"real": int(both.sum()) - fakes, "fake": fakes}
    return counts | keep_known(found)
