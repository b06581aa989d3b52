"""A served network in PyTorch, operation by operation: what the same numbers cost in eager mode.

PyTorch is no dependency. Where it is installed, `facejury models speed` compares with it.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

from models.errors import ModelsError
from registry import Image

Run = Callable[[Image], float]
Operation = Callable[..., Any]


def open_in_torch(model: bytes) -> Run:
    """uint8 RGB (1, s, s, 3) -> p_fake. Raises ModelsError for an operation that is not known here."""
    import torch

    graph = settle_shapes(model).graph
    known = {tensor.name: torch.from_numpy(numpy_helper.to_array(tensor).copy()) for tensor in graph.initializer}
    steps = [(_operation(node), list(node.input), node.output[0]) for node in graph.node]
    image, p_fake = graph.input[0].name, graph.output[0].name

    def run(batch: Image) -> float:
        values = known | {image: torch.from_numpy(batch)}
        with torch.inference_mode():
            for operation, names, result in steps:
                values[result] = operation(*(values[name] for name in names if name))
        return float(values[p_fake])

    return run


def settle_shapes(model: bytes) -> onnx.ModelProto:
    """The network for one picture at a time: what can be computed beforehand is."""
    batch = onnx.ModelProto.FromString(model).graph.input[0].type.tensor_type.shape.dim[0].dim_param
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 3
    if batch:
        options.add_free_dimension_override_by_name(batch, 1)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "settled.onnx"
        options.optimized_model_filepath = str(path)
        onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        return onnx.load(path)


def _operation(node: onnx.NodeProto) -> Operation:
    make = OPERATIONS.get(node.op_type)
    if make is None:
        raise ModelsError(f"the operation {node.op_type} is not known for PyTorch here")
    return make({attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute})


Attributes = Mapping[str, Any]


def _convolve(given: Attributes) -> Operation:
    from torch.nn.functional import conv2d, pad

    border = _border(given)
    same = border[:2] == border[2:]

    def run(x: Any, kernel: Any, bias: Any = None) -> Any:
        x = x if same else pad(x, (border[1], border[3], border[0], border[2]))
        return conv2d(x, kernel, bias, given["strides"], border[:2] if same else 0, 1, given.get("group", 1))

    return run


def _average(given: Attributes) -> Operation:
    from torch.nn.functional import avg_pool2d

    border, counted = _border(given), bool(given.get("count_include_pad", 0))
    return lambda x: avg_pool2d(x, given["kernel_shape"], given["strides"], border[:2], False, counted)


def _border(given: Attributes) -> Sequence[int]:
    """Top, left, bottom, right."""
    return given.get("pads", [0, 0, 0, 0])  # type: ignore[no-any-return]


def _mean(given: Attributes) -> Operation:
    kept = bool(given.get("keepdims", 1))
    return lambda x, axes=None: x.mean(given["axes"] if axes is None else axes.tolist(), kept)


def _cast(given: Attributes) -> Operation:
    import torch

    dtype = torch.from_numpy(np.empty(0, onnx.helper.tensor_dtype_to_np_dtype(given["to"]))).dtype
    return lambda x: x.to(dtype)


def _concatenate(given: Attributes) -> Operation:
    import torch

    return lambda *parts: torch.cat(parts, given["axis"])


def _slice(given: Attributes) -> Operation:
    def run(x: Any, starts: Any, ends: Any, axes: Any, steps: Any) -> Any:
        cut = [slice(None)] * x.ndim
        for axis, start, end, step in zip(*(part.tolist() for part in (axes, starts, ends, steps)), strict=True):
            cut[axis] = slice(start, end, step)
        return x[tuple(cut)]

    return run


def _unsqueeze(given: Attributes) -> Operation:
    def run(x: Any, axes: Any) -> Any:
        for axis in sorted(axes.tolist()):
            x = x.unsqueeze(axis)
        return x

    return run


OPERATIONS: dict[str, Callable[[Attributes], Operation]] = {
    "Add": lambda _: lambda a, b: a + b,
    "AveragePool": _average,
    "Cast": _cast,
    "Clip": lambda _: lambda x, low=None, high=None: x.clamp(low, high),
    "Concat": _concatenate,
    "Conv": _convolve,
    "Div": lambda _: lambda a, b: a / b,
    "GlobalAveragePool": lambda _: lambda x: x.mean((2, 3), True),
    "Identity": lambda _: lambda x: x,
    "MatMul": lambda _: lambda a, b: a @ b,
    "Mul": lambda _: lambda a, b: a * b,
    "ReduceMean": _mean,
    "Relu": lambda _: lambda x: x.relu(),
    "Reshape": lambda _: lambda x, shape: x.reshape(shape.tolist()),
    "Sigmoid": lambda _: lambda x: x.sigmoid(),
    "Slice": _slice,
    "Squeeze": lambda _: lambda x, axes: x.squeeze(axes.tolist()),
    "Sub": lambda _: lambda a, b: a - b,
    "Tile": lambda _: lambda x, repeats: x.tile(repeats.tolist()),
    "Transpose": lambda given: lambda x: x.permute(given["perm"]),
    "Unsqueeze": _unsqueeze,
}
