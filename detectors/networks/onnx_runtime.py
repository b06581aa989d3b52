"""ONNX Runtime sessions as this project opens them: on the CPU, one set of options for all."""

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from detectors.networks.memory import trim
from detectors.networks.threads import read_threads


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
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = read_threads()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads take cores from the others
    options.add_session_config_entry("session.load_model_format", "ONNX")  # what was looked at; else it guesses
    options.enable_mem_pattern = False  # one block for all of a run keeps two fifths more memory, at the same speed
    options.log_severity_level = 3  # errors only: CenterFace's unused initializers are not news
    options.add_session_config_entry("session.use_device_allocator_for_initializers", "1")  # else in powers of two
    source = model if isinstance(model, bytes) else str(model)
    session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    trim()  # loading needs the weights several times over
    return Session(session)
