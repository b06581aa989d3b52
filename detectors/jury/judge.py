"""The jury: the chosen detectors, each loaded once, and the verdict of one of them on one picture."""

import logging
import threading
import time
from collections.abc import Collection, Sequence
from copy import copy
from typing import Any

import numpy as np

from detectors.faces.find import find_faces
from detectors.jury.about import is_measured
from detectors.jury.wording import say_error
from detectors.sandbox.isolated_detector import DetectorFaultError, IsolatedDetector, open_detector
from registry import DetectorSpec, Finding, Image, Verdict, judge, read_finding
from registry.contract import AUDIO_RATE, MIN_FACE_PIXELS, Clip, Examine, Expects, Samples, Times
from text.plain_text import show_plainly

RESTARTING = "Facejury is being restarted. Please try again in a minute."
BLANK_FRAMES = 16  # of the clip that detectors of clips are warmed up with
log = logging.getLogger(__name__)


class Jury:
    """The chosen detectors, each loaded once, on first use. Safe to use from many threads.

    Detectors that plugins brought run in processes of their own; `close`, or leaving a `with`, ends them.
    """

    def __init__(self, specs: Sequence[DetectorSpec]) -> None:
        self.specs = tuple(specs)
        self.faults: dict[str, str] = {}  # by key: why a detector could not be loaded when that was tried last
        self.measured = {spec.key: is_measured(spec) for spec in specs}
        self._loaded: dict[str, Examine | IsolatedDetector] = {}
        self._locks = {spec.key: threading.Lock() for spec in specs}
        self._stopping = threading.Event()

    def __enter__(self) -> "Jury":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes of untrusted detectors, also in the middle of a picture."""
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
        return any(spec.key not in self.faults for spec in self.specs)

    def choose(self, keys: Collection[str]) -> "Jury":
        """The jurors of these keys alone; what is loaded stays loaded, for both."""
        chosen = copy(self)
        chosen.specs = tuple(spec for spec in self.specs if spec.key in keys)
        return chosen

    def limit_to(self, *kinds: Expects) -> "Jury":
        """The jurors that expect one of these alone; what is loaded stays loaded, for both."""
        return self.choose([spec.key for spec in self.specs if spec.expects in kinds])

    def load(self, spec: DetectorSpec) -> Examine:
        """The detector's examine. Raises what its load raises; the next call tries again."""
        with self._locks[spec.key]:
            try:
                examine = self._load(spec)
            except Exception as error:
                self.faults[spec.key] = say_error(error)
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

    def judge(
        self,
        spec: DetectorSpec,
        image: Image | Clip | Samples,
        *,
        doubt: str | None = None,
        times: Times | None = None,
        rate: int | None = None,
    ) -> Verdict:
        """One detector's verdict. Never raises: what goes wrong in a detector is a "failed" verdict with its reason.

        times: of the frames of a clip; rate: of samples of sound; None for a picture.
        """
        began = time.perf_counter()
        try:
            examine = self.load(spec)
            began = time.perf_counter()
            if rate is not None:
                finding = read_finding(examine(image.copy(), rate))
            elif times is None:
                finding = read_finding(examine(image.copy()))  # a copy: a plugin may write into what it is given
            else:
                finding = read_finding(examine(image.copy(), times.copy()), frames=len(times))
        except Exception as error:  # a detector may raise anything
            reason = say_error(error)
            if isinstance(error, DetectorFaultError):  # the frames would be ours, and say nothing of its own process
                log.warning("detector %s failed", spec.key, extra={"reason": show_plainly(reason)})
            else:
                log.exception("detector %s failed", spec.key)
            return self.fail(spec, reason, _since(began))
        return self._decide(spec, finding, _since(began), doubt)

    def fail(self, spec: DetectorSpec, reason: str, milliseconds: float = 0.0) -> Verdict:
        """The verdict of a detector that gave no number."""
        limits = spec.fake_from, spec.real_until
        measured = self.measured[spec.key]
        return Verdict(spec.key, spec.title, None, "failed", *limits, milliseconds, reason, measured=measured)

    def _decide(self, spec: DetectorSpec, finding: Finding, milliseconds: float, doubt: str | None) -> Verdict:
        fake_from, real_until = limits = spec.fake_from, spec.real_until
        p_fake, measured = round(finding.p_fake, 6), self.measured[spec.key]  # first: the label is of what is told
        label = judge(p_fake, fake_from=fake_from, real_until=real_until, doubt=doubt)
        more: dict[str, Any] = {"heatmap": finding.heatmap, "scores": finding.scores, "measured": measured}
        return Verdict(spec.key, spec.title, p_fake, label, *limits, milliseconds, **more)


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 2)


def warm_up(jury: Jury) -> None:
    """Load the face finder and every juror, so that the first picture need not wait. What fails will say so later.

    Ends early where the jury is told to stop.
    """
    blank: Image = np.zeros((MIN_FACE_PIXELS, MIN_FACE_PIXELS, 3), dtype=np.uint8)
    find_faces(blank)
    for spec in jury.specs:
        if jury.is_stopping:
            return
        if spec.expects == "clip":
            jury.judge(spec, np.stack([blank] * BLANK_FRAMES), times=np.arange(BLANK_FRAMES) / 10)
        elif spec.expects == "audio":
            jury.judge(spec, np.zeros(AUDIO_RATE, np.float32), rate=AUDIO_RATE)
        else:
            jury.judge(spec, blank)
