"""A search near where faces were finds what a full search finds."""

import numpy as np

from detectors.faces.find import find_faces
from detectors.faces.nearby import find_again
from tests.ui.camera import frame, portrait


def test_a_face_that_moved_a_little_is_found_where_a_full_search_finds_it() -> None:
    [before] = find_faces(frame(portrait(), left=80))
    moved = frame(portrait(), left=101)
    [found], [full] = find_again(moved, [before.box]), find_faces(moved)
    assert np.abs(np.subtract(found.box, full.box)).max() <= 2
    assert np.abs(np.subtract(found.landmarks, full.landmarks)).max() <= 2


def test_two_faces_beside_each_other_keep_their_order() -> None:
    both = frame(portrait(300), portrait(300), left=20)
    faces = sorted(find_faces(both), key=lambda face: face.box, reverse=True)
    found = find_again(both, [face.box for face in faces])
    assert [face.box[0] > 320 for face in found] == [True, False]


def test_a_face_that_is_gone_calls_for_a_full_search() -> None:
    [before] = find_faces(frame(portrait()))
    assert find_again(frame(), [before.box]) is None


def test_two_boxes_on_one_face_call_for_a_full_search() -> None:
    pixels = frame(portrait())
    [face] = find_faces(pixels)
    assert find_again(pixels, [face.box, face.box]) is None


def test_where_nothing_was_or_too_much_it_is_a_full_search() -> None:
    assert find_again(frame(portrait()), []) is None
    assert find_again(frame(portrait()), [(0, 0, 600, 480)]) is None


def test_a_box_outside_of_a_picture_that_became_smaller_is_no_error() -> None:
    assert find_again(frame(portrait())[:200, :200].copy(), [(500, 300, 600, 400)]) is None
