"""A network that was trained elsewhere becomes a model folder: looked at, tried on a face, described in config.json.

`facejury models import-onnx network.onnx --key my-net --to my-net/`
"""

import hashlib
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx

from detectors.conformance.samples import noise, portrait
from detectors.networks.files import read_plain_file
from detectors.networks.folder import CONFIG, MAX_NETWORK_BYTES, MODEL, Config, fit
from detectors.networks.onnx_check import NetworkError, check_network
from detectors.networks.onnx_runtime import open_session
from models.errors import NetworkRefused
from registry.contract import read_finding

INPUT_RULE = "its one input must be a picture, uint8 of shape (n, s, s, 3), RGB, with s from 8 to 2048; got {got}"
OUTPUT_RULE = "its first output must be p_fake in [0, 1], of shape (n, 1): {said}"
HEATMAP_RULE = "its second output, if it has one, must be heat maps of shape (n, h, w), got shape {shape}"


def import_network(network: Path, folder: Path, *, config: Config) -> Config:
    """Write model.onnx and config.json into `folder`. config: all but pixels, parameters and files.

    Raises NetworkRefused for what cannot be read as one file, or does not keep to the contract of model folders
    (docs/plugins.md), OSError where nothing can be written.
    """
    try:
        data = read_plain_file(network, MAX_NETWORK_BYTES)
    except OSError as error:
        raise NetworkRefused(f"{network.name}: {error.strerror or error}") from error
    except ValueError as error:  # which names the file
        raise NetworkRefused(str(error)) from error
    try:
        check_network(data)
    except NetworkError as error:
        raise NetworkRefused(f"{network.name}: {error}") from error
    graph = onnx.load_from_string(data).graph
    try:
        pixels = _read_side(graph)
        _try(data, pixels, config)
    except ValueError as error:
        raise NetworkRefused(f"{network.name}: {error}") from error
    parameters = sum(math.prod(tensor.dims) for tensor in graph.initializer)
    files = {MODEL: hashlib.sha256(data).hexdigest()}
    config = replace(config, pixels=pixels, parameters=parameters, files=files)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_bytes(data)
    (folder / CONFIG).write_text(config.as_json(), encoding="utf-8")
    return config


def _read_side(graph: onnx.GraphProto) -> int:
    """The side of the square that it takes. Raises ValueError."""
    held = {tensor.name for tensor in graph.initializer}
    given = [one for one in graph.input if one.name not in held]
    tensors = [one.type.tensor_type for one in given]
    shapes = [[axis.dim_value or axis.dim_param or "?" for axis in tensor.shape.dim] for tensor in tensors]
    kinds = [onnx.TensorProto.DataType.Name(tensor.elem_type).lower() for tensor in tensors]
    got = ", ".join(f"{kind} {tuple(shape)}" for kind, shape in zip(kinds, shapes, strict=True)) or "none"
    if len(given) != 1 or kinds != ["uint8"] or len(shapes[0]) != 4 or shapes[0][3] != 3:
        raise ValueError(INPUT_RULE.format(got=got))
    _, height, width, _ = shapes[0]
    if height != width or not isinstance(height, int) or not 8 <= height <= 2048:
        raise ValueError(INPUT_RULE.format(got=got))
    return height


def _try(network: bytes, pixels: int, config: Config) -> None:
    """A face and noise, one after the other as they are judged. Raises ValueError."""
    try:
        session = open_session(network)
        answers = [session.run(fit(image, pixels, config.mode)[None]) for image in (portrait(), noise())]
    except Exception as error:  # ONNX Runtime has no one class for what a graph can do wrong
        raise ValueError(f"it cannot be run: {error}") from error
    for p_fake, *heatmaps in answers:
        if np.shape(p_fake) != (1, 1):
            raise ValueError(OUTPUT_RULE.format(said=f"got shape {np.shape(p_fake)}"))
        try:
            read_finding(float(p_fake[0, 0]))
        except ValueError as error:
            raise ValueError(OUTPUT_RULE.format(said=error)) from error
        if heatmaps and np.ndim(heatmaps[0]) != 3:
            raise ValueError(HEATMAP_RULE.format(shape=np.shape(heatmaps[0])))
        if heatmaps:
            read_finding((float(p_fake[0, 0]), np.asarray(heatmaps[0][0])))
