"""Which faces are measured on where there are more than need be."""

from collections.abc import Sequence

from models.data.face_index import LabelledFace


def choose_evenly(faces: Sequence[LabelledFace], most: int) -> list[LabelledFace]:
    """At most so many faces, of each class, source and generator as large a share as of all.

    They are chosen at even distances in this order, for a manifest may list real and fake in turn.
    """
    if len(faces) <= most:
        return list(faces)
    ordered = sorted(faces, key=lambda face: (face.sample.label, face.sample.source, face.sample.generator))
    return [ordered[place * len(ordered) // most] for place in range(most)]
