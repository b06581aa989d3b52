"""An untrusted plugin's detector in a process of its own: when it times out, outgrows its memory or crashes, only its
own verdict is lost.

One process a detector, kept warm, and started again after a fault. This guards against faults, not against malice:
the process has the rights of the user who started the jury.
"""

import threading

from detectors.sandbox.process import WorkerFaultError, WorkerProcess
from detectors.sandbox.protocol import MAX_HEATMAP_BYTES, Array, Values
from registry import DetectorSpec, Image, to_examine
from registry.contract import Examine, ExamineResult

LOAD_SECONDS = 60.0  # importing and loading, apart from the detector's own `seconds`
MEMORY_BYTES = 2_000_000_000  # resident, as a whole: python, libraries, weights and one picture


class DetectorFaultError(RuntimeError):
    """A detector in its own process gave no usable answer. The message is one sentence."""


def open_detector(spec: DetectorSpec) -> "Examine | IsolatedDetector":
    """A detector ready to examine: ours in this process, one that a plugin brought in a process of its own.

    One without a plugin was made by this program's own code and cannot be imported again in a worker.
    """
    if spec.plugin and not spec.builtin:
        return IsolatedDetector(spec)
    return to_examine(spec.load())


class IsolatedDetector:
    """One detector in its own process. Safe from many threads: its calls queue.

    memory: bytes it may hold. scratch: a folder for its temporary files, given when it is to be checked as well.
    """

    def __init__(self, spec: DetectorSpec, *, memory: int = MEMORY_BYTES, scratch: str = "") -> None:
        self._spec, self._memory, self._scratch = spec, memory, scratch
        self._lock = threading.Lock()
        self._worker: WorkerProcess | None = None
        self._closed = False

    def __call__(self, image: Image) -> ExamineResult:
        """P(fake) of a uint8 RGB image (h, w, 3), alone or with a heat map. Raises DetectorFaultError."""
        values, heatmap = self.ask({}, image, seconds=self._spec.seconds)
        p_fake = values.get("p_fake")  # read_finding has checked it in the worker, and the jury checks it again
        return p_fake if heatmap is None else (p_fake, heatmap)  # type: ignore[return-value]

    def start(self) -> None:
        """Have the process running and the detector loaded. Raises DetectorFaultError."""
        with self._lock:
            self._start()

    def ask(self, order: Values, image: Image | None = None, *, seconds: float) -> tuple[Values, Array | None]:
        """The answer to one order. Raises DetectorFaultError; the order after a fault starts a new process."""
        with self._lock:
            return _ask(self._start(), order, image, seconds=seconds)

    def close(self) -> None:
        """End the process, also in the middle of a picture. What is asked afterwards is a DetectorFaultError."""
        self._closed = True
        if self._worker:
            self._worker.end()

    def _start(self) -> WorkerProcess:
        if self._closed:
            raise DetectorFaultError("its process has been closed")
        if self._worker and self._worker.runs:
            return self._worker
        self._worker = worker = WorkerProcess("detectors.sandbox.worker", memory=self._memory, limit=MAX_HEATMAP_BYTES)
        order = {"plugin": self._spec.plugin, "key": self._spec.key, "memory": self._memory, "scratch": self._scratch}
        try:
            _ask(worker, order, None, seconds=LOAD_SECONDS)
        except DetectorFaultError:
            worker.end()  # it has said why, and must not be taken for one that is ready
            raise
        return worker


def _ask(worker: WorkerProcess, order: Values, image: Image | None, *, seconds: float) -> tuple[Values, Array | None]:
    try:
        values, array = worker.ask(order, image, seconds=seconds)
    except WorkerFaultError as error:
        raise DetectorFaultError(str(error)) from None
    if "error" in values:
        raise DetectorFaultError(_say_error(values["error"]))
    return values, array


def _say_error(error: object) -> str:
    """What the plugin's process says went wrong, as text that can be written anywhere: half a surrogate cannot."""
    return str(error)[:1000].encode(errors="replace").decode()
