"""Faces changed by a grey level or two so that a network of ours errs: what one who holds its weights can do.

FGSM (Goodfellow et al. 2015, https://arxiv.org/abs/1412.6572) takes one step along the sign of the gradient, PGD
(Madry et al. 2018, https://arxiv.org/abs/1706.06083) seven small ones from a random start. Every result is a picture
again: whole grey levels. Needs the TensorFlow backend, for its gradients.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import default_rng
from numpy.typing import NDArray

from detectors.networks.folder import fit, read_config
from models.data.face_index import LabelledFace
from models.errors import ModelsError
from models.evaluation.draws import Scores
from models.evaluation.robustness.recompression import AS_IT_IS, compare_answers, pick_tested

KERAS_MODEL = "model.keras"  # as in models.publishing.export, which imports keras
ATTACKS = {"FGSM": 1, "PGD": 7}  # steps
LEVELS = (1, 2)  # of 255, the most that any value may move
MAX_FACES = 128  # of the test split, evenly chosen
BATCH = 25
Floats = NDArray[np.float32]
Images = NDArray[np.uint8]


def check_gradients(folders: Iterable[Path]) -> None:
    """Raises ModelsError where one of them holds a Keras network, and the backend has no gradients for its attacks."""
    if not any((folder / KERAS_MODEL).is_file() for folder in folders):
        return
    import keras

    if keras.backend.backend() != "tensorflow":
        raise ModelsError(f"attacks need KERAS_BACKEND=tensorflow, it is {keras.backend.backend()}")


def attack_all(folder: Path, faces: Sequence[LabelledFace]) -> dict[str, Any]:
    """ "FGSM 1/255", … -> {"real", "fake", "auc", "balanced_accuracy", "lost"}; the same faces unharmed first.

    Empty where the folder holds no Keras network or there is no test face.
    """
    chosen = pick_tested(faces, MAX_FACES)
    if not chosen or not (folder / KERAS_MODEL).is_file():
        return {}
    config, network = read_config(folder), Network(folder / KERAS_MODEL)
    images = np.stack([fit(face.crop(), config.pixels, config.mode) for face in chosen])
    labels = np.array([face.sample.label for face in chosen], dtype=np.int64)
    groups = np.array([f"{face.sample.source}/{face.sample.group}" for face in chosen])
    plain = Scores(network.judge(images), labels, groups)
    found = {AS_IT_IS: compare_answers(plain, plain)}
    for name, steps in ATTACKS.items():
        for level in LEVELS:
            harmed = attack(network, images, labels, level=level, steps=steps)
            found[f"{name} {level}/255"] = compare_answers(plain, Scores(network.judge(harmed), labels, groups))
    return found


class Network:
    """A served Keras network whose logit can be followed back to the pixels."""

    def __init__(self, path: Path) -> None:
        import keras

        self._model = keras.saving.load_model(path, compile=False)
        logit = keras.Model(self._model.input, self._model.get_layer("logit").output)
        pixels = keras.Input(self._model.input.shape[1:], dtype="float32")  # whole numbers have no gradient
        self._logit = keras.models.clone_model(logit, input_tensors=pixels)
        self._logit.set_weights(logit.get_weights())

    def judge(self, images: Images) -> NDArray[np.float64]:
        """P(fake) of each: (n,)."""
        parts = np.array_split(images, -(-len(images) // BATCH))
        return np.concatenate([np.asarray(self._model.predict_on_batch(part)[0])[:, 0] for part in parts]).astype(float)

    def climb(self, images: Floats) -> Floats:
        """The sign of each value's influence on the logit of fake: (n, s, s, 3)."""
        import tensorflow as tf

        pixels = tf.convert_to_tensor(images)
        with tf.GradientTape() as tape:
            tape.watch(pixels)
            logits = self._logit(pixels, training=False)
        return np.asarray(np.sign(tape.gradient(logits, pixels)), dtype=np.float32)


def attack(network: Network, images: Images, labels: NDArray[np.int64], *, level: int, steps: int) -> Images:
    """The same pictures, no value moved by more than `level`, each pushed away from its label: uint8 (n, s, s, 3)."""
    parts = np.array_split(np.arange(len(images)), -(-len(images) // BATCH))
    pushed = [_push(network, images[part], labels[part], level=level, steps=steps) for part in parts]
    return np.concatenate(pushed)


def _push(network: Network, images: Images, labels: NDArray[np.int64], *, level: int, steps: int) -> Images:
    original = images.astype(np.float32)
    low, high = np.maximum(original - level, 0), np.minimum(original + level, 255)
    away = np.where(labels == 1, -1, 1)[:, None, None, None].astype(np.float32)
    moved = original
    if steps > 1:
        start = default_rng(0).uniform(-level, level, original.shape).astype(np.float32)
        moved = np.clip(original + start, low, high)
    step = np.float32(level * min(1.0, 2.5 / steps))  # Madry et al.: 2.5 times the way, so that every corner is reached
    for _ in range(steps):
        moved = np.clip(moved + step * away * network.climb(moved), low, high)
    return np.rint(moved).astype(np.uint8)
