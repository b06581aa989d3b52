"""`facejury models import-onnx`: a network from elsewhere becomes a model folder, or is refused in a sentence."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from detectors.conformance import samples
from detectors.networks.folder import load_folder, read_config
from tests.command import FACEJURY, UNPRIVILEGED, call

KINDS = {"uint8": TensorProto.UINT8, "float": TensorProto.FLOAT}


def make_network(
    path: Path,
    *,
    given: str = "uint8",
    shape: tuple[str | int, ...] = ("n", 32, 32, 3),
    scale: float = 1 / 255,
    numbers: TensorProto.DataType = TensorProto.FLOAT,
    second: bool = False,
) -> Path:
    """How bright a picture is, (n, 1): without a heat map, as most networks from elsewhere. second: one number more."""
    nodes = [
        helper.make_node("Cast", ["face"], ["real"], to=numbers),
        helper.make_node("ReduceMean", ["real"], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("ReduceMean", ["mean"], ["one"], axes=[1], keepdims=1),
        helper.make_node("Mul", ["one", "scale"], ["said"]),
        helper.make_node("ReduceMean", ["said"], ["mean of all"], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "brightness",
        [helper.make_tensor_value_info("face", KINDS[given], shape)],
        [
            helper.make_tensor_value_info("said", numbers, ("n", 1)),
            *([helper.make_tensor_value_info("mean of all", TensorProto.FLOAT, ())] if second else ()),
        ],
        [helper.make_tensor("scale", numbers, (1,), [scale])],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


def test_a_folder_that_is_there_and_cannot_be_written_to_is_refused(tmp_path: Path) -> None:
    network, folder = make_network(tmp_path / "net.onnx"), tmp_path / "closed"
    folder.mkdir(mode=0o555)
    asked = ["models", "import-onnx", str(network), "--key", "bright", "--to", str(folder)]
    done = subprocess.run([*UNPRIVILEGED, *FACEJURY, *asked], cwd=tmp_path, capture_output=True, text=True)
    said = f"nothing can be written to {folder}: Permission denied"
    assert (done.returncode, " ".join(done.stderr.split())) == (2, said)


def test_a_network_without_a_heat_map_becomes_a_detector(tmp_path: Path) -> None:
    network, folder = make_network(tmp_path / "net.onnx"), tmp_path / "bright"
    told = ("--title", "Bright", "--fake-from", 0.7, "--real-until", 0.3, "--trained-on", "mine", "--license", "MIT")
    done = call("models", "import-onnx", network, "--key", "bright", "--to", folder, *told, columns=200)
    assert done.exit_code == 0, done.stderr
    assert "takes 32 x 32 pixels, 1 parameters" in done.stdout
    config = read_config(folder)
    assert (config.key, config.title, config.mode, config.trained_on) == ("bright", "Bright", "resize", ("mine",))
    assert (config.fake_from, config.real_until, config.license) == (0.7, 0.3, "MIT")
    again = call("models", "import-onnx", network, "--key", "bright", "--to", folder, columns=200)
    assert again.exit_code == 2 and "bright is a model folder already" in again.stderr
    assert read_config(folder) == config
    white = np.full((90, 90, 3), 255, np.uint8)
    assert load_folder(folder).examine(white) == (pytest.approx(1), None)
    photo = tmp_path / "photo.png"
    photo.write_bytes(samples.as_png(samples.photo()))
    done = call("compare", photo, "--only", "bright", "--add", folder, "--json")
    [[verdict]] = [face["verdicts"] for [one] in [json.loads(done.stdout)] for face in one["faces"]]
    assert verdict["error"] is None and 0 < verdict["p_fake"] < 1
    checked = call("detectors", "check", "bright", "--add", folder, columns=200)
    [row] = (line for line in checked.stdout.splitlines() if "heat-map" in line)
    assert "passed" in row and "no heat map" in row


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({"given": "float"}, "its one input must be a picture, uint8"),
        ({"shape": ("n", 3, 32, 32)}, "its one input must be a picture, uint8"),
        ({"shape": ("n", "s", "s", 3)}, "its one input must be a picture, uint8"),
        ({"scale": 1.0}, "its first output must be p_fake in [0, 1]"),
        ({"second": True}, "its second output, if it has one, must be heat maps of shape (n, h, w), got shape ()"),
        ({"numbers": TensorProto.BFLOAT16}, "it cannot be run: "),
    ],
)
def test_a_graph_that_cannot_be_served_is_refused_and_nothing_written(
    tmp_path: Path, made: dict[str, Any], said: str
) -> None:
    network = make_network(tmp_path / "net.onnx", **made)
    done = call("models", "import-onnx", network, "--key", "bright", "--to", tmp_path / "bright", columns=200)
    assert done.exit_code == 2 and said in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "bright").exists()


def test_a_file_that_is_too_large_or_no_plain_one_is_refused_in_a_sentence(tmp_path: Path) -> None:
    large, pipe = tmp_path / "large.onnx", tmp_path / "pipe.onnx"
    large.touch()
    os.truncate(large, 500_000_001)  # a hole, which takes no room
    os.mkfifo(pipe)
    for network, said in ((large, "large.onnx may have 500,000,000 bytes"), (pipe, "pipe.onnx: it is no plain file")):
        done = call("models", "import-onnx", network, "--key", "bright", "--to", tmp_path / "bright", columns=200)
        assert done.exit_code == 2 and said in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "bright").exists()


def test_what_is_no_network_and_a_built_in_detectors_key_are_refused(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"no network")
    done = call("models", "import-onnx", tmp_path / "net.onnx", "--key", "bright", "--to", tmp_path / "bright")
    assert done.exit_code == 2 and "net.onnx: the network is not" in done.stderr
    network = make_network(tmp_path / "net.onnx")
    done = call("models", "import-onnx", network, "--key", "blend", "--to", tmp_path / "bright")
    assert done.exit_code == 2 and "is a built-in detector's" in done.stderr
