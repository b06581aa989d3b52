"""What is exported does what was trained: the same numbers from ONNX Runtime, half the bytes, the same file twice."""

import json
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import onnx
import pytest
import skimage.data
from onnx import TensorProto, numpy_helper

from detectors.networks.folder import Config, load_folder, resize_square
from models.architectures import custom_cnn
from models.errors import ExportError
from models.publishing.export import TOLERANCE, build_serving, check_same, export
from models.training.calibration import Calibration

# tf2onnx and Keras's export ask numpy and TensorFlow for old names.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:In the future `np:FutureWarning", "ignore::DeprecationWarning"),
]
CALIBRATION = Calibration(scale=3.0, shift=-0.4)
CONFIG = Config(key="made", title="Made", pixels=custom_cnn.PIXELS, files={})


def portraits() -> np.ndarray:
    """The portrait's face, framed a little differently each time: uint8 (6, 128, 128, 3)."""
    picture = skimage.data.astronaut()
    frames = [picture[60 + k : 180 - k, 170 + 2 * k : 290 - k] for k in range(0, 30, 5)]
    return np.stack([resize_square(np.ascontiguousarray(frame), custom_cnn.PIXELS) for frame in frames])


@pytest.fixture(scope="module")
def trained() -> keras.Model:
    """A network with weights as uneven as trained ones."""
    keras.utils.set_random_seed(4)
    model = custom_cnn.build()
    random = np.random.default_rng(4)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            gain, shift, mean, variance = layer.get_weights()
            noise = [random.normal(0, 0.1, gain.shape) for _ in range(3)]
            layer.set_weights([gain + noise[0], shift + noise[1], mean + noise[2], variance])
    return model


@pytest.fixture(scope="module")
def folder(trained: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its model folder."""
    folder = tmp_path_factory.mktemp("weights") / "made"
    export(trained, CALIBRATION, folder, config=CONFIG, crops=portraits())
    return folder


def test_the_served_network_gives_the_trained_ones_calibrated_answer(trained: keras.Model, folder: Path) -> None:
    detector = load_folder(folder)
    logits = np.asarray(trained(portraits()))[:, 0]
    for crop, logit in zip(portraits(), logits, strict=True):
        p_fake, heatmap = detector.examine(crop)
        assert p_fake == pytest.approx(1 / (1 + np.exp(-(3.0 * logit - 0.4))), abs=0.01)
        assert (heatmap.dtype, heatmap.shape) == (np.float32, (10, 10))
    assert np.ptp(logits) > 1e-3


def test_keras_and_onnx_give_the_same_numbers(folder: Path) -> None:
    model = keras.saving.load_model(folder / "model.keras", compile=False)
    assert check_same(model, folder / "model.onnx", portraits()) <= TOLERANCE


def test_the_heat_map_is_p_fake_taken_apart(folder: Path) -> None:
    for crop in portraits():
        p_fake, heatmap = load_folder(folder).examine(crop)
        places = np.log(heatmap / (1 - heatmap))
        assert places.mean() == pytest.approx(np.log(p_fake / (1 - p_fake)), abs=1e-3)


def test_the_config_names_the_files_and_their_hashes(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    assert set(config["files"]) == {"model.onnx", "model.keras"}
    assert 400_000 < config["parameters"] <= 500_000
    load_folder(folder)  # checks the hash


def test_weights_that_fit_are_stored_in_half_the_bytes(folder: Path) -> None:
    graph = onnx.load(folder / "model.onnx").graph  # a BatchNorm folded by the exporter leaves some that do not fit
    sizes = dict.fromkeys((TensorProto.FLOAT, TensorProto.FLOAT16), 0)
    for tensor in graph.initializer:
        sizes[tensor.data_type] = sizes.get(tensor.data_type, 0) + numpy_helper.to_array(tensor).size
    assert sizes[TensorProto.FLOAT16] > 0.5 * (sizes[TensorProto.FLOAT] + sizes[TensorProto.FLOAT16])
    assert (folder / "model.onnx").stat().st_size < 1_400_000


def test_the_same_weights_give_the_same_answers_twice(trained: keras.Model, folder: Path, tmp_path: Path) -> None:
    export(trained, CALIBRATION, tmp_path, config=CONFIG, crops=portraits())
    for crop in portraits():
        (p_fake, heatmap), (again, heatmap_again) = (load_folder(made).examine(crop) for made in (folder, tmp_path))
        assert p_fake == again
        assert np.array_equal(heatmap, heatmap_again)


def test_a_network_that_differs_from_keras_is_refused(trained: keras.Model, folder: Path) -> None:
    another = build_serving(trained, Calibration(scale=3.0, shift=-0.39))
    with pytest.raises(ExportError, match=r"ONNX and Keras differ by 0\.00"):
        check_same(another, folder / "model.onnx", portraits())


@pytest.mark.parametrize("value", [np.nan, 1.0])
def test_a_tampered_network_is_refused(folder: Path, tmp_path: Path, value: float) -> None:
    model = keras.saving.load_model(folder / "model.keras", compile=False)
    graph = onnx.load(folder / "model.onnx")
    tensor = next(tensor for tensor in graph.graph.initializer if numpy_helper.to_array(tensor).size > 256)
    changed = np.full_like(numpy_helper.to_array(tensor), value)
    tensor.CopyFrom(numpy_helper.from_array(changed, tensor.name))
    onnx.save(graph, tmp_path / "tampered.onnx")
    with pytest.raises(ExportError, match="ONNX and Keras differ by"):
        check_same(model, tmp_path / "tampered.onnx", portraits())


def test_a_refused_export_leaves_the_folder_as_it_was(trained: keras.Model, tmp_path: Path) -> None:
    broken = keras.models.clone_model(trained)
    broken.set_weights([np.full_like(weights, np.nan) for weights in trained.get_weights()])
    (tmp_path / "config.json").write_text("before")
    with pytest.raises(ExportError):
        export(broken, CALIBRATION, tmp_path, config=CONFIG, crops=portraits())
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("config.json", "before")]


def test_a_network_of_other_shapes_is_refused_with_both(monkeypatch: pytest.MonkeyPatch) -> None:
    model = SimpleNamespace(predict_on_batch=lambda crops: [np.zeros((1, 1))])
    session = SimpleNamespace(run=lambda crops: [np.zeros((1, 2))])
    monkeypatch.setattr("models.publishing.export.open_session", lambda path: session)
    with pytest.raises(ExportError, match=r"ONNX gives shapes \[\(1, 2\)\], Keras \[\(1, 1\)\]"):
        check_same(model, Path("model.onnx"), np.zeros((1, 8, 8, 3), np.uint8))
