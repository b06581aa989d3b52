"""Real faces after what is done to honest pictures every day: how often each of these gets one called fake.

Every kind is made here from real test faces, alike at every run. Each function takes and returns uint8 RGB (h, w, 3).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.random import default_rng

from detectors.jury.recompression import recompress
from models.data.face_index import LabelledFace, choose_evenly
from models.evaluation.evaluate import Answers, ask
from models.evaluation.metrics import measure
from registry import DetectorSpec, Image

MAX_FACES = 400  # real faces of the test split, evenly chosen
THUMBNAIL, ENLARGED = 64, 256  # pixels a side


def photograph_at_night(image: Image, seed: int) -> Image:
    """Darker (gamma 2), grainy (sigma 8 of 255), JPEG 85."""
    dark = (image / 255.0) ** 2.0 * 255 + default_rng(seed).normal(0, 8, image.shape)
    return recompress(np.clip(dark, 0, 255).astype(np.uint8), 85)


def retouch(image: Image, _: int) -> Image:
    """What "enhance" does in an editor: contrast by 15 %, colours by 25 %, sharpness (radius 1) by 80 %, JPEG 92."""
    vivid = (image - 128.0) * 1.15 + 128.0
    grey = vivid.mean(axis=2, keepdims=True)
    vivid = np.clip(grey + (vivid - grey) * 1.25, 0, 255).astype(np.uint8)
    sharp = cv2.addWeighted(vivid, 1.8, cv2.GaussianBlur(vivid, (0, 0), 1.0), -0.8, 0)
    return recompress(np.asarray(sharp, dtype=np.uint8), 92)


def beautify(image: Image, _: int) -> Image:
    """Skin made even, edges kept (bilateral, sigma 45 of 255), brighter by 6 %, JPEG 90."""
    even = cv2.convertScaleAbs(cv2.bilateralFilter(image, 9, 45, 7), alpha=1.06)
    return recompress(np.asarray(even, dtype=np.uint8), 90)


def enlarge_thumbnail(image: Image, _: int) -> Image:
    """At most 64 pixels a side, JPEG 80, then enlarged to 256 (bicubic) and saved again, JPEG 90."""
    side = min(THUMBNAIL, max(image.shape[:2]))
    small = recompress(np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), dtype=np.uint8), 80)
    large = cv2.resize(small, (ENLARGED, ENLARGED), interpolation=cv2.INTER_CUBIC)
    return recompress(np.asarray(large, dtype=np.uint8), 90)


def take_screenshot(image: Image, _: int) -> Image:
    """Shown at 1.25 times its size by a browser (bilinear), kept as shown."""
    shown = cv2.resize(image, None, fx=1.25, fy=1.25, interpolation=cv2.INTER_LINEAR)
    return np.asarray(shown, dtype=np.uint8)


def send_by_chat(image: Image, _: int) -> Image:
    """Sent on twice, each time at 75 % of its size, JPEG 70 and then 60."""
    for quality in (70, 60):
        small = cv2.resize(image, None, fx=0.75, fy=0.75, interpolation=cv2.INTER_AREA)
        image = recompress(np.asarray(small, dtype=np.uint8), quality)
    return image


KINDS: Mapping[str, Callable[[Image, int], Image]] = {
    "night photo": photograph_at_night,
    "retouched": retouch,
    "beauty filter": beautify,
    "enlarged thumbnail": enlarge_thumbnail,
    "screenshot": take_screenshot,
    "sent by chat twice": send_by_chat,
}


def ask_all(specs: Sequence[DetectorSpec], faces: Sequence[LabelledFace]) -> dict[str, Answers]:
    """Kind -> the answers to at most 400 of the real test faces; empty where there is none."""
    reals = [face for face in faces if face.sample.split == "test" and not face.sample.label]
    chosen = choose_evenly(reals, MAX_FACES)
    return {kind: ask(specs, chosen, change=change) for kind, change in KINDS.items()} if chosen else {}


def summarise(asked: Mapping[str, Answers], spec: DetectorSpec) -> dict[str, Any]:
    """Kind -> the figures of these real faces, "reals_called_fake" among them."""
    found = {}
    for kind, answers in asked.items():
        scores = answers.scores(spec.key)
        answered = scores.where(~np.isnan(scores.p_fake))
        found[kind] = measure(answered, fake_from=spec.fake_from, real_until=spec.real_until)
    return found
