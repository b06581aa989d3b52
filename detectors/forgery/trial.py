"""A forgery on trial: the same photo before and after its face was forged here, put before the same jury.

Everything is judged by `judge_stepwise`, as any other picture is; who notices is read from the verdicts alone.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import PIL.Image
from PIL.PngImagePlugin import PngInfo

from detectors.faces.crop import crop_face
from detectors.faces.face import Box, measure_side
from detectors.faces.find import OVERLAP, find_faces
from detectors.faces.track import measure_overlap
from detectors.forgery.blend import BlendParameters, Forgery, forge_as_told
from detectors.forgery.pointing import Hit, Region, find_hit
from detectors.inputs.images import ImageError, Picture, read_image
from detectors.jury.fusion import JURY_TITLE, JuryVerdict
from detectors.jury.judge import Jury
from detectors.jury.results import Comparison, JudgedFace
from registry import DetectorSpec, Image, Verdict

MAX_SIDE = 1600  # pixels; forging 50 megapixels would take gigabytes
NO_FACE = "No face was found in this picture, so there is nothing to forge. A larger, frontal face helps."
UNNOTICED = "No detector could notice a forgery in it. A larger, frontal face helps."
FILE_NAME = "FORGED-for-teaching-not-a-real-photo.png"
NOTE = "Forged on purpose with Facejury, a teaching tool. This is not a real photo."
XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
xmp:CreatorTool="Facejury" Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic"/>
</rdf:RDF></x:xmpmeta>"""  # the code by which programs tell that a picture is no photo
Notice = Literal["noticed", "doubts", "missed", "before", "silent"]
"""Called fake now, and not before; inconclusive now; called real; called fake already before; no verdict."""


@dataclass(frozen=True)
class Trial:
    """Both pictures, no side above MAX_SIDE; reduced: whether one was. box, roll: of the forged face."""

    before: Picture
    after: Picture
    box: Box
    forgery: Forgery
    reduced: bool
    roll: float = 0.0

    @property
    def frame(self) -> Box:
        """The part of the picture to look at: the forged face with a third of it around."""
        left, top, right, bottom = self.box
        margin = measure_side(self.box) // 3
        height, width = self.forgery.mask.shape
        return max(0, left - margin), max(0, top - margin), min(width, right + margin), min(height, bottom + margin)


@dataclass(frozen=True)
class Statement:
    """What one detector, or the jury, says before and after. hit: whether its heat map points there, if it has one.

    seen: uint8 RGB, what it was given after; region: bool, where in that the forgery is; both None for the jury.
    """

    title: str
    before: Verdict | JuryVerdict | None
    after: Verdict | JuryVerdict | None
    spec: DetectorSpec | None = None
    seen: Image | None = None
    region: Region | None = None
    hit: Hit | None = None

    @property
    def notice(self) -> Notice:
        """What the two verdicts come to."""
        labels = [verdict.label if verdict else "failed" for verdict in (self.before, self.after)]
        if "failed" in labels:
            return "silent"
        if labels[0] == "fake":
            return "before"
        return {"fake": "noticed", "inconclusive": "doubts"}.get(labels[1], "missed")  # type: ignore[return-value]


def forge_photo(source: bytes | Path, recipe: BlendParameters) -> Trial:
    """The photo, and the photo with its largest face forged that can be judged. Raises ImageError, also without one."""
    photo = read_image(source)
    before = _limit(photo)
    faces = find_faces(before.pixels)
    if not faces:
        raise ImageError(NO_FACE)
    if all(face.doubt for face in faces):
        raise ImageError(f"{faces[0].doubt} {UNNOTICED}")
    face = next(face for face in faces if not face.doubt)
    forgery = forge_as_told(before.pixels, face.landmarks, recipe)
    return Trial(before, Picture(forgery.image, ""), face.box, forgery, before is not photo, face.roll)


def _limit(photo: Picture) -> Picture:
    """The picture, small enough; what was made here has no file, so no hash."""
    height, width = photo.pixels.shape[:2]
    scale = MAX_SIDE / max(height, width)
    if scale >= 1:
        return photo
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return Picture(np.asarray(cv2.resize(photo.pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8), "")


def as_file(trial: Trial) -> bytes:
    """The forged picture as a PNG file that says what it is, to people and to programs."""
    note = PngInfo()
    note.add_text("Comment", NOTE)
    note.add_itxt("XML:com.adobe.xmp", XMP)
    buffer = io.BytesIO()
    PIL.Image.fromarray(trial.after.pixels).save(buffer, "PNG", pnginfo=note)
    return buffer.getvalue()


def hear(trial: Trial, before: Comparison, after: Comparison, jury: Jury) -> list[Statement]:
    """What each detector in the jury's order, and last the jury, said of the forged face. after: may still grow."""
    faces = _find(before.faces, trial.box), _find(after.faces, trial.box)
    said = [_hear(spec, trial, (before, after), faces) for spec in jury.specs]
    before_it, after_it = (face.jury if face else None for face in faces)
    return [*said, Statement(JURY_TITLE, before_it, after_it)] if before_it or after_it else said


def _find(faces: Sequence[JudgedFace], box: Box) -> JudgedFace | None:
    """The face at this box; None when it is not found there any more."""
    best = max(faces, key=lambda face: measure_overlap(face.box, box), default=None)
    return best if best and measure_overlap(best.box, box) > OVERLAP else None


def _hear(
    spec: DetectorSpec,
    trial: Trial,
    comparisons: tuple[Comparison, Comparison],
    faces: tuple[JudgedFace | None, JudgedFace | None],
) -> Statement:
    if spec.expects == "image":
        before, after = (_pick(spec, comparison.whole_image) for comparison in comparisons)
        seen, region = trial.after.pixels, trial.forgery.region
    else:
        before, after = (_pick(spec, face.verdicts if face else ()) for face in faces)
        box, roll = (faces[1].box, faces[1].roll) if faces[1] else (trial.box, trial.roll)
        seen = crop_face(trial.after.pixels, box, roll)
        region = crop_face(trial.forgery.region.astype(np.uint8), box, roll) == 1
    hit = find_hit(after.heatmap, region) if after and after.heatmap is not None else None
    return Statement(spec.title, before, after, spec, seen, region, hit)


def _pick(spec: DetectorSpec, verdicts: Sequence[Verdict]) -> Verdict | None:
    return next((verdict for verdict in verdicts if verdict.detector == spec.key), None)


def count_noticing(said: Sequence[Statement]) -> tuple[int, int]:
    """How many measured detectors noticed, and how many gave a verdict both before and after; not counting the jury."""
    heard: Iterator[Notice] = (one.notice for one in said if one.spec and getattr(one.after, "measured", True))
    voted = [notice for notice in heard if notice != "silent"]
    return voted.count("noticed"), len(voted)
