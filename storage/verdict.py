"""The verdict on an entry of the history in one word, by which its list is narrowed."""

from collections.abc import Mapping
from typing import Any

FAKE, INCONCLUSIVE, REAL, NONE = "fake", "inconclusive", "real", "none"
VERDICTS = (FAKE, INCONCLUSIVE, REAL, NONE)


def find_verdict(comparison: Mapping[str, Any], outline: Mapping[str, str] | None) -> str:
    """What the entry's card says: of several faces, any fake comes first, then any doubt; "none" where nobody judged.

    outline: where the entry has one, its label is the verdict.
    """
    if outline:
        return outline.get("label") or NONE
    labels = [_label(face) for face in comparison.get("faces") or ()]
    if not any(labels):
        return NONE
    if FAKE in labels:
        return FAKE
    return REAL if all(label == REAL for label in labels) else INCONCLUSIVE


def _label(face: Mapping[str, Any]) -> str | None:
    """The jury's word on a face: inconclusive where something speaks against judging it; None where it is silent."""
    if face.get("doubt"):
        return INCONCLUSIVE
    return face["jury"]["label"] if face.get("jury") else None
