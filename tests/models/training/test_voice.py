import numpy as np
import pytest

from models.training.voice import choose_thresholds


def test_it_answers_only_where_nineteen_of_twenty_are_right() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 2000)
    p_fake = 1 / (1 + np.exp(-rng.normal(labels * 2 - 1)))
    found = choose_thresholds(p_fake, labels)
    for answered, right in ((p_fake >= found.fake_from, labels == 1), (p_fake < found.real_until, labels == 0)):
        assert answered.mean() > 0.05
        assert right[answered].mean() == pytest.approx(0.95, abs=0.02)
    silent = choose_thresholds(rng.random(4000).round(1), labels)
    assert silent.fake_from == 1.0 and silent.real_until == 0.0
