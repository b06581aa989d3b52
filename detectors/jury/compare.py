"""One picture before the jury: every chosen detector is asked about every face, and the Comparison grows."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

from detectors.faces.crop import crop_face
from detectors.faces.enlarged import looks_enlarged
from detectors.faces.face import Face
from detectors.faces.find import find_faces
from detectors.inputs.images import ImageError, Picture, read_image
from detectors.jury.judge import RESTARTING, Jury
from detectors.jury.parallel import Shown, ask_all
from detectors.jury.results import Comparison, JudgedFace
from detectors.jury.stability import measure_stability, vary
from registry import Image, Verdict

LISTEN_SECONDS = 0.1  # how long one waits for a verdict before asking whether it is still wanted
log = logging.getLogger(__name__)


def compare(source: bytes | Path, jury: Jury, *, path: str = "", stability: bool = False) -> Comparison:
    """Everything the jury says about one picture. Never raises for a bad picture: see Comparison.error.

    stability: also measure how far each verdict moves; see detectors.jury.stability.
    """
    *_, last = compare_stepwise(source, jury, path=path, stability=stability)
    return last


def compare_stepwise(
    source: bytes | Path, jury: Jury, *, path: str = "", stability: bool = False
) -> Iterator[Comparison]:
    """The comparison as it grows: first its faces, then with what verdicts have arrived each time."""
    name = path or (str(source) if isinstance(source, Path) else "")
    try:
        picture = read_image(source)
    except ImageError as error:
        yield Comparison(name, error=str(error))
        return
    yield from judge_stepwise(picture, jury, path=name, stability=stability)


def judge_stepwise(
    picture: Picture,
    jury: Jury,
    *,
    path: str = "",
    stability: bool = False,
    wanted: Callable[[], bool] = lambda: True,
) -> Iterator[Comparison]:
    """compare_stepwise for a picture that is already decoded; the stability of each face comes last.

    It ends early, waiting for nobody, once not wanted.
    """
    height, width = picture.pixels.shape[:2]
    if jury.is_stopping:
        yield Comparison(path, picture.sha256, width, height, error=RESTARTING)
        return
    began = time.perf_counter()
    faces = [_frame(picture.pixels, face) for face in find_faces(picture.pixels)]
    comparison = Comparison(path, picture.sha256, width, height, faces=tuple(faces), notes=picture.notes)
    yield comparison
    shown = [*(Shown(face.crop, doubt=face.doubt) for face in faces), Shown(picture.pixels, "image")]
    with ask_all(jury.judge, jury.specs, shown) as asked:
        waiting = set(asked)
        while waiting and wanted():
            done, waiting = wait(waiting, LISTEN_SECONDS, return_when=FIRST_COMPLETED)
            for verdict in done:
                comparison = _add(comparison, asked[verdict], verdict.result(), jury)
            if done:
                yield comparison
    _log_judged(comparison, round((time.perf_counter() - began) * 1000, 2))
    if stability:
        yield from _add_stability(comparison, jury, picture.pixels, wanted=wanted)


def _frame(pixels: Image, face: Face) -> JudgedFace:
    """A face as the detectors are shown it, before they are."""
    crop = crop_face(pixels, face.box, face.roll)
    enlarged = looks_enlarged(crop)
    return JudgedFace(face.box, face.score, (), crop, roll=face.roll, doubt=face.doubt, enlarged=enlarged)


def _log_judged(comparison: Comparison, milliseconds: float) -> None:
    verdicts = [*comparison.whole_image, *(verdict for face in comparison.faces for verdict in face.verdicts)]
    failed = sum(verdict.label == "failed" for verdict in verdicts)
    counts = {"faces": len(comparison.faces), "verdicts": len(verdicts), "failed": failed}
    log.info("judged", extra={**counts, "milliseconds": milliseconds})


def _add_stability(
    comparison: Comparison, jury: Jury, pixels: Image, *, wanted: Callable[[], bool]
) -> Iterator[Comparison]:
    """The comparison with the stability of one face more each time."""
    queue = ThreadPoolExecutor(1, thread_name_prefix="stability")
    try:
        for index, face in enumerate(comparison.faces):
            asked = queue.submit(_measure_stability, face, jury, pixels, wanted)
            while wanted() and not wait([asked], LISTEN_SECONDS).done:
                pass
            if not wanted():
                return
            comparison = replace(comparison, faces=_swap(comparison.faces, index, asked.result()))
            yield comparison
    finally:
        queue.shutdown(wait=False, cancel_futures=True)


def _measure_stability(face: JudgedFace, jury: Jury, pixels: Image, wanted: Callable[[], bool]) -> JudgedFace:
    """The face with its stability; of fewer variants once not wanted."""
    specs = {spec.key: spec for spec in jury.specs}
    variants = takewhile(lambda _: wanted(), vary(pixels, face.box, face.roll))
    found = measure_stability(face.verdicts, variants, lambda key, crop: jury.judge(specs[key], crop))
    return replace(face, stability=found)


def _swap(faces: Sequence[JudgedFace], index: int, face: JudgedFace) -> tuple[JudgedFace, ...]:
    """The faces with another one in that place."""
    return (*faces[:index], face, *faces[index + 1 :])


def _add(comparison: Comparison, index: int, verdict: Verdict, jury: Jury) -> Comparison:
    """With a verdict more. index: of the face; the whole image comes after the last."""
    if index == len(comparison.faces):
        return replace(comparison, whole_image=_in_order([*comparison.whole_image, verdict], jury))
    face = comparison.faces[index]
    face = face.with_verdicts(_in_order([*face.verdicts, verdict], jury))
    return replace(comparison, faces=_swap(comparison.faces, index, face))


def _in_order(verdicts: Iterable[Verdict], jury: Jury) -> tuple[Verdict, ...]:
    order = {spec.key: place for place, spec in enumerate(jury.specs)}
    return tuple(sorted(verdicts, key=lambda verdict: order[verdict.detector]))
