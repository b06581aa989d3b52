"""Following: boxes are matched by how much they overlap, and a search nearby finds what a full search finds."""

import numpy as np
import pytest

from detectors.faces import find_faces
from detectors.nearby import find_again, match, overlap
from tests.ui.camera import frame, portrait


def test_overlap_is_what_is_shared_of_what_both_cover():
    assert overlap((0, 0, 10, 10), (0, 0, 10, 10)) == 1.0
    assert overlap((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 10, 10), (10, 10, 20, 20)) == 0.0


def test_the_best_pairs_are_matched_first_and_each_box_once():
    before = {7: (0, 0, 100, 100), 8: (30, 0, 130, 100)}
    assert match(before, [(25, 0, 125, 100), (300, 0, 400, 100)]) == {8: 0}
    assert match(before, [(31, 0, 131, 100), (2, 0, 102, 100)]) == {8: 0, 7: 1}
    assert match({}, [(0, 0, 1, 1)]) == {}


def test_a_face_that_moved_a_little_is_found_where_a_full_search_finds_it():
    [before] = find_faces(frame(portrait(), left=80))
    moved = frame(portrait(), left=101)
    [found], [full] = find_again(moved, [before.box]), find_faces(moved)
    assert np.abs(np.subtract(found.box, full.box)).max() <= 2
    assert np.abs(np.subtract(found.landmarks, full.landmarks)).max() <= 2


def test_two_faces_beside_each_other_keep_their_order():
    both = frame(portrait(300), portrait(300), left=20)
    faces = sorted(find_faces(both), key=lambda face: face.box, reverse=True)
    found = find_again(both, [face.box for face in faces])
    assert [face.box[0] > 320 for face in found] == [True, False]


def test_a_face_that_is_gone_calls_for_a_full_search():
    [before] = find_faces(frame(portrait()))
    assert find_again(frame(), [before.box]) is None


def test_two_boxes_on_one_face_call_for_a_full_search():
    pixels = frame(portrait())
    [face] = find_faces(pixels)
    assert find_again(pixels, [face.box, face.box]) is None


def test_where_nothing_was_or_too_much_it_is_a_full_search():
    assert find_again(frame(portrait()), []) is None
    assert find_again(frame(portrait()), [(0, 0, 600, 480)]) is None


def test_a_box_outside_of_a_picture_that_became_smaller_is_no_error():
    assert find_again(frame(portrait())[:200, :200].copy(), [(500, 300, 600, 400)]) is None
