"""Malicious networks and model folders, added as anybody adds one: a failed verdict, one sentence, bounded time."""

import hashlib
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from detectors.conformance import samples
from detectors.jury.about import describe
from detectors.jury.wording import say_error
from detectors.networks.resolve import SourceError, add_source
from detectors.sandbox import isolated_detector
from detectors.sandbox.isolated_detector import DetectorFaultError, IsolatedDetector
from registry import Registry

pytestmark = pytest.mark.slow
MEMORY = 500_000_000
SECONDS = 3.0
OUTPUTS = [("p_fake", (1, 1)), ("heatmap", (1, 2, 2))]


def network(*nodes: onnx.NodeProto, **constants: np.ndarray) -> bytes:
    """A network that answers .125 and a flat heat map, after these nodes."""
    values = {"level": np.full((1, 1), 0.125, np.float32), "heat": np.full((1, 2, 2), 0.5, np.float32)} | constants
    answers = [helper.make_node("Identity", [name], [out]) for name, (out, _) in zip(values, OUTPUTS, strict=False)]
    graph = helper.make_graph(
        [*nodes, *answers],
        "graph",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, (1, 32, 32, 3))],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in OUTPUTS],
        [numpy_helper.from_array(value, name) for name, value in values.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()


def growing() -> bytes:
    """A shape of a million million numbers, made while it runs and needed for the answer."""
    shape = np.array([1, 1 << 20, 1 << 20], np.int64)
    nodes = [
        helper.make_node("ConstantOfShape", ["shape"], ["huge"]),
        helper.make_node("ReduceMax", ["huge"], ["most"], keepdims=0),
        helper.make_node("Add", ["start", "most"], ["level"]),
    ]
    return without_level(network(*nodes, shape=shape, start=np.full((1, 1), 0.125, np.float32)))


def doubling() -> bytes:
    """Sixty doublings of a small constant: a kilobyte of file, as much memory as there is."""
    nodes = [helper.make_node("Concat", [f"x{step}", f"x{step}"], [f"x{step + 1}"], axis=0) for step in range(45)]
    nodes += [
        helper.make_node("ReduceMax", ["x45"], ["most"], keepdims=0),
        helper.make_node("Add", ["start", "most"], ["level"]),
    ]
    return without_level(network(*nodes, x0=np.zeros(64, np.float32), start=np.full((1, 1), 0.125, np.float32)))


def looping() -> bytes:
    """A loop of nine million million million rounds."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["on"], ["on_again"]),
            helper.make_node("Sin", ["carried"], ["carried_on"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("round", TensorProto.INT64, ()),
            helper.make_tensor_value_info("on", TensorProto.BOOL, ()),
            helper.make_tensor_value_info("carried", TensorProto.FLOAT, (1, 1)),
        ],
        [
            helper.make_tensor_value_info("on_again", TensorProto.BOOL, ()),
            helper.make_tensor_value_info("carried_on", TensorProto.FLOAT, (1, 1)),
        ],
    )
    nodes = [
        helper.make_node("Loop", ["rounds", "on", "noise"], ["level"], body=body),
        helper.make_node("ReduceMax", ["light"], ["most"], keepdims=0),
        helper.make_node("Mul", ["start", "most"], ["noise"]),
        helper.make_node("Cast", ["image"], ["light"], to=TensorProto.FLOAT),
    ]
    rounds, on = np.array(2**62, np.int64), np.array(True)
    ordered = [nodes[3], nodes[1], nodes[2], nodes[0]]
    return without_level(network(*ordered, rounds=rounds, on=on, start=np.full((1, 1), 0.125, np.float32)))


def without_level(data: bytes) -> bytes:
    """The answer comes from a node, not from the constant of its name."""
    model = onnx.ModelProto.FromString(data)
    kept = [one for one in model.graph.initializer if one.name != "level"]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    return model.SerializeToString()


def claiming() -> bytes:
    """A constant that says it has a million million numbers, and has four bytes."""
    model = onnx.ModelProto.FromString(network())
    model.graph.initializer[0].dims[:] = [1 << 20, 1 << 20]
    return model.SerializeToString()


def negative() -> bytes:
    model = onnx.ModelProto.FromString(network())
    model.graph.initializer[0].dims[:] = [-1, -(2**62)]
    return model.SerializeToString()


def elsewhere() -> bytes:
    model = onnx.ModelProto.FromString(network())
    onnx.external_data_helper.set_external_data(model.graph.initializer[0], location="/etc/passwd", length=4)
    model.graph.initializer[0].data_location = TensorProto.EXTERNAL
    return model.SerializeToString()


def strange() -> bytes:
    return network(helper.make_node("Shell", ["image"], ["nothing"], domain="com.example"))


def crowded() -> bytes:
    """A hundred thousand nodes in a row."""
    nodes = [helper.make_node("Sin", [f"y{step}"], [f"y{step + 1}"]) for step in range(100_000)]
    nodes.append(helper.make_node("Identity", ["y100000"], ["level"]))
    return without_level(network(*nodes, y0=np.full((1, 1), 0.125, np.float32)))


def nested() -> bytes:
    """Branches in branches, thousands deep, as no library would write them."""
    graph = b""
    for _ in range(5000):  # AttributeProto: name, type GRAPH, g; NodeProto: op_type, attribute; GraphProto: node
        branch = field(1, b"then_branch") + b"\xa0\x01\x05" + field(6, graph)
        graph = field(1, field(4, b"If") + field(5, branch))
    return b"\x08\x09" + field(7, graph)  # ModelProto: ir_version, graph


def field(number: int, content: bytes) -> bytes:
    """One of protobuf's fields of bytes."""
    length, size = b"", len(content)
    while size > 127:
        length, size = length + bytes([size & 127 | 128]), size >> 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + content


NETWORKS: dict[str, Callable[[], bytes]] = {
    make.__name__: make
    for make in (growing, doubling, looping, claiming, negative, elsewhere, strange, crowded, nested)
}


def pack(folder: Path, data: bytes, **changed: object) -> Path:
    """A model folder whose config.json is true of it, but for what is changed."""
    folder.mkdir()
    (folder / "model.onnx").write_bytes(data)
    files = {"model.onnx": hashlib.sha256(data).hexdigest()}
    values = {"schema": 1, "key": "evil", "title": "Evil", "pixels": 32, "seconds": SECONDS, "files": files}
    (folder / "config.json").write_text(json.dumps(values | changed))
    return folder


def judge(folder: Path) -> str:
    """What its verdict fails with; empty where it gives one."""
    spec = add_source(Registry(()), str(folder))["evil"]
    detector = IsolatedDetector(spec, memory=MEMORY)
    try:
        detector(samples.flat(9))
    except DetectorFaultError as fault:
        return say_error(fault)
    finally:
        detector.close()
    return ""


def test_a_sound_network_of_that_make_is_judged_by(tmp_path: Path) -> None:
    assert judge(pack(tmp_path / "sound", network())) == ""


@pytest.mark.parametrize("name", NETWORKS)
def test_a_malicious_network_fails_in_one_sentence_and_bounded_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(isolated_detector, "LOAD_SECONDS", 15.0)
    began = time.monotonic()
    said = judge(pack(tmp_path / name, NETWORKS[name]()))
    assert said, "it answered"
    assert "\n" not in said
    assert str(tmp_path) not in said
    assert time.monotonic() - began < 40


@pytest.mark.parametrize("kind", ["sparse", "pipe", "device"])
@pytest.mark.parametrize("name", ["model.onnx", "metrics.json", "config.json", "README.md"])
def test_a_file_without_an_end_holds_nobody_up(tmp_path: Path, name: str, kind: str) -> None:
    """Three gigabytes of nothing, a pipe nobody writes to, and /dev/zero by a link."""
    folder = pack(tmp_path / "endless", network())
    path = folder / name
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.touch()
        os.truncate(path, 3_000_000_000)
    began = time.process_time()
    with suppress(SourceError):  # where it is the file that makes it a model folder
        (spec,) = add_source(Registry(()), str(folder))
        describe(spec)
    assert time.process_time() - began < 2


@pytest.mark.parametrize("name", ["../secret.onnx", "/etc/passwd", "..", "a/b.onnx"])
def test_a_config_that_names_files_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    folder = pack(tmp_path / "elsewhere", network())
    config = json.loads((folder / "config.json").read_text())
    config["files"][name] = config["files"]["model.onnx"]
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(SourceError, match=r"files must stand beside config\.json"):
        add_source(Registry(()), str(folder))
