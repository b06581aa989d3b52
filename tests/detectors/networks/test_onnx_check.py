"""A network from anybody is looked at before it is run: whole, well formed, of ONNX's own operators, or refused."""

import hashlib
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from detectors.conformance import samples
from detectors.faces.centerface import read_finder
from detectors.networks.folder import WEIGHTS
from detectors.networks.onnx_check import NetworkError, check_network
from detectors.networks.onnx_runtime import open_session
from tests.command import FACEJURY

ROOT = Path(__file__).parents[3]
ELSEWHERE = ("/etc/passwd", "../../../../../../etc/passwd", "numbers.bin", "/dev/zero")
Change = Callable[[onnx.ModelProto], object]


def make_network(*, change: Change = bool) -> bytes:
    """A network that answers 0.125 and a flat heat map, changed as asked."""
    outputs = [("p_fake", (1, 1)), ("heatmap", (1, 2, 2))]
    numbers = [
        helper.make_tensor("level", TensorProto.FLOAT, (1, 1), [0.125]),
        helper.make_tensor("heat", TensorProto.FLOAT, (1, 2, 2), [0.5] * 4),
    ]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["level"], ["p_fake"]), helper.make_node("Identity", ["heat"], ["heatmap"])],
        "flat",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, (1, 32, 32, 3))],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs],
        numbers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    change(model)
    return bytes(model.SerializeToString())


def take_from(location: str) -> Change:
    """Have the numbers read from another file."""

    def change(model: onnx.ModelProto) -> None:
        level = model.graph.initializer[0]
        level.ClearField("float_data")
        level.data_location = TensorProto.EXTERNAL
        level.external_data.add(key="location", value=location)

    return change


def hide_in_a_branch(model: onnx.ModelProto) -> None:
    """Outside data deep in a subgraph."""
    hidden = TensorProto(name="hidden", data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    inner = helper.make_graph([helper.make_node("Constant", [], ["out"], value=hidden)], "inner", [], [])
    model.graph.node.append(helper.make_node("If", ["image"], ["out"], then_branch=inner, else_branch=inner))


def hide_in_a_sparse_tensor(model: onnx.ModelProto) -> None:
    """Outside data in a sparse initializer's values."""
    values = TensorProto(name="hidden", data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    model.graph.sparse_initializer.add(values=values, dims=[1])


def name_a_place_without_saying_so(model: onnx.ModelProto) -> None:
    """A location on a tensor that claims to hold its numbers itself."""
    model.graph.initializer[0].external_data.add(key="location", value="/etc/passwd")


def use_operators_of(domain: str) -> Change:
    """Have one operator be of that domain."""

    def change(model: onnx.ModelProto) -> None:
        model.opset_import.append(helper.make_opsetid(domain, 1))
        model.graph.node[0].domain = domain

    return change


def hide_in_a_function(model: onnx.ModelProto) -> None:
    """An operator of somebody's own inside a function of the network's own."""
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("evil.ops", 1)]
    body = [helper.make_node("Run", ["x"], ["y"], domain="evil.ops")]
    model.functions.append(helper.make_function("", "Harmless", ["x"], ["y"], body, opsets))


@pytest.mark.parametrize(
    "change",
    [*map(take_from, ELSEWHERE), hide_in_a_branch, hide_in_a_sparse_tensor, name_a_place_without_saying_so],
)
def test_a_network_with_numbers_in_other_files_is_refused(change: Change) -> None:
    with pytest.raises(NetworkError, match="keeps weights in other files"):
        check_network(make_network(change=change))


@pytest.mark.parametrize("change", [*map(use_operators_of, ("evil.ops", "com.microsoft")), hide_in_a_function])
def test_operators_that_are_not_of_onnx_are_refused_and_named(change: Change) -> None:
    with pytest.raises(NetworkError, match=r"operators of '(evil\.ops|com\.microsoft)'; only ONNX's own are run"):
        check_network(make_network(change=change))


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.ClearField("ir_version"),
        lambda model: model.ClearField("opset_import"),
        lambda model: model.graph.node[0].ClearField("output"),
        lambda model: setattr(model.graph.node[0], "op_type", "NoSuchOperator"),
        lambda model: model.graph.ClearField("initializer"),
        lambda model: model.graph.initializer[0].dims.append(7),
    ],
)
def test_a_malformed_network_is_refused_in_one_line(change: Change) -> None:
    with pytest.raises(NetworkError, match=r"^the network is not a well-formed ONNX file: ") as refused:
        check_network(make_network(change=change))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("data", [b"", b"\x80\x04cos\nsystem\n", b"PK\x03\x04", make_network()[:-9]])
def test_what_is_no_onnx_is_refused(data: bytes) -> None:
    with pytest.raises(NetworkError, match=r"is not an? (well-formed )?ONNX file"):
        check_network(data)


def test_the_runtimes_own_format_which_nobody_looked_at_is_not_run(tmp_path: Path) -> None:
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "flat.ort")
    options.add_session_config_entry("session.save_model_format", "ORT")
    onnxruntime.InferenceSession(make_network(), options, providers=["CPUExecutionProvider"])
    data = (tmp_path / "flat.ort").read_bytes()
    onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])  # it takes it, when left to guess
    with pytest.raises(NetworkError):
        check_network(data)
    with pytest.raises(Exception, match=r"(?i)protobuf|invalid"):
        open_session(data)


def test_our_own_networks_pass() -> None:
    ours = sorted(WEIGHTS.glob("*/model.onnx"))
    assert len(ours) >= 2
    for path in ours:
        check_network(path.read_bytes())
    check_network(read_finder())


def add_network(folder: Path, network: bytes) -> subprocess.CompletedProcess[str]:
    """`facejury compare --add FOLDER` with this network."""
    folder.mkdir()
    (folder / "model.onnx").write_bytes(network)
    files = {"model.onnx": hashlib.sha256(network).hexdigest()}
    config = {"schema": 1, "key": "theirs", "title": "Theirs", "pixels": 32, "files": files}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "photo.png").write_bytes(samples.as_png(samples.photo()))
    command = [*FACEJURY, "compare", str(folder / "photo.png"), "--json", "--only", "theirs"]
    return subprocess.run([*command, "--add", str(folder)], cwd=ROOT, capture_output=True, text=True, check=False)


def test_at_the_command_line_a_folder_that_reaches_for_a_password_file_is_a_failed_verdict(tmp_path: Path) -> None:
    done = add_network(tmp_path / "theirs", make_network(change=take_from("/etc/passwd")))
    (verdict,) = json.loads(done.stdout)[0]["faces"][0]["verdicts"]
    assert (verdict["label"], verdict["p_fake"]) == ("failed", None)
    assert verdict["error"] == "ArtifactError: theirs: the network keeps weights in other files; save it as one file"
    assert not re.search(r"root:|onnxruntime", done.stdout + done.stderr), "the runtime never heard of it"
