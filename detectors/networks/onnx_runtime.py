"""ONNX Runtime sessions as this project opens them: on the CPU, one set of options for all."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from detectors.networks.memory import is_frugal, trim
from detectors.networks.optimised import GRAPH_FILE, WEIGHTS_FILE, find_place, note_use, remove_unused
from detectors.networks.threads import read_threads
from detectors.networks.whole import whole_folder

log = logging.getLogger(__name__)


class Session:
    """One loaded network. Calls from many threads are safe: ONNX Runtime sessions are."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name

    def run(self, batch: NDArray[np.generic]) -> list[NDArray[np.float32]]:
        """All outputs for one batch, in the order of the graph."""
        return list(self._session.run(None, {self._input: batch}))


def open_session(model: bytes | Path) -> Session:
    """Load a network from its bytes or its file. Raises ValueError where FACEJURY_THREADS is no number of threads."""
    opened = Session(_open(model, _options()))
    trim()  # loading needs the weights several times over
    return opened


def open_kept(sha256: str, read: Callable[[], bytes]) -> Session:
    """Load a network as ONNX Runtime optimised it for this processor when it was first loaded. Raises as open_session.

    sha256: of a network of ours, or of all that makes it. read: brings its bytes, where nothing is kept yet.
    """
    place = find_place(sha256)
    session = place and _reopen(place)
    if session is None:
        model = read()
        session = (place and _open_and_keep(model, place)) or _open(model, _options())
    trim()
    return Session(session)


def _options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = read_threads()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads take cores from the others
    options.add_session_config_entry("session.load_model_format", "ONNX")  # what was looked at; else it guesses
    options.enable_cpu_mem_arena = not is_frugal()
    options.enable_mem_pattern = False  # one block for all of a run keeps two fifths more memory, at the same speed
    options.log_severity_level = 3  # errors only: CenterFace's unused initializers are not news
    options.add_session_config_entry("session.use_device_allocator_for_initializers", "1")  # else in powers of two
    return options


def _open(model: bytes | Path, options: onnxruntime.SessionOptions) -> onnxruntime.InferenceSession:
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def _reopen(place: Path) -> onnxruntime.InferenceSession | None:
    """What was kept there; None where nothing was, or nothing that can be opened."""
    if not place.is_dir():
        return None
    options = _options()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL  # it was done then
    options.log_severity_level = 4  # a broken file is written anew, and no news
    try:
        session = _open(place / GRAPH_FILE, options)
    except Exception:  # ONNX Runtime's own kinds of errors have no base of their own
        log.warning("a kept network cannot be opened and is written anew", extra={"folder": place.name})
        return None
    note_use(place)
    return session


def _open_and_keep(model: bytes, place: Path) -> onnxruntime.InferenceSession | None:
    """A session whose optimised graph was kept; None where it could not be."""
    options = _options()
    try:
        with whole_folder(place) as fresh:
            remove_unused(place.parent)
            options.optimized_model_filepath = str(fresh / GRAPH_FILE)
            options.add_session_config_entry("session.optimized_model_external_initializers_file_name", WEIGHTS_FILE)
            options.add_session_config_entry("session.save_external_prepacked_constant_initializers", "1")
            return _open(model, options)
    except Exception as error:  # a full disk is an error of ONNX Runtime's own
        reason = type(error).__name__  # also where home is read-only
        log.info("a network cannot be kept for the next start", extra={"reason": reason})
        return None
