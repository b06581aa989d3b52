"""A detector on the Hub that says the same of every picture."""

import hashlib
import json

import onnx
from onnx import TensorProto, helper

REPO = "ada/steady"


def make_network(p_fake: float = 0.125) -> bytes:
    """Says the same of every picture: uint8 (n, 16, 16, 3) -> p_fake (n, 1), heat map (n, 2, 2)."""
    nodes = [
        helper.make_node("Shape", ["image"], ["count"], start=0, end=1),
        helper.make_node("Concat", ["count", "one"], ["shape"], axis=0),
        helper.make_node("Concat", ["count", "two", "two"], ["map"], axis=0),
        helper.make_node("Expand", ["answer", "shape"], ["p_fake"]),
        helper.make_node("Expand", ["answer", "map"], ["heatmap"]),
    ]
    constants = [
        helper.make_tensor("one", TensorProto.INT64, [1], [1]),
        helper.make_tensor("two", TensorProto.INT64, [1], [2]),
        helper.make_tensor("answer", TensorProto.FLOAT, [1], [p_fake]),
    ]
    graph = helper.make_graph(
        nodes,
        "steady",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", 16, 16, 3])],
        [
            helper.make_tensor_value_info("p_fake", TensorProto.FLOAT, ["n", 1]),
            helper.make_tensor_value_info("heatmap", TensorProto.FLOAT, ["n", 2, 2]),
        ],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def make_files(network: bytes, **config: object) -> dict[str, bytes]:
    files = {"model.onnx": hashlib.sha256(network).hexdigest(), "model.keras": "0" * 64}
    values = {"schema": 1, "key": "efficientnet", "title": "EfficientNet-Lite0", "pixels": 16, "files": files}
    return {
        "model.onnx": network,
        "config.json": json.dumps(values | config).encode(),
        "README.md": b"---\nlicense: mit\n---\nSteady.",
        "model.keras": b"a program in disguise",
        "setup.py": b"raise SystemExit",
    }
