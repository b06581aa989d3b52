"""Training of the landmark network: as many batches as were asked for."""

import keras
import numpy as np
import pytest

from detectors.faces.landmarks import PIXELS, POINTS
from models.data.landmark_faces import LOOSE_PIXELS, LandmarkFaces
from models.training.landmarks import LandmarkRecipe, train

pytestmark = pytest.mark.slow  # a Keras network is built and trained


@pytest.mark.parametrize("steps", [19, 20])
def test_it_trains_for_as_many_batches_as_it_is_told(monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    """A network of one layer takes the place of ours: the count is what is looked at."""
    image = keras.Input((PIXELS, PIXELS, 3))
    points = keras.layers.Dense(POINTS * 2)(keras.layers.GlobalAveragePooling2D()(image))
    tiny = keras.Model(image, keras.layers.Reshape((POINTS, 2))(points))
    monkeypatch.setattr("models.architectures.landmarks.build", lambda: tiny)
    trained: list[int] = []
    fit = keras.Model.fit

    def count(model: keras.Model, *given: object, **told: object) -> object:
        done = fit(model, *given, **told)
        trained.append(int(model.optimizer.iterations))
        return done

    monkeypatch.setattr(keras.Model, "fit", count)
    names, random = np.array(["made"] * 2), np.random.default_rng(0)
    images = np.zeros((2, LOOSE_PIXELS, LOOSE_PIXELS, 3), np.uint8)
    spots = random.uniform(20, 110, (2, POINTS, 2)).astype(np.float32)
    train(LandmarkFaces(images, spots, names, np.array(["train"] * 2)), LandmarkRecipe(steps=steps, batch=2))
    assert trained == [steps]
