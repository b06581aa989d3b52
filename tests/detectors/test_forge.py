"""The forgery: where the mask says, and nowhere else."""

import numpy as np
import pytest
import skimage.data
from numpy.random import default_rng

from detectors.faces import find_faces
from detectors.forge import blend_face, forge

PORTRAIT = skimage.data.astronaut()


def test_the_same_seed_forges_alike_and_another_does_not():
    first, again, other = (forge(PORTRAIT, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.image, again.image)
    assert (first.image != other.image).any()


def test_nothing_changes_where_the_mask_is_zero():
    for seed in range(5):
        forgery = forge(PORTRAIT, seed=seed)
        untouched = forgery.mask == 0
        np.testing.assert_array_equal(forgery.image[untouched], PORTRAIT[untouched])


def test_something_changes_where_the_mask_is_strong():
    forgery = forge(PORTRAIT, seed=1)
    changed = np.abs(forgery.image.astype(int) - PORTRAIT).max(axis=2)
    assert (changed[forgery.mask > 0.5] > 2).mean() > 0.3


def test_the_mask_lies_on_the_face():
    left, top, right, bottom = find_faces(PORTRAIT)[0].box
    mask = forge(PORTRAIT, seed=1).mask
    assert mask[top:bottom, left:right].sum() > 0.8 * mask.sum()


def test_the_forged_face_is_still_one_face():
    assert len(find_faces(forge(PORTRAIT, seed=1).image)) == 1


def test_the_picture_itself_is_left_alone():
    before = PORTRAIT.copy()
    forge(PORTRAIT, seed=3)
    np.testing.assert_array_equal(before, PORTRAIT)


def test_a_picture_without_a_face_is_refused():
    with pytest.raises(ValueError, match="no face"):
        forge(np.zeros((64, 64, 3), dtype=np.uint8))


def test_landmarks_in_one_point_still_give_a_mask():
    forgery = blend_face(PORTRAIT, [(100.0, 100.0)] * 5, default_rng(0))
    assert forgery.image.shape == PORTRAIT.shape
    assert np.isfinite(forgery.mask).all()
