"""How much a network computes: two operations for every multiplication and addition of its convolutions and products.

Counted from the shapes that really occur, by running the network once. What is left out (additions of bias,
activations, pooling) is a few per cent.
"""

import math

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import numpy_helper

COUNTED = ("Conv", "ConvTranspose", "MatMul")


def count_gflop(model: bytes, batch: NDArray[np.generic]) -> float:
    """10^9 floating point operations of one run on this batch."""
    graph = onnx.ModelProto.FromString(model).graph
    nodes = [node for node in graph.node if node.op_type in COUNTED]
    made = _shapes(model, [node.output[0] for node in nodes], batch)
    weights = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    weights |= {node.output[0]: weights[node.input[0]] for node in graph.node if _is_stored_as_half(node, weights)}
    weights |= {node.output[0]: _constant_shape(node) for node in graph.node if node.op_type == "Constant"}
    operations = sum(2 * math.prod(made[node.output[0]]) * _per_number(node, weights[node.input[1]]) for node in nodes)
    return float(operations / 1e9)


def _is_stored_as_half(node: onnx.NodeProto, weights: dict[str, tuple[int, ...]]) -> bool:
    return node.op_type == "Cast" and node.input[0] in weights


def _constant_shape(node: onnx.NodeProto) -> tuple[int, ...]:
    return tuple(numpy_helper.to_array(node.attribute[0].t).shape) if node.attribute[0].HasField("t") else ()


def _per_number(node: onnx.NodeProto, weights: tuple[int, ...]) -> float:
    """Multiplications for one number of the output. Weights: Conv (out, in, h, w), ConvTranspose (in, out, h, w)."""
    if node.op_type == "Conv":
        return math.prod(weights[1:])
    if node.op_type == "ConvTranspose":
        steps = next(tuple(attribute.ints) for attribute in node.attribute if attribute.name == "strides")
        return float(math.prod(weights) / (weights[1] * math.prod(steps)))
    return weights[0]


def _shapes(model: bytes, names: list[str], batch: NDArray[np.generic]) -> dict[str, tuple[int, ...]]:
    """The shapes of these inner results."""
    asked = onnx.ModelProto.FromString(model)
    known = {output.name for output in asked.graph.output}
    asked.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in known)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(asked.SerializeToString(), options, providers=["CPUExecutionProvider"])
    outputs = session.run(names, {session.get_inputs()[0].name: batch})
    return {name: output.shape for name, output in zip(names, outputs, strict=True)}
