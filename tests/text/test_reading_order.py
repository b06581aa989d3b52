"""Faces are numbered as one reads: rows from the top, left to right; whatever their order in the JSON."""

import json
from pathlib import Path

import numpy as np
import pytest

from detectors.jury.compare import compare
from detectors.jury.judge import Jury
from detectors.scan.record import record_comparison
from tests.command import call
from tests.detectors.pictures import encode, portrait
from tests.ui.jurors import say_real, spec
from text.reading_order import read_order

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


@pytest.mark.slow
def test_a_face_has_one_number_in_the_table_the_json_and_a_scan(tmp_path: Path) -> None:
    beside = np.full((512, 256, 3), 127, np.uint8)
    beside[60:316] = portrait()[::2, ::2]
    picture = tmp_path / "two.png"
    picture.write_bytes(encode(np.hstack([beside, portrait()])))  # the right one is larger, and found first
    command = "compare", picture, "--only", "custom-cnn"
    right, left = json.loads(call(*command, "--json").stdout)[0]["faces"]
    assert (left["number"], right["number"]) == (1, 2) and left["box"][2] < right["box"][0]
    said = " ".join(call(*command).stdout.split())
    assert f"face 1 of 2, {left['box'][0]},{left['box'][1]}" in said
    assert f"face 2 of 2, {right['box'][0]},{right['box'][1]}" in said
    rows = record_comparison(compare(picture, Jury([spec("says-real", say_real)]))).rows
    assert [(row.face, row.box) for row in rows] == [(1, tuple(left["box"])), (2, tuple(right["box"]))]
