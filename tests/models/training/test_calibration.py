"""Calibration against brute force, and thresholds that keep their promise."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.data.datasets import Sample
from models.data.face_index import LabelledFace
from models.errors import DataError
from models.training.calibration import Calibration, fit, fit_platt, fit_thresholds


def test_nothing_is_calibrated_on_evaluation_only_faces() -> None:
    barred = LabelledFace(Sample(Path("x.png"), 0, "kept", "v", "eval"), (0, 0, 9, 9))
    with pytest.raises(DataError, match="evaluation only, so nothing may be fitted on it: kept"):
        fit(None, [barred], mode="resize")  # refused before the network is looked at


def balanced_log_loss(scale: float, shift: float, logits: np.ndarray, labels: np.ndarray) -> float:
    """The mean of both classes' mean log loss."""
    margins = (scale * logits + shift) * (2 * labels - 1)
    losses = np.logaddexp(0, -margins)
    return float((losses[labels == 0].mean() + losses[labels == 1].mean()) / 2)


def climb(logits: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """The least loss, by halving the step of a compass search: slow, and nothing to get wrong."""
    best, step = (1.0, 0.0), 1.0
    while step > 1e-6:
        around = [(best[0] + x * step, best[1] + y * step) for x in (-1, 0, 1) for y in (-1, 0, 1)]
        nearest = min(around, key=lambda point: balanced_log_loss(point[0], point[1], logits, labels))
        if nearest == best:
            step /= 2
        best = nearest
    return best


@pytest.mark.parametrize("seed", range(3))
def test_platt_scaling_finds_the_least_loss(seed: int) -> None:
    random = np.random.default_rng(seed)
    labels = (random.random(400) < 0.25).astype(np.int64)  # unbalanced: both classes weigh the same all the same
    logits = random.normal(3 * labels - 1, 2.5)
    fitted = fit_platt(logits, labels)
    assert (fitted.scale, fitted.shift) == pytest.approx(climb(logits, labels), abs=2e-3)


def test_calibration_undoes_a_known_scale_and_shift() -> None:
    random = np.random.default_rng(9)
    logits = random.normal(0, 2, 200_000)
    labels = (random.random(logits.size) < 1 / (1 + np.exp(-logits))).astype(np.int64)
    fitted = fit_platt(4 * logits + 2, labels)
    assert (fitted.scale, fitted.shift) == pytest.approx((0.25, -0.5), abs=0.02)
    assert np.allclose(fitted.apply(4 * logits + 2), 1 / (1 + np.exp(-logits)), atol=0.02)


def test_no_calibration_is_the_sigmoid() -> None:
    assert Calibration().apply(np.array([0.0, np.log(3)])).tolist() == pytest.approx([0.5, 0.75])


SCORES = st.lists(st.floats(0, 0.999), min_size=1, max_size=120)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(reals=SCORES, fakes=SCORES)
def test_thresholds_keep_their_promise_on_what_they_were_fitted_on(reals: list[float], fakes: list[float]) -> None:
    p_fake = np.array(reals + fakes)
    labels = np.array([0] * len(reals) + [1] * len(fakes))
    thresholds = fit_thresholds(p_fake, labels)
    assert 0 <= thresholds.real_until <= 0.5 <= thresholds.fake_from <= 1
    assert np.mean(p_fake[labels == 0] >= thresholds.fake_from) <= 0.02
    assert np.mean(p_fake[labels == 1] < thresholds.real_until) <= 0.05


def test_thresholds_are_no_stricter_than_they_must_be() -> None:
    p_fake = np.concatenate([np.linspace(0, 0.9, 1000), np.linspace(0.1, 1, 1000)])
    thresholds = fit_thresholds(p_fake, np.repeat([0, 1], 1000))
    assert thresholds.fake_from == pytest.approx(0.98 * 0.9, abs=0.003)
    assert thresholds.real_until == pytest.approx(0.1 + 0.05 * 0.9, abs=0.003)
