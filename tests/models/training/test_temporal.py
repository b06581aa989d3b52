"""The two branches of the temporal network: each by itself, and together."""

import numpy as np
import pytest

from models.architectures import temporal
from models.training.calibration import Calibration
from models.training.temporal import combine


def test_the_linear_branch_is_scaled_by_the_clips_it_is_given() -> None:
    pool = np.random.default_rng(0).normal(3, 2, (8, 20, 30)).astype(np.float32)
    model = temporal.build(pool)
    kernel, bias = model.get_layer("linear").get_weights()
    assert not kernel.any(), "it says nothing before it has learnt"
    kernel[0] = 1
    model.get_layer("linear").set_weights([kernel, bias])
    recurrent, linear = model.predict_on_batch(pool)
    assert recurrent.shape == linear.shape == (8, 20, 1)
    clips = linear.mean(axis=(1, 2))
    assert (clips.mean(), clips.std()) == (pytest.approx(0, abs=1e-3), pytest.approx(1, abs=1e-3))


def test_what_both_branches_say_counts_alike_however_sure_they_are() -> None:
    sure, careful = np.array([30.0, -30.0, 30.0]), np.array([0.2, -0.2, -0.2])
    p_fake = combine([Calibration(scale=0.1), Calibration(scale=15.0)], np.stack([sure, careful]))
    assert p_fake == pytest.approx([1 / (1 + np.exp(-3)), 1 / (1 + np.exp(3)), 0.5])
