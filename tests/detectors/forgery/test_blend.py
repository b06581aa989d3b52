"""The forgery: where the mask says, and nowhere else."""

from typing import Any, get_args

import numpy as np
import pytest
import skimage.data
from numpy.random import default_rng

from detectors.faces.find import find_faces
from detectors.forgery.blend import BlendParameters, Region, blend_face, forge, forge_as_told

PORTRAIT = skimage.data.astronaut()


def test_the_same_seed_forges_alike_and_another_does_not() -> None:
    first, again, other = (forge(PORTRAIT, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.image, again.image)
    assert (first.image != other.image).any()


def test_nothing_changes_where_the_mask_is_zero() -> None:
    for seed in range(5):
        forgery = forge(PORTRAIT, seed=seed)
        untouched = forgery.mask == 0
        np.testing.assert_array_equal(forgery.image[untouched], PORTRAIT[untouched])


def test_something_changes_where_the_mask_is_strong() -> None:
    forgery = forge(PORTRAIT, seed=1)
    changed = np.abs(forgery.image.astype(int) - PORTRAIT).max(axis=2)
    assert (changed[forgery.mask > 0.5] > 2).mean() > 0.3


def test_the_mask_lies_on_the_face() -> None:
    left, top, right, bottom = find_faces(PORTRAIT)[0].box
    mask = forge(PORTRAIT, seed=1).mask
    assert mask[top:bottom, left:right].sum() > 0.8 * mask.sum()


def test_the_forged_face_is_still_one_face() -> None:
    assert len(find_faces(forge(PORTRAIT, seed=1).image)) == 1


def test_the_picture_itself_is_left_alone() -> None:
    before = PORTRAIT.copy()
    forge(PORTRAIT, seed=3)
    np.testing.assert_array_equal(before, PORTRAIT)


def test_a_picture_without_a_face_is_refused() -> None:
    with pytest.raises(ValueError, match="no face"):
        forge(np.zeros((64, 64, 3), dtype=np.uint8))


def test_landmarks_in_one_point_still_give_a_mask() -> None:
    forgery = blend_face(PORTRAIT, [(100.0, 100.0)] * 5, default_rng(0))
    assert forgery.image.shape == PORTRAIT.shape
    assert np.isfinite(forgery.mask).all()


def told(**recipe: Any) -> Any:
    return forge_as_told(PORTRAIT, find_faces(PORTRAIT)[0].landmarks, BlendParameters(**recipe))


@pytest.mark.parametrize("region", get_args(Region))
def test_each_region_lies_on_its_part_of_the_face(region: Region) -> None:
    points = np.array(find_faces(PORTRAIT)[0].landmarks)
    eyes, nose, mouth = points[:2].mean(axis=0), points[2], points[3:].mean(axis=0)
    inside = told(region=region).region
    held = {name for name, (x, y) in {"eyes": eyes, "nose": nose, "mouth": mouth}.items() if inside[int(y), int(x)]}
    expected = {"face": {"eyes", "nose", "mouth"}, "lower": {"nose", "mouth"}}.get(region, {region})
    assert held == expected


def test_a_recipe_always_gives_the_same_and_its_seed_another() -> None:
    np.testing.assert_array_equal(told(seed=1).image, told(seed=1).image)
    assert (told(seed=1).image != told(seed=2).image).any()


def test_strength_is_how_much_of_the_copy_shows_and_the_region_stays() -> None:
    weak, strong = told(strength=0.2, seed=6), told(strength=1.0, seed=6)
    assert weak.mask.max() == pytest.approx(0.2) and strong.mask.max() == pytest.approx(1.0)
    change = [np.abs(forged.image.astype(int) - PORTRAIT).mean() for forged in (weak, strong)]
    assert 0 < change[0] < change[1] / 3
    np.testing.assert_array_equal(weak.region, strong.region)


def test_softness_widens_the_border() -> None:
    hard, soft = (np.mean((mask > 0.02) & (mask < 0.98)) for mask in (told(softness=s).mask for s in (0.0, 0.3)))
    assert hard < soft / 5


@pytest.mark.parametrize("wrong", [{"region": "hair"}, {"strength": 0}, {"strength": float("nan")}, {"softness": 0.4}])
def test_a_recipe_says_what_is_allowed(wrong: dict[str, float] | dict[str, int] | dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"must (be|lie)"):
        BlendParameters(**wrong)
