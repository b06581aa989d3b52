"""How verdicts fare when the whole picture is turned: by quarters as phones leave it, and by some degrees.

The picture is turned, the face found in it anew and judged as it is served. Turning by other than quarters makes pixels
anew, as any editor does, so a part of the loss is of that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from rich.progress import track

from detectors.commands.terminal import errors
from detectors.faces.crop import crop_face
from detectors.faces.find import find_faces
from detectors.jury.fusion import JURY_KEY, fuse
from detectors.jury.judge import Jury
from models.data.face_index import LabelledFace
from models.evaluation.draws import Draws, Scores
from models.evaluation.evaluate import Answers
from models.evaluation.intervals import estimate
from models.evaluation.metrics import auc
from registry import DetectorSpec, Image

ANGLES = (90.0, 180.0, -90.0, 15.0, -15.0, 30.0, -30.0)  # degrees clockwise


@dataclass(frozen=True)
class Turned:
    """What an angle changes. lost: share of the faces that were not found, or could not be turned upright.

    auc, before: on the others, turned and as they are, the jury's; low, high: the 95 % interval of their difference,
    over source videos; None where the others lack a class. moved: median change of p_fake; flipped: share of faces
    whose p_fake is below .5 one way and not the other; None where all were lost.
    """

    angle: float
    count: int
    lost: float
    auc: float | None
    before: float | None
    low: float | None
    high: float | None
    moved: float | None
    flipped: float | None


def measure_turns(specs: Sequence[DetectorSpec], faces: Sequence[LabelledFace]) -> list[Turned]:
    """The jury's verdicts on each face, turned by each of ANGLES beside as it is. faces: test faces of both classes."""
    with Jury(specs) as jury:
        said = [_judge_turned(jury, face.read()) for face in track(faces, "turning", console=errors)]
    p_fake = {f"{angle:g}": np.array([row[angle] for row in said]) for angle in (0.0, *ANGLES)}
    answers = Answers(faces, [], p_fake)
    return [_compare(angle, answers.scores("0"), answers.scores(f"{angle:g}")) for angle in ANGLES]


def turn_picture(image: Image, angle: float) -> Image:
    """The picture turned clockwise by so many degrees, all of it still to be seen, its edge repeated around it."""
    if angle % 90 == 0:
        return np.ascontiguousarray(np.rot90(image, -round(angle / 90) % 4))
    height, width = image.shape[:2]
    cosine, sine = abs(np.cos(np.radians(angle))), abs(np.sin(np.radians(angle)))
    size = round(width * cosine + height * sine), round(width * sine + height * cosine)
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -angle, 1.0)
    matrix[0, 2] += (size[0] - width) / 2
    matrix[1, 2] += (size[1] - height) / 2
    turned = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, dtype=np.uint8)


def _judge_turned(jury: Jury, picture: Image) -> Mapping[float, float]:
    """Angle -> the jury's p_fake of the largest face; NaN where it was lost."""
    return {angle: _judge(jury, turn_picture(picture, angle)) for angle in (0.0, *ANGLES)}


def _judge(jury: Jury, picture: Image) -> float:
    face = next(iter(find_faces(picture)), None)
    if face is None or face.doubt:
        return float("nan")
    crop = crop_face(picture, face.box, face.roll)
    verdict = fuse([jury.judge(spec, crop) for spec in jury.specs])
    if verdict is None:
        raise ValueError(f"{JURY_KEY}: none of its members was asked")
    return verdict.p_fake


def _compare(angle: float, plain: Scores, turned: Scores) -> Turned:
    """plain, turned: of the same faces in the same order, NaN where one was lost."""
    found = ~np.isnan(plain.p_fake)
    kept = found & ~np.isnan(turned.p_fake)
    before, after = plain.where(kept), turned.where(kept)
    auc_after = auc_before = low = high = None
    if len(np.unique(before.labels)) == 2:
        drawn_before, drawn_after = (auc(Draws.of(scores)) for scores in (before, after))  # of the same groups
        auc_before, auc_after = float(drawn_before[0]), float(drawn_after[0])
        difference = estimate(drawn_after - drawn_before)
        low, high = difference.low, difference.high
    return Turned(
        angle=angle,
        count=int(kept.sum()),
        lost=float(1 - kept.sum() / max(1, found.sum())),
        auc=auc_after,
        before=auc_before,
        low=low,
        high=high,
        moved=float(np.median(np.abs(after.p_fake - before.p_fake))) if kept.any() else None,
        flipped=float(np.mean((before.p_fake < 0.5) != (after.p_fake < 0.5))) if kept.any() else None,
    )


def say_turned(one: Turned) -> tuple[str, ...]:
    """The fields as a table has them: those of both AUCs in three cells, and "-" where there is no such figure."""
    aucs = ["-", "-", "-"]
    if one.auc is not None and one.before is not None:
        difference = f"{one.auc - one.before:+.3f} [{one.low:+.3f}, {one.high:+.3f}]"
        aucs = [f"{one.before:.3f}", f"{one.auc:.3f}", difference]
    changes = ("-", "-") if one.moved is None else (f"{one.moved:.3f}", f"{one.flipped:.1%}")
    return f"{one.angle:g}", str(one.count), f"{one.lost:.1%}", *aucs, *changes
