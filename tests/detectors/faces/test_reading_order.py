"""Faces are numbered as one reads: rows from the top, left to right; whatever their order in the JSON."""

import pytest

from detectors.faces.reading_order import read_order

FIRST_ROW = [(0, 0, 50, 60), (100, 10, 150, 70), (200, 0, 250, 60)]
SECOND_ROW = [(10, 100, 60, 160), (120, 110, 170, 170)]


def test_rows_come_from_the_top_and_each_from_the_left() -> None:
    boxes = [SECOND_ROW[1], FIRST_ROW[2], FIRST_ROW[0], SECOND_ROW[0], FIRST_ROW[1]]
    assert [boxes[place] for place in read_order(boxes)] == FIRST_ROW + SECOND_ROW


def test_a_large_face_among_small_ones_is_in_their_row() -> None:
    small, large, below = (0, 40, 20, 60), (30, 0, 130, 110), (0, 120, 20, 140)
    assert read_order([large, below, small]) == [2, 0, 1]


@pytest.mark.parametrize(("boxes", "order"), [([], []), ([(5, 5, 9, 9)], [0]), ([(5, 5, 9, 9)] * 2, [0, 1])])
def test_none_one_and_equal_boxes(boxes: list[tuple[int, int, int, int]], order: list[int]) -> None:
    assert read_order(boxes) == order


def test_a_slanting_row_stays_one_row() -> None:
    boxes = [(100 * number, 8 * number, 100 * number + 50, 8 * number + 60) for number in range(5)]
    assert read_order(boxes[::-1]) == [4, 3, 2, 1, 0]
