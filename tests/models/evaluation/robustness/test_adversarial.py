"""Attacks: they stay within their grey levels, they mislead, and PGD misleads more than FGSM does."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.architectures import by_key
from models.errors import ModelsError
from models.evaluation.robustness.adversarial import KERAS_MODEL, Network, attack, attack_all, check_gradients
from models.publishing.export import build_serving
from models.training.calibration import Calibration

pytestmark = pytest.mark.slow
LABELS = np.array([0, 1, 0, 1, 0, 1])


@pytest.fixture(scope="module", params=["custom-cnn", "residual"])
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Network:
    path = tmp_path_factory.mktemp("weights") / "model.keras"
    build_serving(by_key.find(request.param).build(), Calibration(scale=4.0)).save(path)
    return Network(path)


@pytest.fixture
def pictures(request: pytest.FixtureRequest) -> NDArray[np.uint8]:
    pixels = by_key.find(request.node.callspec.params["network"]).pixels
    return np.random.default_rng(0).integers(0, 256, (6, pixels, pixels, 3), dtype=np.uint8)


def test_no_value_moves_by_more_than_allowed_and_every_result_is_a_picture(
    network: Network, pictures: NDArray[np.uint8]
) -> None:
    for level, steps in ((1, 1), (2, 3)):
        harmed = attack(network, pictures, LABELS, level=level, steps=steps)
        assert harmed.dtype == np.uint8
        assert np.abs(harmed.astype(int) - pictures).max() == level


def test_every_face_is_pushed_away_from_its_label(network: Network, pictures: NDArray[np.uint8]) -> None:
    plain = network.judge(pictures)
    for steps in (1, 3):
        moved = network.judge(attack(network, pictures, LABELS, level=2, steps=steps)) - plain
        assert (np.where(LABELS, -moved, moved) > 0).all()


def test_the_same_attack_twice_gives_the_same_pictures(network: Network, pictures: NDArray[np.uint8]) -> None:
    first, second = (attack(network, pictures, LABELS, level=1, steps=2) for _ in range(2))
    assert np.array_equal(first, second)


def test_a_folder_without_a_keras_network_is_not_attacked(tmp_path: Path) -> None:
    assert attack_all(tmp_path, []) == {}


def test_attacks_need_the_backend_whose_gradients_they_follow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keras.backend.backend", lambda: "jax")
    check_gradients([tmp_path])  # no Keras network, so nothing is attacked
    (tmp_path / KERAS_MODEL).touch()
    with pytest.raises(ModelsError, match="attacks need KERAS_BACKEND=tensorflow, it is jax"):
        check_gradients([tmp_path])
