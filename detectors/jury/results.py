"""One picture before the chosen detectors: a Comparison, the object that page, CLI, API, history and scan all show."""

import logging
import re
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from copy import copy
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np

from detectors.faces.find import Box, crop_face, find_faces, measure_side
from detectors.inputs.images import ImageError, Picture, read_image
from detectors.jury.fusion import Agreement, JuryVerdict, agree, as_json, fuse
from detectors.jury.stability import Stability, measure_stability, vary
from detectors.provenance import Provenance
from detectors.sandbox.client import DetectorFaultError, IsolatedDetector, open_detector
from registry import DetectorSpec, Finding, Image, Verdict, judge, read_finding
from registry.contract import MIN_FACE_PIXELS, Examine

SCHEMA = 1
RESTARTING = "Facejury is being restarted. Please try again in a minute."
LISTEN_SECONDS = 0.1  # how long one waits for a verdict before asking whether it is still wanted
PATHS = re.compile(r"(?:[A-Za-z]:)?(?:[\\/][^\\/\s'\":]+){2,}")  # what a visitor need not see of an error
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class JudgedFace:
    """One face and the verdicts on it, in the jury's order. crop: uint8 RGB (side, side, 3), what the detectors saw.

    jury, agreement: of these verdicts, set by `with_verdicts`, or read from storage; None where there is none.
    stability: None when it was not asked for, or not yet measured.
    """

    box: Box
    score: float
    verdicts: tuple[Verdict, ...]
    crop: Image
    stability: Stability | None = None
    jury: JuryVerdict | None = None
    agreement: Agreement | None = None

    @property
    def pixels(self) -> int:
        """The longer side of the face's box."""
        return measure_side(self.box)

    def as_dict(self) -> dict[str, Any]:
        """The documented JSON form, without the crop."""
        return {
            "box": list(self.box),
            "score": self.score,
            "verdicts": [verdict.as_dict() for verdict in self.verdicts],
            "jury": as_json(self.jury),
            "agreement": as_json(self.agreement),
            "stability": self.stability.as_dict() if self.stability else None,
        }

    def with_verdicts(self, verdicts: tuple[Verdict, ...]) -> "JudgedFace":
        """The face with these verdicts, and the jury verdict and agreement that follow from them."""
        jury, agreement = fuse(verdicts, face_pixels=self.pixels), agree(verdicts)
        return replace(self, verdicts=verdicts, jury=jury, agreement=agreement)


@dataclass(frozen=True)
class Comparison:
    """Everything said about one picture. error: one plain sentence when it could not be judged, else None.

    provenance: what the file says of itself, None when it was not asked; no verdict depends on it.
    """

    path: str
    sha256: str = ""
    width: int = 0
    height: int = 0
    error: str | None = None
    whole_image: tuple[Verdict, ...] = ()
    faces: tuple[JudgedFace, ...] = ()
    provenance: Provenance | None = None

    def as_dict(self) -> dict[str, Any]:
        """The documented JSON form, version 1."""
        return {
            "schema": SCHEMA,
            "path": self.path,
            "sha256": self.sha256,
            "width": self.width,
            "height": self.height,
            "error": self.error,
            "whole_image": [verdict.as_dict() for verdict in self.whole_image],
            "faces": [face.as_dict() for face in self.faces],
            "provenance": self.provenance.as_dict() if self.provenance else None,
        }


class Jury:
    """The chosen detectors, each loaded once, on first use. Safe to use from many threads.

    Detectors that plugins brought run in processes of their own; `close`, or leaving a `with`, ends them.
    """

    def __init__(self, specs: Sequence[DetectorSpec]) -> None:
        self.specs = tuple(specs)
        self.faults: dict[str, str] = {}  # by key: why a detector could not be loaded when that was tried last
        self._loaded: dict[str, Examine | IsolatedDetector] = {}
        self._locks = {spec.key: threading.Lock() for spec in specs}
        self._stopping = threading.Event()

    def __enter__(self) -> "Jury":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes of strangers' detectors, also in the middle of a picture."""
        for detector in tuple(self._loaded.values()):
            if isinstance(detector, IsolatedDetector):
                detector.close()

    def stop(self) -> None:
        """Judge no further picture: those that are asked for get a sentence; the one at hand is finished."""
        self._stopping.set()

    @property
    def is_stopping(self) -> bool:
        """Whether no further picture is judged."""
        return self._stopping.is_set()

    @property
    def can_judge(self) -> bool:
        """False when not one of its detectors could be loaded."""
        return len(self.faults) < len(self.specs)

    def choose(self, keys: Collection[str]) -> "Jury":
        """The jurors of these keys alone; what is loaded stays loaded, for both."""
        chosen = copy(self)
        chosen.specs = tuple(spec for spec in self.specs if spec.key in keys)
        return chosen

    def load(self, spec: DetectorSpec) -> Examine:
        """The detector's examine. Raises what its load raises; the next call tries again."""
        with self._locks[spec.key]:
            try:
                examine = self._load(spec)
            except Exception as error:
                self.faults[spec.key] = _say(error)
                raise
            self.faults.pop(spec.key, None)
            return examine

    def _load(self, spec: DetectorSpec) -> Examine:
        if spec.key not in self._loaded:
            self._loaded[spec.key] = open_detector(spec)
        detector = self._loaded[spec.key]
        if isinstance(detector, IsolatedDetector):
            detector.start()  # here, also after a fault, so that loading is not counted as examining
        return detector

    def judge(self, spec: DetectorSpec, image: Image, *, face_pixels: int | None = None) -> Verdict:
        """One detector's verdict. Never raises: what goes wrong in a detector is a "failed" verdict with its reason."""
        began = time.perf_counter()
        try:
            examine = self.load(spec)
            began = time.perf_counter()
            finding = read_finding(examine(image.copy()))  # a copy: a stranger may write into what it is given
        except Exception as error:  # a detector may raise anything
            log.exception("detector %s failed", spec.key)
            return _fail(spec, _say(error), _since(began))
        return _decide(spec, finding, _since(began), face_pixels)


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 2)


