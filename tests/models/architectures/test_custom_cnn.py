"""The small network: its size, its shapes, and that it survives being saved."""

from pathlib import Path

import keras
import numpy as np
import pytest

from models.architectures import custom_cnn

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    return custom_cnn.build()


def test_it_has_at_most_half_a_million_parameters(model: keras.Model) -> None:
    assert 100_000 < model.count_params() <= 500_000


def test_it_turns_uint8_pictures_into_one_logit_each(model: keras.Model) -> None:
    assert model.input.dtype == "uint8"
    pictures = np.random.default_rng(0).integers(0, 256, (3, 160, 160, 3), dtype=np.uint8)
    logits = np.asarray(model(pictures))
    assert logits.shape == (3, 1)
    assert np.isfinite(logits).all()
    assert len(np.unique(logits)) == 3


def test_the_logit_is_the_mean_of_the_evidence_of_each_place(model: keras.Model) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (2, 160, 160, 3), dtype=np.uint8)
    both = keras.Model(model.input, [model.output, model.get_layer("evidence").output])
    logits, evidence = (np.asarray(output) for output in both(pictures))
    assert evidence.shape == (2, 10, 10, 1)
    assert np.allclose(evidence.mean(axis=(1, 2)), logits, atol=1e-5)


def test_saved_and_loaded_it_answers_the_same(model: keras.Model, tmp_path: Path) -> None:
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    picture = np.random.default_rng(1).integers(0, 256, (1, 160, 160, 3), dtype=np.uint8)
    assert np.array_equal(np.asarray(model(picture)), np.asarray(again(picture)))
