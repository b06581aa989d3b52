"""Honest composites: visible, of the same shape, and the same for the same seed."""

from typing import Any

import numpy as np
import pytest
import skimage.data
from numpy.random import default_rng

from models.data.benign_composites import COMPOSITES, compose

FACE = skimage.data.astronaut()[50:200, 150:300]


@pytest.mark.parametrize("composite", COMPOSITES)
def test_each_changes_the_picture_and_keeps_its_shape(composite: Any) -> None:
    changed = [composite(FACE.copy(), default_rng(seed)) for seed in range(6)]
    assert all(image.shape == FACE.shape and image.dtype == np.uint8 for image in changed)
    assert sum((image != FACE).any() for image in changed) >= 5


def test_compose_leaves_its_input_alone_and_repeats_itself() -> None:
    before = FACE.copy()
    first, again = (compose(FACE, default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(FACE, before)
    np.testing.assert_array_equal(first, again)
