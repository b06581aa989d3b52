"""Augmentation keeps what a picture is, and does the same to both classes."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import skimage.data
from numpy.random import Generator, default_rng

from detectors.faces.crop import crop_face
from detectors.jury.recompression import recompress
from models.data import augmentation as augmenting
from models.data.augmentation import STEPS, TILT, augment, degrade, draw_tilt, loosen, pass_on
from registry import Image

Step = Callable[[Image, Generator], Image]
SHRINKING: list[Step] = [augment, degrade, pass_on]
ALL: list[Step] = [*(step for _, step in STEPS), augment, degrade]
SHAPES = [(25, 25), (24, 31), (97, 64), (224, 224)]


def picture(height: int, width: int) -> Image:
    return np.ascontiguousarray(skimage.data.astronaut()[40 : 40 + height, 150 : 150 + width])


def name(step: object) -> str:
    return getattr(step, "__name__", str(step))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("step", ALL, ids=name)
def test_the_same_seed_gives_the_same_picture_and_leaves_the_first_alone(step: Step, shape: tuple[int, int]) -> None:
    given = picture(*shape)
    first, second = step(given, default_rng(5)), step(given, default_rng(5))
    assert np.array_equal(first, second)
    assert np.array_equal(given, picture(*shape))
    assert first.dtype == np.uint8
    assert first.ndim == 3
    assert first.shape[2] == 3
    if step not in SHRINKING:
        assert first.shape == given.shape


@pytest.mark.parametrize("step", ALL, ids=name)
def test_every_step_changes_something_and_not_too_much(step: Step) -> None:
    given = picture(160, 160).astype(float)
    made = [step(picture(160, 160), default_rng(seed)) for seed in range(8)]
    if step in SHRINKING:
        assert all(40 <= min(found.shape[:2]) <= 160 for found in made)
        return
    assert any(not np.array_equal(found, given) for found in made)
    for found in made:
        assert np.abs(found - given).mean() < 60


def test_jpeg_of_higher_quality_is_nearer() -> None:
    given = picture(128, 128).astype(float)
    errors = [np.abs(recompress(picture(128, 128), quality) - given).mean() for quality in (30, 60, 95)]
    assert errors == sorted(errors, reverse=True)
    assert np.abs(recompress(picture(128, 128), 95, subsampled=False) - given).mean() < errors[2]


def test_the_loose_crop_stays_about_the_face() -> None:
    image, box = picture(300, 300), (80, 60, 180, 200)
    sides = [crop_face(image, loosen(box, default_rng(seed))).shape[0] for seed in range(100)]
    assert 0.87 * 140 * 0.84 <= min(sides) < max(sides) <= 0.87 * 140 * 1.27
    assert loosen(box, default_rng(3)) == loosen(box, default_rng(3))


def test_no_step_is_told_the_class() -> None:
    steps: list[Callable[..., Any]] = [*(step for _, step in STEPS), augment, loosen, degrade]
    for step in steps:
        assert not {"label", "sample", "face"} & set(inspect.signature(step).parameters)
    assert "label" not in inspect.getsource(augmenting)


def test_half_of_the_faces_are_turned_a_little_either_way() -> None:
    drawn = np.array([draw_tilt(default_rng(seed)) for seed in range(400)])
    assert 0.4 < (drawn == 0).mean() < 0.6
    assert -TILT <= drawn.min() < -TILT / 2 < TILT / 2 < drawn.max() <= TILT
