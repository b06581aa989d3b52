"""A model folder is what its config.json says, or it is refused with a reason."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from detectors.jury.judge import Jury
from detectors.networks.folder import (
    ArtifactError,
    Config,
    centre_crop,
    load_folder,
    read_config,
    register_folder,
    resize_square,
    set_in_middle,
)
from registry import DetectorSpec, load_registry
from tests.detectors.pictures import portrait

PIXELS = 16
WriteFolder = Callable[..., Path]


def tiny_network() -> bytes:
    """p_fake = mean brightness / 255, the heat map the red channel of the same scale."""
    image = helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", PIXELS, PIXELS, 3])
    outputs = [
        helper.make_tensor_value_info("p_fake", TensorProto.FLOAT, ["n", 1]),
        helper.make_tensor_value_info("heatmap", TensorProto.FLOAT, ["n", PIXELS, PIXELS]),
    ]
    constants = [
        helper.make_tensor("scale", TensorProto.FLOAT, [], [1 / 255]),
        helper.make_tensor("channel", TensorProto.INT64, [], [0]),
    ]
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["float", "scale"], ["light"]),
        helper.make_node("ReduceMean", ["light"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "one"], ["p_fake"]),
        helper.make_node("Gather", ["light", "channel"], ["heatmap"], axis=3),
    ]
    constants.append(helper.make_tensor("one", TensorProto.INT64, [1], [1]))
    graph = helper.make_graph(nodes, "tiny", [image], outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


@pytest.fixture
def write_folder(tmp_path: Path) -> WriteFolder:
    """Writes a model folder of the tiny network, its config.json changed as asked; None removes a field."""

    def write(**changes: Any) -> Path:
        folder = tmp_path / "tiny"
        folder.mkdir(exist_ok=True)
        (folder / "model.onnx").write_bytes(tiny_network())
        files = {"model.onnx": hashlib.sha256(tiny_network()).hexdigest()}
        config = Config(key="tiny", title="Tiny", pixels=PIXELS, fake_from=0.7, real_until=0.4, files=files)
        values = json.loads(config.as_json()) | changes
        (folder / "config.json").write_text(json.dumps({k: v for k, v in values.items() if v is not None}))
        return folder

    return write


def test_a_model_folder_becomes_a_detector(write_folder: WriteFolder) -> None:
    folder = write_folder()
    offered: list[dict[str, Any]] = []
    register_folder(lambda **values: offered.append(values), folder)
    spec = DetectorSpec(**offered[0])
    assert (spec.key, spec.title, spec.expects, spec.fake_from, spec.real_until) == ("tiny", "Tiny", "face", 0.7, 0.4)
    assert spec.card == str(folder / "README.md")
    bright = np.full((90, 50, 3), 204, np.uint8)
    verdict = Jury([spec]).judge(spec, bright)
    assert (verdict.label, verdict.error) == ("fake", None)
    assert verdict.p_fake == pytest.approx(0.8, abs=1e-5)
    assert verdict.heatmap is not None
    assert verdict.heatmap.shape == (PIXELS, PIXELS)
    assert np.allclose(verdict.heatmap, 0.8)


def test_what_is_written_is_read_again(write_folder: WriteFolder) -> None:
    config = read_config(write_folder(trained_on=["a", "b"], license="research"))
    assert config.trained_on == ("a", "b")
    assert json.loads(config.as_json()) == json.loads(
        (write_folder(trained_on=["a", "b"], license="research") / "config.json").read_text()
    )


def test_a_network_that_was_changed_is_refused(write_folder: WriteFolder) -> None:
    folder = write_folder()
    (folder / "model.onnx").write_bytes(tiny_network() + b"\0")
    with pytest.raises(ArtifactError, match=r"^tiny: config\.json: model\.onnx has SHA-256 \w{12}…, expected \w{12}…"):
        load_folder(folder)


def test_a_missing_network_is_named(write_folder: WriteFolder) -> None:
    folder = write_folder()
    (folder / "model.onnx").unlink()
    with pytest.raises(ArtifactError, match=r"^tiny: model\.onnx is missing"):
        load_folder(folder)


def test_a_missing_config_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"config\.json cannot be opened"):
        read_config(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "5", "null", '"text"', "{}", "\udcff"])
def test_a_config_that_is_no_json_object_is_refused(write_folder: WriteFolder, text: str) -> None:
    folder = write_folder()
    (folder / "config.json").write_text(text, errors="surrogateescape")
    with pytest.raises(ArtifactError, match=r"^tiny: config\.json cannot be read"):
        read_config(folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('["key", "x"]', "it must be an object, such as {...}"),
        ('{"key": "x", "title": "X", "files": {}}', "it lacks schema"),
        ('{"schema": 1, "title": "X"}', "it lacks key, files"),
        (
            '{"schema": 1, "key": "x", "title": "X", "files": {}, "colour": 1, "a b": 2}',
            "there is no field 'a b', 'colour'",
        ),
    ],
)
def test_a_config_that_is_no_object_or_has_not_its_fields_says_so(
    write_folder: WriteFolder, text: str, said: str
) -> None:
    folder = write_folder()
    (folder / "config.json").write_text(text)
    with pytest.raises(ArtifactError, match=f"^tiny: config\\.json cannot be read: {re.escape(said)}$"):
        read_config(folder)


BAD_FIELDS = [
    ({"trained_on": 5}, "trained_on must be a list of texts"),
    ({"schema": 2}, "schema must be 1, got 2"),
    ({"schema": None}, "schema"),
    ({"polarity": "1 = real"}, "polarity must be 'p_fake, 1 = fake', got '1 = real'"),
    ({"mode": "stretch"}, "mode must be resize or centre-crop, got 'stretch'"),
    ({"pixels": 4}, "pixels must be 8 to 2048"),
    ({"pixels": 1_000_000}, "pixels must be 8 to 2048"),
    ({"pixels": "128"}, "pixels must be 8 to 2048"),
    ({"pixels": 128.5}, "pixels must be 8 to 2048"),
    ({"crop_side": 1.3}, "crop_side must be 0.87, got 1.3"),
    ({"key": None}, "key"),
    ({"threshold": 0.5}, "threshold"),
    ({"files": {}}, "files must name model.onnx"),
    ({"files": None}, "files"),
    ({"files": ["model.onnx"]}, "files must map names to SHA-256"),
    ({"files": {"model.onnx": 5}}, "files must map names to SHA-256"),
    ({"files": {"model.onnx": "0", "../model.keras": "0"}}, "files must stand beside config.json"),
    ({"files": {"model.onnx": "0", "/etc/passwd": "0"}}, "files must stand beside config.json"),
    ({"files": {"model.onnx": "0", "..": "0"}}, "files must stand beside config.json"),
    ({"files": {"model.onnx": "0", "..\\model.keras": "0"}}, "files must stand beside config.json"),
]


@pytest.mark.parametrize(("changes", "said"), BAD_FIELDS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_wrong_field_is_named_with_what_was_allowed(
    write_folder: WriteFolder, changes: dict[str, Any], said: str
) -> None:
    folder = write_folder(**changes)
    with pytest.raises(ArtifactError) as refused:
        read_config(folder)
    assert str(refused.value).startswith("tiny: config.json")
    assert said in str(refused.value)
    assert str(folder) not in str(refused.value)


@pytest.mark.parametrize(
    "changes", [{"fake_from": 1.2}, {"real_until": 0.9}, {"expects": "body"}, {"expects": "clip"}, {"title": " "}]
)
def test_values_the_contract_forbids_are_refused_at_registration(
    write_folder: WriteFolder, changes: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="got"):
        register_folder(DetectorSpec, write_folder(**changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (16, 16), (17, 15), (400, 401)])
def test_any_crop_is_fitted_into_the_square(shape: tuple[int, int]) -> None:
    crop = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    for fitted in (resize_square(crop, PIXELS), centre_crop(crop, PIXELS)):
        assert fitted.shape == (PIXELS, PIXELS, 3)
        assert fitted.dtype == np.uint8
    if shape == (16, 16):
        assert np.array_equal(resize_square(crop, PIXELS), crop)
        assert np.array_equal(centre_crop(crop, PIXELS), crop)


def test_the_centre_crop_keeps_native_pixels() -> None:
    assert np.array_equal(centre_crop(portrait(), 100), portrait()[206:306, 206:306])


def test_shrinking_does_not_alias() -> None:
    stripes = np.tile(np.array([0, 255], np.uint8)[None, :, None], (128, 64, 3))
    assert np.abs(resize_square(stripes, 32).astype(int) - 127).max() <= 1


@pytest.mark.parametrize("height", [20, 32, 33])
def test_a_wide_picture_and_a_tall_one_do_not_alias_whatever_their_shorter_side(height: int) -> None:
    stripes = np.zeros((height, 640, 3), dtype=np.uint8)
    stripes[:, ::2] = 255
    for picture in (stripes, np.ascontiguousarray(stripes.transpose(1, 0, 2))):
        shrunk = resize_square(picture, 32)
        assert shrunk.shape == (32, 32, 3)
        assert np.abs(shrunk.astype(int) - 127).max() <= 1


def test_our_own_model_folders_hold_what_their_configs_say() -> None:
    registry = load_registry(blocked=())
    for spec in registry:
        if spec.builtin:
            spec.load()


@pytest.mark.parametrize(("shape", "expected"), [((128, 128), (4, 4)), ((384, 256), (12, 8)), ((64, 200), (2, 6))])
def test_what_was_seen_of_the_middle_is_drawn_in_the_middle(shape: tuple[int, int], expected: tuple[int, int]) -> None:
    seen = np.zeros((4, 4), dtype=np.float32)
    seen[1:3, 1:3] = 1.0
    whole = set_in_middle(seen, shape, 128)
    assert whole.shape == expected
    assert whole.sum() == 4.0
    rows, columns = np.nonzero(whole)
    middle = (expected[0] - 1) / 2, (expected[1] - 1) / 2
    assert (rows.mean(), columns.mean()) == middle
