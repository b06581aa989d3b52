"""One network from two of one architecture: the mean of their weights (Wortsman et al. 2022).

https://arxiv.org/abs/2203.05482. It helps where one was trained on from the other; those that began apart do not mix.
"""

from pathlib import Path

import keras

from models.errors import DataError

LOGIT = "logit"  # the last layer of what is trained, as models.architectures.base names it


def average_weights(first: Path, second: Path, share: float, to: Path) -> None:
    """Write a model.keras with `share` of the first one's weights and the rest of the second's.

    It ends in the logit, as a run's best.keras does, also where the first is one that is served, which gives p_fake and
    a heat map. Raises DataError where their layers differ, or none of them gives a logit.
    """
    model, other = (keras.saving.load_model(path, compile=False) for path in (first, second))
    weights, others = model.get_weights(), other.get_weights()
    if [one.shape for one in weights] != [one.shape for one in others]:
        raise DataError(f"{first.name} and {second.name} are not of one architecture: their layers differ")
    model.set_weights([share * one + (1 - share) * another for one, another in zip(weights, others, strict=True)])
    if LOGIT not in {layer.name for layer in model.layers}:
        raise DataError(f"{first.name} is no network of ours: it has no layer {LOGIT!r}")
    to.parent.mkdir(parents=True, exist_ok=True)
    keras.Model(model.input, model.get_layer(LOGIT).output).save(to)
