"""A real face of a data set, forged: what is known for certain to be fake, and where."""

from dataclasses import dataclass

import numpy as np
from numpy.random import default_rng
from numpy.typing import NDArray

from detectors.faces.crop import crop_face
from detectors.forgery.blend import blend_face
from models.data.face_index import LabelledFace
from registry import Image


@dataclass(frozen=True)
class ForgedFace:
    """Its crop before and after, uint8 RGB (side, side, 3), and where it was forged: bool (side, side)."""

    before: Image
    after: Image
    region: NDArray[np.bool_]


def forge_face(face: LabelledFace, *, seed: int) -> ForgedFace:
    """A face as the detectors see it, forged; the same seed forges alike."""
    picture = face.read()
    forgery = blend_face(picture, face.landmarks, default_rng([0, seed]))
    region = crop_face(forgery.region.astype(np.uint8), face.box, face.roll) == 1
    return ForgedFace(face.crop_from(picture), face.crop_from(forgery.image), region)
