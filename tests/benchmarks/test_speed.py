"""The measuring itself: what is compared is the same network, and the figures come out whole. No time is asserted."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from typer.testing import CliRunner

from benchmarks.flops import count_gflop
from benchmarks.speed import read_saved, save
from benchmarks.speed_table import markdown, write
from models.commands.application import app


def made(kind: str, weights: tuple[int, ...], shape: list[int], **options: Any) -> bytes:
    """A network of one operation."""
    shapes: dict[str, list[Any]] = {"x": shape, "y": [None] * len(shape)}
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, sides) for name, sides in shapes.items()]
    node = helper.make_node(kind, ["x", "w"], ["y"], **options)
    constant = numpy_helper.from_array(np.ones(weights, np.float32), "w")
    graph = helper.make_graph([node], "made", values[:1], values[1:], [constant])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


@pytest.mark.parametrize(
    ("model", "shape", "multiplications"),
    [
        (made("MatMul", (5, 7), [3, 5]), (3, 5), 3 * 5 * 7),
        (made("Conv", (4, 3, 3, 3), [1, 3, 8, 6]), (1, 3, 8, 6), 6 * 4 * 4 * 27),
        (made("Conv", (6, 1, 3, 3), [1, 6, 8, 6], group=6), (1, 6, 8, 6), 6 * 4 * 6 * 9),
        (made("ConvTranspose", (3, 4, 2, 2), [1, 3, 5, 5], strides=[2, 2]), (1, 3, 5, 5), 5 * 5 * 3 * 4 * 4),
    ],
)
def test_operations_are_two_for_every_multiplication(
    model: bytes, shape: tuple[int, ...], multiplications: int
) -> None:
    assert count_gflop(model, np.zeros(shape, np.float32)) == pytest.approx(2 * multiplications / 1e9)


def test_what_was_saved_of_other_detectors_stays(tmp_path: Path) -> None:
    saved = read_saved()
    for found in saved:
        save(found, tmp_path)
        mine = {"custom-cnn": found["networks"]["custom-cnn"] | {"pixels": 7}}
        request = found["request"] | {"detector": "custom-cnn"}
        save(found | {"networks": mine, "request": request, "rounds": 1}, tmp_path)
    for before, after in zip(saved, read_saved(tmp_path), strict=True):
        assert (after["rounds"], after["networks"]["custom-cnn"]["pixels"]) == (1, 7)
        assert list(after["networks"]) == list(before["networks"])
        assert (after["networks"]["blend"], after["request"]) == (before["networks"]["blend"], before["request"])
    bare = {key: value | {"onnx_is_faster_than": {}} for key, value in mine.items()}
    assert " | - | " in markdown([found | {"networks": found["networks"] | bare}])


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_command_compares_one_network_in_every_runtime_and_the_whole_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.speed.SCANNED", 4)  # no rate is asserted
    monkeypatch.setattr("benchmarks.speed.LIMITS", ("forty faces",))
    done = CliRunner().invoke(app, ["speed", "--only", "custom-cnn", "--rounds", "1", "--seconds", "0", "--json"])
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)
    network = figures["networks"]["custom-cnn"]
    assert {"onnx", "onnx without map", "predict", "savedmodel"} <= set(network["ms"])
    assert {"predict", "savedmodel"} <= set(network["onnx_is_faster_than"])
    assert {"request", "decode", "faces", "network", "overlay", "naive"} <= set(figures["request"]["ms"])
    assert set(figures["limits"]) == {"forty faces"}
    assert figures["jury"]["detectors"] >= 2
    assert {"one_core", "scan"} <= set(figures["scan"])
    document = tmp_path / "performance.md"
    document.write_text("before <!-- speed: begin --> old <!-- speed: end --> after")
    save(figures, tmp_path / "speed")
    write(read_saved(tmp_path / "speed"), document)
    assert f"## A CPU with {figures['machine']['cpu']}" in document.read_text()
    assert "| custom-cnn | " in document.read_text()
    assert " old " not in document.read_text()
    assert figures["starts"]["first verdict"]["peak_megabytes"] > 50
    assert all(found["times"]["low"] > 0 for found in figures["starts"].values())
