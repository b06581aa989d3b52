"""Photos that are in a data set twice, as they were and forged: what differs is where they were forged."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from models.data.face_index import LabelledFace
from registry import Image

CHANGED, MOST_CHANGED = 12, 0.6  # of 255, by channel; share of the pixels beyond which a twin is not aligned


def find_twins(faces: Sequence[LabelledFace]) -> Mapping[Path, LabelledFace]:
    """The real faces that have a fake's file name, in `real/` beside its `fake/`: by the path of the fake."""
    fakes = {face.sample.path for face in faces if face.sample.label}
    return {
        beside: face
        for face in faces
        if not face.sample.label
        and face.sample.path.parent.name == "real"
        and (beside := face.sample.path.parent.with_name("fake") / face.sample.path.name) in fakes
    }


def read_twins(real: LabelledFace, fake: LabelledFace) -> tuple[Image, Image, Image] | None:
    """A photo, its forgery, and where they differ: 255 there. None where the two are not the same photo."""
    photo, forgery = real.read(), fake.read()
    if photo.shape != forgery.shape:
        return None
    differs = cv2.blur(cv2.absdiff(photo, forgery).max(axis=2), (5, 5)) > CHANGED
    if not 0 < differs.mean() < MOST_CHANGED:
        return None
    return photo, forgery, np.where(differs[..., None], np.uint8(255), np.zeros_like(photo))
