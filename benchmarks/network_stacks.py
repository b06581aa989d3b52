"""One network on one crop: as it is served, as Keras and TensorFlow run it, in PyTorch, and the machine's peak."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.conformance import samples
from detectors.networks.folder import WEIGHTS, fit, load_folder, read_config, read_network
from registry import Image

KERAS_MODEL = "model.keras"
MATRIX = 1536  # side of the matrices whose product is the measured peak: 7.2 GFLOP

Task = Callable[[], object]
Tasks = dict[str, Task]


def open_onnx(key: str) -> Tasks:
    """The network as it is served, and without its heat map."""
    import onnx

    from detectors.networks.onnx_runtime import open_session

    batch = _crop(key)[None]
    graph = onnx.ModelProto.FromString(read_network(WEIGHTS / key))
    del graph.graph.output[1:]
    served, bare = open_session(read_network(WEIGHTS / key)), open_session(graph.SerializeToString())
    return {"onnx": lambda: served.run(batch), "onnx without map": lambda: bare.run(batch)}


def open_predict(key: str) -> Tasks:
    """The same network as Keras gives it to most: `model.predict`."""
    model, batch = load_keras_model(key), _crop(key)[None]
    return {"predict": lambda: model.predict(batch, verbose=0)}


def open_savedmodel(key: str) -> Tasks:
    """The same network as a TensorFlow SavedModel, numpy in and out."""
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as scratch:
        load_keras_model(key).export(scratch, format="tf_saved_model", verbose=False)
        served = tf.saved_model.load(scratch)
        batch = _crop(key)[None]

        def call() -> list[NDArray[Any]]:
            return [output.numpy() for output in served.serve(batch)]

        call()  # variables are read with the first call at the latest
    return {"savedmodel": call}


def open_torch(key: str) -> Tasks:
    """The same network in PyTorch, in eager mode. Raises ExportError where its answer differs."""
    from benchmarks.torch_graph import open_in_torch
    from models.errors import ExportError

    run, batch = open_in_torch(read_network(WEIGHTS / key)), _crop(key)[None]
    expected, found = load_folder(WEIGHTS / key).examine(samples.portrait())[0], run(batch)
    if abs(expected - found) > 1e-4:
        raise ExportError(f"PyTorch gives {found:.6f}, ONNX Runtime {expected:.6f}")
    return {"torch": lambda: run(batch)}


def open_peak(_: str) -> Tasks:
    """The largest matrix product at hand: what this machine can do at most, in this very run."""
    import onnx

    from detectors.networks.onnx_runtime import open_session

    ones = np.ones((MATRIX, MATRIX), np.float32)
    real, shape = onnx.TensorProto.FLOAT, [MATRIX, MATRIX]
    values = [onnx.helper.make_tensor_value_info(name, real, shape) for name in "ac"]
    node = onnx.helper.make_node("MatMul", ["a", "b"], ["c"])
    constant = onnx.numpy_helper.from_array(ones, "b")
    graph = onnx.helper.make_graph([node], "product", values[:1], values[1:], [constant])
    opset = [onnx.helper.make_opsetid("", 17)]
    session = open_session(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString())
    return {"numpy": lambda: ones @ ones, "onnxruntime": lambda: session.run(ones)}


def _crop(key: str) -> Image:
    config = read_config(WEIGHTS / key)
    return fit(samples.portrait(), config.pixels, config.mode)


def load_keras_model(key: str) -> Any:
    """The network of a key as it was trained."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras

    return keras.saving.load_model(Path(WEIGHTS / key / KERAS_MODEL), compile=False)
