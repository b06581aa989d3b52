"""handler.py keeps to the contract of Inference Endpoints, with nothing but what is published beside it.

The contract (huggingface.co/docs/inference-endpoints, "Create a custom inference handler"): a class EndpointHandler in
handler.py, made once with the path of the repository, and called with {"inputs": ...}; what it returns becomes JSON.
"""

import ast
import base64
import importlib.util
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from packaging.requirements import Requirement

from detectors.conformance.samples import photo
from detectors.networks.folder import Mode, fit, load_folder, read_config
from models.publishing.hub import ENDPOINT, ENDPOINT_NEEDS, stage
from tests.models.measured import make_folder
from tests.syntax import parse

MODULES = {"cv2": "opencv-python-headless", "PIL": "pillow"}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `facejury models publish` sends, and nothing else."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("work"))
        return stage(make_folder(tmp_path_factory.mktemp("weights")), repo="ada/jury-cnn").resolve()


@pytest.fixture(scope="module")
def handler(published: Path) -> Any:
    """As the endpoint's server makes it."""
    spec = importlib.util.spec_from_file_location("handler", published / "handler.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.EndpointHandler(path=str(published))


def as_base64(image: np.ndarray) -> str:
    file = io.BytesIO()
    PIL.Image.fromarray(image).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


@pytest.mark.parametrize("mode", ["resize", "centre-crop"])
@pytest.mark.parametrize("side", [60, 300])
def test_a_picture_in_each_form_gets_the_p_fake_of_the_detector(
    published: Path, handler: Any, monkeypatch: pytest.MonkeyPatch, mode: Mode, side: int
) -> None:
    face = np.asarray(PIL.Image.fromarray(photo()).resize((side, side)))
    monkeypatch.setitem(handler.config, "mode", mode)
    forms = [face, PIL.Image.fromarray(face), as_base64(face), f"data:image/png;base64,{as_base64(face)}"]
    answers = [handler({"inputs": form, "parameters": {}}) for form in forms]
    assert json.loads(json.dumps(answers)) == answers[:1] * 4
    scores = {one["label"]: one["score"] for one in answers[0]}
    assert list(scores.values()) == sorted(scores.values(), reverse=True)
    assert scores["fake"] + scores["real"] == pytest.approx(1)
    assert (handler.fit(face) == fit(face, handler.config["pixels"], mode)).all()
    if mode == read_config(published).mode:
        assert scores["fake"] == pytest.approx(load_folder(published).examine(face)[0], abs=2e-6)
    if side < 64 * 0.87:
        assert {one["verdict"] for one in answers[0]} == {"inconclusive"}


def test_the_verdict_follows_the_thresholds_of_the_config(handler: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "config", handler.config | {"fake_from": 0.7, "real_until": 0.4})
    face = np.zeros((90, 90, 3), np.uint8)
    assert [handler.judge(p, face) for p in (0.7, 0.69, 0.4, 0.39)] == ["fake", "inconclusive", "inconclusive", "real"]


@pytest.mark.parametrize("inputs", [None, 3, "no picture", np.zeros((9, 9)), as_base64(photo())[:100]])
def test_what_is_no_picture_is_refused(handler: Any, inputs: object) -> None:
    with pytest.raises(ValueError, match="inputs must be a picture"):
        handler({"inputs": inputs})


@pytest.mark.parametrize(("dtype", "scale"), [(np.uint16, 257), (np.int32, 257), (np.float32, 1 / 255)])
def test_grey_of_more_than_8_bits_is_refused_and_not_cut_off(handler: Any, dtype: type, scale: float) -> None:
    grey: np.ndarray = (photo()[..., 0].astype(float) * scale).astype(dtype)
    picture, file = PIL.Image.fromarray(grey), io.BytesIO()
    picture.save(file, "TIFF")
    for inputs in (picture, base64.b64encode(file.getvalue()).decode()):
        with pytest.raises(ValueError, match="inputs must have 8 bits a channel"):
            handler({"inputs": inputs})


def test_what_it_imports_stands_in_its_requirements() -> None:
    names = {alias.name for node in ast.walk(parse(ENDPOINT)) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(parse(ENDPOINT)) if isinstance(node, ast.ImportFrom)}
    outside = {name.partition(".")[0] for name in names} - sys.stdlib_module_names
    assert {MODULES.get(name, name) for name in outside} == {Requirement(line).name for line in ENDPOINT_NEEDS.split()}