def _say(error: Exception) -> str:
    """An error as one line without paths."""
    text = hide_paths(str(error))
    if isinstance(error, DetectorFaultError):
        return text[:300]
    return f"{type(error).__name__}: {text}"[:300] if text else type(error).__name__


def hide_paths(text: str) -> str:
    """A text as one line that tells a visitor nothing of this machine's folders."""
    return PATHS.sub("…", " ".join(text.split()))


def _fail(spec: DetectorSpec, reason: str, milliseconds: float) -> Verdict:
    return Verdict(spec.key, spec.title, None, "failed", spec.fake_from, spec.real_until, milliseconds, reason)


def _decide(spec: DetectorSpec, finding: Finding, milliseconds: float, face_pixels: int | None) -> Verdict:
    fake_from, real_until = spec.fake_from, spec.real_until
    label = judge(finding.p_fake, fake_from=fake_from, real_until=real_until, face_pixels=face_pixels)
    p_fake = round(finding.p_fake, 6)
    return Verdict(spec.key, spec.title, p_fake, label, fake_from, real_until, milliseconds, heatmap=finding.heatmap)


def warm_up(jury: Jury) -> None:
    """Load the face finder and every juror, so that the first picture need not wait. What fails will say so later."""
    blank: Image = np.zeros((MIN_FACE_PIXELS, MIN_FACE_PIXELS, 3), dtype=np.uint8)
    find_faces(blank)
    for spec in jury.specs:
        jury.judge(spec, blank)


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
    faces = [JudgedFace(f.box, f.score, (), crop_face(picture.pixels, f.box)) for f in find_faces(picture.pixels)]
    comparison = Comparison(path, picture.sha256, width, height, faces=tuple(faces))
    yield comparison
    queues = {spec.key: ThreadPoolExecutor(1, thread_name_prefix=spec.key) for spec in jury.specs}
    try:
        asked = _ask(queues, jury, picture.pixels, faces)
        waiting = set(asked)
        while waiting and wanted():
            done, waiting = wait(waiting, LISTEN_SECONDS, return_when=FIRST_COMPLETED)
            for verdict in done:
                comparison = _add(comparison, asked[verdict], verdict.result(), jury)
            if done:
                yield comparison
    finally:  # also when nobody listens any more
        for queue in queues.values():
            queue.shutdown(wait=False, cancel_futures=True)
    _log_judged(comparison, _since(began))
    if stability:
        yield from _add_stability(comparison, jury, picture.pixels, wanted=wanted)


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
    variants = takewhile(lambda _: wanted(), vary(pixels, face.box))
    found = measure_stability(face.verdicts, variants, lambda key, crop: jury.judge(specs[key], crop))
    return replace(face, stability=found)


def _swap(faces: Sequence[JudgedFace], index: int, face: JudgedFace) -> tuple[JudgedFace, ...]:
    """The faces with another one in that place."""
    return (*faces[:index], face, *faces[index + 1 :])


Queues = dict[str, ThreadPoolExecutor]
"""One a detector, by key: where several faces wait for one that hangs, none waits for another."""
Asked = dict[Future[Verdict], int | None]
"""A verdict on its way -> the index of its face, None for the whole image."""


def _ask(queues: Queues, jury: Jury, pixels: Image, faces: Iterable[JudgedFace]) -> Asked:
    whole = [spec for spec in jury.specs if spec.expects == "image"]
    asked: Asked = {queues[spec.key].submit(jury.judge, spec, pixels): None for spec in whole}
    for index, face in enumerate(faces):
        for spec in jury.specs:
            if spec.expects == "face":
                asked[queues[spec.key].submit(jury.judge, spec, face.crop, face_pixels=face.pixels)] = index
    return asked


def _add(comparison: Comparison, index: int | None, verdict: Verdict, jury: Jury) -> Comparison:
    if index is None:
        return replace(comparison, whole_image=_in_order([*comparison.whole_image, verdict], jury))
    face = comparison.faces[index]
    face = face.with_verdicts(_in_order([*face.verdicts, verdict], jury))
    return replace(comparison, faces=_swap(comparison.faces, index, face))


def _in_order(verdicts: Iterable[Verdict], jury: Jury) -> tuple[Verdict, ...]:
    order = {spec.key: place for place, spec in enumerate(jury.specs)}
    return tuple(sorted(verdicts, key=lambda verdict: order[verdict.detector]))


def say_split(verdicts: Sequence[Verdict]) -> str:
    """How many say what: "1 of 3 say fake, 1 real, 1 inconclusive". Detectors that failed are counted apart."""
    voted = [verdict for verdict in verdicts if verdict.p_fake is not None]
    counts = {label: sum(verdict.label == label for verdict in verdicts) for label in ("fake", "real", "inconclusive")}
    others = [f"{counts[label]} {label}" for label in ("real", "inconclusive") if counts[label]]
    failed = [f"{len(verdicts) - len(voted)} failed"] if len(voted) < len(verdicts) else []
    if not voted:
        return "no detector gave a verdict"
    return ", ".join([f"{counts['fake']} of {len(voted)} say fake", *others, *failed])
