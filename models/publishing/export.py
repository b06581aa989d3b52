"""From a trained network to the files that are served: calibration folded in, ONNX checked against Keras.

Weights are rounded to float16 once, so that both files hold the same numbers; model.onnx stores them as float16
behind a Cast that ONNX Runtime folds at load (it computes in float32), model.keras is zipped with deflate.
"""

import hashlib
import tempfile
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
from keras import ops
from numpy.typing import NDArray
from onnx import numpy_helper

from detectors.networks.folder import CONFIG, MODEL, Config
from detectors.networks.onnx_runtime import open_session
from models.errors import ExportError
from models.training.batches import Images
from models.training.calibration import Calibration

KERAS_MODEL = "model.keras"
ROUNDING = 0.02  # on p_fake, between the trained weights and the same as float16
TOLERANCE = 1e-4  # on p_fake and the heat map, between ONNX Runtime and Keras, on real crops
MIN_STORED_AS_HALF = 256  # numbers; smaller tensors are not worth a Cast


def export(model: keras.Model, calibration: Calibration, folder: Path, *, config: Config, crops: Images) -> Config:
    """Write model.keras, model.onnx and config.json. crops: real faces to check on. Raises ExportError.

    Returns the config with the files' hashes.
    """
    serving = build_serving(model, calibration)
    check_rounding(model, calibration, serving, crops)
    return _write(serving, folder, config=config, inputs=crops)


def _write(serving: keras.Model, folder: Path, *, config: Config, inputs: NDArray[Any]) -> Config:
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch)
        _save_keras(serving, fresh / KERAS_MODEL)
        (fresh / MODEL).write_bytes(_to_onnx(serving, fresh))
        check_same(serving, fresh / MODEL, inputs)
        folder.mkdir(parents=True, exist_ok=True)
        files = {name: (fresh / name).read_bytes() for name in (MODEL, KERAS_MODEL)}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    config = replace(config, files=hashes, parameters=serving.count_params())
    (folder / CONFIG).write_text(config.as_json(), encoding="utf-8")
    return config


def export_plain(model: keras.Model, folder: Path, *, config: Config, inputs: NDArray[Any]) -> Config:
    """The same for a network that is served as it is: weights rounded, its own outputs. inputs: to check on.

    Raises ExportError where ONNX Runtime and Keras differ.
    """
    serving = keras.models.clone_model(model)
    rounded = [weights.astype(np.float16).astype(np.float32) for weights in model.get_weights()]
    serving.set_weights(rounded)
    return _write(serving, folder, config=config, inputs=inputs)


def build_serving(model: keras.Model, calibration: Calibration) -> keras.Model:
    """uint8 RGB (n, s, s, 3) -> p_fake (n, 1), heat map (n, h, w) in [0, 1]; weights rounded to float16.

    Platt's calibration is a scale and a shift of the logit, so it is folded into the evidence layer, and the heat map
    is on the same fixed scale: P(fake) if every place looked like this one.
    """
    model = fold_calibration(model, calibration, layer="evidence")
    model.set_weights([weights.astype(np.float16).astype(np.float32) for weights in model.get_weights()])
    evidence = model.get_layer("evidence").output
    p_fake = keras.layers.Activation("sigmoid", name="p_fake")(model.output)
    heatmap = keras.layers.Activation("sigmoid", name="heatmap")(ops.squeeze(evidence, axis=-1))
    return keras.Model(model.input, [p_fake, heatmap])


def fold_calibration(model: keras.Model, calibration: Calibration, *, layer: str) -> keras.Model:
    """A copy whose layer of that name, the last one of its branch, gives calibrated logits."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())  # a clone begins with weights of its own
    last = copy.get_layer(layer)
    kernel, bias = last.get_weights()
    last.set_weights([kernel * calibration.scale, bias * calibration.scale + calibration.shift])
    return copy


def _save_keras(model: keras.Model, path: Path) -> None:
    """model.keras, its zip entries deflated. Not the same bytes twice: Keras writes object ids into its config."""
    plain = path.with_name("plain.keras")
    model.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))


def _to_onnx(model: keras.Model, scratch: Path) -> bytes:
    path = scratch / "plain.onnx"
    given = model.input
    signature = [keras.InputSpec(shape=(None, *given.shape[1:]), dtype=given.dtype, name=given.name)]
    with warnings.catch_warnings():  # keras asks numpy for np.object, and numpy warns of what it will be
        warnings.filterwarnings("ignore", "In the future `np.object`", FutureWarning)
        model.export(path, format="onnx", input_signature=signature, verbose=False)
    graph = onnx.load(path)
    _store_as_half(graph.graph)
    onnx.checker.check_model(graph)
    return bytes(graph.SerializeToString())


def _store_as_half(graph: onnx.GraphProto) -> None:
    """Keep as float16 what float16 holds exactly, with a Cast back in front of whoever reads it."""
    for tensor in list(graph.initializer):
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size >= MIN_STORED_AS_HALF and _fits_half(values):
            stored = numpy_helper.from_array(values.astype(np.float16), f"{tensor.name}/half")
            cast = onnx.helper.make_node("Cast", [stored.name], [tensor.name], to=onnx.TensorProto.FLOAT)
            graph.initializer.remove(tensor)
            graph.initializer.append(stored)
            graph.node.insert(0, cast)


def _fits_half(values: NDArray[Any]) -> bool:
    return bool(np.array_equal(values, values.astype(np.float16).astype(np.float32)))


def check_rounding(model: keras.Model, calibration: Calibration, serving: keras.Model, crops: Images) -> float:
    """How far p_fake of the network that is served is from the trained one's, calibrated. Raises ExportError."""
    logits = np.asarray(model.predict_on_batch(crops), dtype=np.float64)
    served, _ = serving.predict_on_batch(crops)
    worst = float(np.abs(calibration.apply(logits) - np.asarray(served)).max())
    if not worst <= ROUNDING:
        raise ExportError(f"rounding the weights to float16 moves p_fake by {worst:.2g}, allowed are {ROUNDING}")
    return worst


def check_same(model: keras.Model, onnx_file: Path, crops: NDArray[Any]) -> float:
    """The largest difference between Keras and ONNX Runtime on these crops. Raises ExportError above 1e-4."""
    session = open_session(onnx_file)
    worst = 0.0
    for crop in crops:
        answers = model.predict_on_batch(crop[None])
        expected = [np.asarray(output) for output in (answers if isinstance(answers, list) else [answers])]
        found = session.run(crop[None])
        if [output.shape for output in found] != [output.shape for output in expected]:
            raise ExportError(f"ONNX gives shapes {[o.shape for o in found]}, Keras {[o.shape for o in expected]}")
        differences = [float(np.abs(a - b).max()) for a, b in zip(expected, found, strict=True)]
        worst = float(np.max([worst, *differences]))  # np.max: a NaN must not pass as no difference
    if not worst <= TOLERANCE:
        raise ExportError(f"ONNX and Keras differ by {worst:.2g}, allowed are {TOLERANCE:.0e}")
    return worst
