"""A comparison from the history, as the cards draw it: its JSON an object again, its picture where that was kept."""

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

import numpy as np

from detectors.faces.crop import crop_face
from detectors.faces.face import doubt_size, measure_side
from detectors.inputs.images import ImageError, read_image
from detectors.jury.fusion import Agreement, JuryVerdict
from detectors.jury.judge import Jury
from detectors.jury.results import Comparison, JudgedFace
from detectors.jury.stability import Range, Stability
from detectors.jury.wording import say_split
from detectors.provenance import Provenance
from detectors.scan.batch import find_suspect
from registry import DetectorSpec, Image, Label, Verdict
from ui.render.band import Headline, sum_up
from ui.render.cards import Drawing, Pieces
from ui.render.pictures import SCENE_PIXELS, THUMB_PIXELS, pack, shrink

Stored = dict[str, Any]
_KNOWN = {field.name for field in fields(Verdict)} - {"heatmap"}


def draw_stored(
    stored: Stored, picture: bytes | None, *, anchor: str = "face", known: Iterable[DetectorSpec] = ()
) -> Pieces:
    """The same cards as in the photo view; empty places where the picture was not kept. Heat maps never are.

    known: see seat.
    """
    image = read_kept(picture)
    comparison = restore(stored, image)
    shown = blank(comparison.width, comparison.height) if image is None else image
    return Drawing(shown, Jury(seat_photo(stored, known)), anchor=anchor, settled=True).draw(comparison)


def draw_kept_thumb(stored: Stored, picture: bytes) -> bytes | None:
    """The most suspect face of a kept picture as a small WebP, or the picture where there is none.

    None where it can no longer be read.
    """
    image = read_kept(picture)
    if image is None:
        return None
    suspect = find_suspect(restore(stored, image).faces)
    return pack(shrink(suspect.crop if suspect else image, THUMB_PIXELS))


def restore(stored: Stored, image: Image | None = None) -> Comparison:
    """The comparison that `as_dict` was called on, without heat maps, and with crops only where there is a picture.

    The jury verdict is the stored one, whatever the jury of today makes of the same verdicts.
    """
    return Comparison(
        stored["path"] or "",
        stored["sha256"],
        stored["width"],
        stored["height"],
        stored["error"],
        _verdicts(stored["whole_image"]),
        tuple(_face(face, image) for face in stored["faces"]),
        _provenance(stored.get("provenance")),  # older entries have none
        tuple(stored.get("notes", ())),  # nor these
    )


def _provenance(stored: Stored | None) -> Provenance | None:
    return Provenance.restore(stored) if stored else None


def head_stored(stored: Stored) -> Headline:
    """The jury's verdict on a picture as its band says it, for a list; without a label where there is none."""
    labels = [_label(face) for face in stored["faces"]]
    return sum_up(labels) if any(labels) else Headline("", None)


def _label(face: Stored) -> Label | None:
    label: Label | None = "inconclusive" if face.get("doubt") else face["jury"]["label"] if face["jury"] else None
    return label


def say_stored(stored: Stored) -> str:
    """How the detectors split on a picture, in a few words, for a list."""
    faces = stored["faces"]
    if len(faces) == 1:
        return say_split(_verdicts(faces[0]["verdicts"]))
    by_some = sum(any(_accuses(verdict) for verdict in face["verdicts"]) for face in faces)
    return f"{by_some} of {len(faces)} faces called fake by a detector" if faces else "no face found"


def _accuses(verdict: Stored) -> bool:
    return verdict["label"] == "fake" and bool(verdict.get("measured", True))  # not kept before


def _face(face: Stored, image: Image | None) -> JudgedFace:
    left, top, right, bottom = face["box"]
    box = (left, top, right, bottom)
    roll, doubt = face.get("roll", 0.0), face.get("doubt", doubt_size(measure_side(box)))  # not kept before
    crop = blank(64, 64) if image is None else crop_face(image, box, roll)
    return JudgedFace(
        box,
        face["score"],
        _verdicts(face["verdicts"]),
        crop,
        _measured(face["stability"]),
        JuryVerdict(**face["jury"]) if face["jury"] else None,
        _agreement(face["agreement"]),
        roll,
        doubt,
        bool(face.get("enlarged")),  # not kept before
    )


def _agreement(stored: Stored | None) -> Agreement | None:
    """Of what was stored before the agreement was counts only, the counts."""
    return Agreement(stored["voting"], stored["fake"]) if stored else None


def _measured(stored: Stored | None) -> Stability | None:
    if not stored:
        return None
    ranges = {key: Range(**value) for key, value in stored["verdicts"].items()}
    return Stability(ranges, Range(**stored["jury"]) if stored["jury"] else None)


def _verdicts(stored: Iterable[Stored]) -> tuple[Verdict, ...]:
    return tuple(Verdict(**{name: verdict[name] for name in verdict.keys() & _KNOWN}) for verdict in stored)


def seat_photo(stored: Stored, known: Iterable[DetectorSpec] = ()) -> list[DetectorSpec]:
    """Who judged then, whoever is on the jury now. known: see seat."""
    on_faces = [(verdict, "face") for face in stored["faces"] for verdict in face["verdicts"]]
    return seat([*on_faces, *((verdict, "image") for verdict in stored["whole_image"])], known)


def seat(verdicts: Iterable[tuple[Stored, str]], known: Iterable[DetectorSpec] = ()) -> list[DetectorSpec]:
    """Detectors that judge no more, each once. verdicts: of theirs, each with what they judge.

    known: those of today, who say of themselves what they look for; of others no more than the title is known.
    """
    once = {verdict["detector"]: (verdict, expects) for verdict, expects in verdicts}
    today = {spec.key: spec for spec in known}
    return [
        replace(today[key], title=verdict["title"])
        if key in today
        else DetectorSpec(key=key, title=verdict["title"], load=lambda: None, expects=expects)  # type: ignore[arg-type,return-value]
        for key, (verdict, expects) in once.items()
    ]


def read_kept(picture: bytes | None) -> Image | None:
    """uint8 RGB (h, w, 3) of a kept picture; None without one."""
    try:
        return None if picture is None else read_image(picture).pixels
    except ImageError:  # a limit may have become stricter since
        return None


def blank(width: int, height: int) -> Image:
    """Clear pixels in the picture's proportions: uint8 RGBA, so that the page's own ground shows."""
    scale = min(1.0, SCENE_PIXELS / max(width, height, 1))
    return np.zeros((max(1, round(height * scale)), max(1, round(width * scale)), 4), dtype=np.uint8)
