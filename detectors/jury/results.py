"""What was said about one picture: a Comparison, the object that page, CLI, API, history and scan all show."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from detectors.faces.face import Box, measure_side
from detectors.jury.fusion import Agreement, JuryVerdict, agree, as_json, fuse
from detectors.jury.stability import Stability
from registry import Image, Verdict
from text.reading_order import read_order

if TYPE_CHECKING:  # few ask for it, and it takes long to import
    from detectors.provenance import Provenance

SCHEMA = 1


@dataclass(frozen=True)
class JudgedFace:
    """One face and the verdicts on it, in the jury's order. crop: uint8 RGB (side, side, 3), what the detectors saw.

    jury, agreement: of these verdicts, set by `with_verdicts`, or read from storage; None where there is none.
    stability: None when it was not asked for, or not yet measured. enlarged: see detectors.faces.enlarged.
    """

    box: Box
    score: float
    verdicts: tuple[Verdict, ...]
    crop: Image
    stability: Stability | None = None
    jury: JuryVerdict | None = None
    agreement: Agreement | None = None
    roll: float = 0.0
    doubt: str | None = None
    enlarged: bool = False

    @property
    def pixels(self) -> int:
        """The longer side of the face's box."""
        return measure_side(self.box)

    def as_dict(self) -> dict[str, Any]:
        """The documented JSON form, without the crop."""
        return {
            "box": list(self.box),
            "score": self.score,
            "roll": self.roll,
            "doubt": self.doubt,
            "enlarged": self.enlarged,
            "verdicts": [verdict.as_dict() for verdict in self.verdicts],
            "jury": as_json(self.jury),
            "agreement": as_json(self.agreement),
            "stability": self.stability.as_dict() if self.stability else None,
        }

    def with_verdicts(self, verdicts: tuple[Verdict, ...]) -> "JudgedFace":
        """The face with these verdicts, and the jury verdict and agreement that follow from them."""
        jury, agreement = fuse(verdicts, doubt=self.doubt), agree(verdicts)
        return replace(self, verdicts=verdicts, jury=jury, agreement=agreement)


@dataclass(frozen=True)
class Comparison:
    """Everything said about one picture. error: one plain sentence when it could not be judged, else None.

    provenance: what the file says of itself, None when it was not asked; no verdict depends on it.
    notes: what a reader of the verdicts must know about the file, a sentence each.
    """

    path: str
    sha256: str = ""
    width: int = 0
    height: int = 0
    error: str | None = None
    whole_image: tuple[Verdict, ...] = ()
    faces: tuple[JudgedFace, ...] = ()
    provenance: "Provenance | None" = None
    notes: tuple[str, ...] = ()

    def in_reading_order(self) -> "Comparison":
        """The same, its faces in the order of their numbers."""
        return replace(self, faces=tuple(self.faces[place] for place in self._places()))

    def _places(self) -> list[int]:
        return read_order([face.box for face in self.faces])

    def as_dict(self) -> dict[str, Any]:
        """The documented JSON form, version 1."""
        numbers = {place: number for number, place in enumerate(self._places(), start=1)}
        return {
            "schema": SCHEMA,
            "path": self.path,
            "sha256": self.sha256,
            "width": self.width,
            "height": self.height,
            "error": self.error,
            "notes": list(self.notes),
            "whole_image": [verdict.as_dict() for verdict in self.whole_image],
            "faces": [{"number": numbers[place], **face.as_dict()} for place, face in enumerate(self.faces)],
            "provenance": self.provenance.as_dict() if self.provenance else None,
        }
