"""An untrusted plugin's detector in a process of its own: when it times out, outgrows its memory or crashes, only its
own verdict is lost.

One process a detector, kept warm, and started again after a fault. It reads the plugin's own folder, and writes to a
home and a folder for temporary files of its own.
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
import threading
import weakref
from pathlib import Path
from typing import Any

import platformdirs

from detectors.sandbox.confinement import Confinement
from detectors.sandbox.process import WorkerFaultError, WorkerProcess
from detectors.sandbox.protocol import MAX_HEATMAP_BYTES, MAX_LISTING_BYTES, Array, Values
from registry import DetectorSpec, Image, to_examine
from registry.contract import Clip, Examine, ExamineResult, Samples, Times

WORKER = "detectors.sandbox.worker"
LOAD_SECONDS = 60.0  # importing and loading, apart from the detector's own `seconds`
CACHES = {  # where libraries keep weights, in the plugin's home
    "XDG_CACHE_HOME": ".cache",
    "HF_HOME": ".cache/huggingface",
    "TORCH_HOME": ".cache/torch",
    "KERAS_HOME": ".keras",
    "MPLCONFIGDIR": ".cache/matplotlib",
    "NUMBA_CACHE_DIR": ".cache/numba",
}
HOMES = ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA")
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
        self._own = tempfile.mkdtemp(prefix="facejury-plugin-")
        self._remove_own = weakref.finalize(self, shutil.rmtree, self._own, ignore_errors=True)
        self._spec, self._memory, self._scratch = spec, memory, scratch
        self._lock = threading.Lock()
        self._worker: WorkerProcess | None = None
        self._closed = False

    def __call__(self, image: Image | Clip | Samples, more: Times | int | None = None) -> ExamineResult:
        """P(fake) of a uint8 RGB image (h, w, 3), alone or with a heat map; of a clip (t, h, w, 3) and its times; or of
        samples and their rate.

        Raises DetectorFaultError.
        """
        order: Values = {} if more is None else {"rate": more} if isinstance(more, int) else {"times": more.tolist()}
        values, heatmap = self.ask(order, image, seconds=self._spec.seconds)
        p_fake = values.get("p_fake")  # read_finding has checked it in the worker, and the jury checks it again
        return p_fake if heatmap is None else (p_fake, heatmap)  # type: ignore[return-value]

    def start(self) -> None:
        """Have the process running and the detector loaded. Raises DetectorFaultError."""
        with self._lock:
            self._start()

    def ask(self, order: Values, image: Array | None = None, *, seconds: float) -> tuple[Values, Array | None]:
        """The answer to one order. Raises DetectorFaultError; the order after a fault starts a new process."""
        with self._lock:
            return _ask(self._start(), order, image, seconds=seconds)

    def close(self) -> None:
        """End the process, also in the middle of a picture. What is asked afterwards is a DetectorFaultError."""
        self._closed = True
        if self._worker:
            self._worker.end()
        self._remove_own()

    def _start(self) -> WorkerProcess:
        if self._closed:
            raise DetectorFaultError("its process has been closed")
        if self._worker and self._worker.runs:
            return self._worker
        reach = reach_of(self._spec.plugin, scratch=self._scratch or self._own)
        self._worker = worker = WorkerProcess(WORKER, memory=self._memory, limit=MAX_HEATMAP_BYTES, reach=reach)
        order = {"plugin": self._spec.plugin, "key": self._spec.key, "memory": self._memory, "scratch": self._scratch}
        try:
            _ask(worker, order, None, seconds=LOAD_SECONDS)
        except DetectorFaultError:
            worker.end()  # it has said why, and must not be taken for one that is ready
            raise
        return worker


def ask_apart(plugin: str) -> list[dict[str, Any]]:
    """What an added plugin registers, asked in a process of its own: each detector's arguments, but for `load`.

    Unchecked: it may be anything. Raises DetectorFaultError.
    """
    with tempfile.TemporaryDirectory(prefix="facejury-plugin-", ignore_cleanup_errors=True) as scratch:
        reach = reach_of(plugin, scratch=scratch)
        worker = WorkerProcess(WORKER, memory=MEMORY_BYTES, limit=MAX_LISTING_BYTES, reach=reach)
        try:
            _, listing = _ask(worker, {"list": plugin, "memory": MEMORY_BYTES}, None, seconds=LOAD_SECONDS)
        finally:
            worker.end()
    try:
        return list(json.loads(b"" if listing is None else listing.tobytes()))
    except (TypeError, ValueError, RecursionError) as error:
        raise DetectorFaultError(f"its process sent no readable answer: {error}") from error


def reach_of(plugin: str, *, scratch: str) -> Confinement:
    """What the process of a plugin may reach. scratch: its folder for temporary files."""
    home = find_home(plugin, scratch)
    variables = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), scratch)
    if sys.platform == "linux":  # elsewhere the folder of fetched networks is found by the home alone
        variables |= {"HOME": str(home), "XDG_DATA_HOME": str(platformdirs.user_data_path())}
    else:
        variables |= {name: os.environ[name] for name in HOMES if name in os.environ}
    variables |= {name: str(home / folder) for name, folder in CACHES.items()}
    folders = [fetched_folder()]
    if os.path.isabs(plugin):
        folders.append(Path(plugin) if Path(plugin).is_dir() else Path(plugin).parent)
    return Confinement(tuple(folders), writable=(Path(scratch), home), variables=tuple(variables.items()))


def find_home(plugin: str, scratch: str) -> Path:
    """A folder in the user's cache that is this plugin's alone; without one, scratch itself.

    Not a folder in scratch, where the plugin could have put a link by that name.
    """
    name = hashlib.sha256(plugin.encode(errors="surrogateescape")).hexdigest()[:16]
    home = platformdirs.user_cache_path("facejury") / "plugins" / name
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return Path(scratch)
    return home


def fetched_folder() -> Path:
    """Where networks fetched from the Hub are kept: hub/ in the user's data folder."""
    return platformdirs.user_data_path("facejury") / "hub"


def _ask(worker: WorkerProcess, order: Values, image: Array | None, *, seconds: float) -> tuple[Values, Array | None]:
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
