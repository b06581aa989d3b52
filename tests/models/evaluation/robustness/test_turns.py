"""Turned pictures: turned without loss by quarters, wholly in view by degrees, and compared face by face."""

import numpy as np
import pytest
import skimage.data

from models.evaluation.robustness.turns import ANGLES, _compare, turn_picture


@pytest.mark.parametrize("angle", [90.0, 180.0, -90.0])
def test_a_quarter_turn_back_gives_the_same_pixels(angle: float) -> None:
    picture = skimage.data.astronaut()[:200, :300]
    turned = turn_picture(picture, angle)
    assert not np.array_equal(turned, picture)
    assert np.array_equal(turn_picture(turned, -angle), picture)


@pytest.mark.parametrize("angle", [15.0, -30.0])
def test_nothing_of_a_turned_picture_is_cut_off(angle: float) -> None:
    picture = np.zeros((200, 300, 3), dtype=np.uint8)
    for corner in (np.s_[:20, :20], np.s_[:20, -20:], np.s_[-20:, :20], np.s_[-20:, -20:]):
        picture[corner] = 255
    turned = turn_picture(picture, angle)
    assert turned.shape[0] > 200 and turned.shape[1] > 300
    back = turn_picture(turned, -angle)
    top, left = (back.shape[0] - 200) // 2, (back.shape[1] - 300) // 2
    middle = back[top : top + 200, left : left + 300].astype(int)
    assert np.abs(middle - picture).mean() < 8


def test_the_figures_are_of_the_faces_that_were_found_both_ways() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1])
    plain = np.array([0.1, 0.2, 0.3, 0.7, 0.8, np.nan])
    turned = np.array([0.1, 0.2, np.nan, 0.15, 0.8, 0.9])
    found = _compare(15.0, labels, plain, turned)
    assert (found.count, found.lost) == (4, pytest.approx(0.2))
    assert (found.before, found.auc) == (1.0, 0.75)
    assert found.low <= found.auc - found.before <= found.high
    assert found.flipped == pytest.approx(0.25)
    assert len(set(ANGLES)) == 7
