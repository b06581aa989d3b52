"""Who is who from look to look, by place alone."""

from detectors.faces.face import Face
from detectors.faces.track import PATIENCE_LOOKS, Follower, measure_overlap

MARKS = ((0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8))


def face(left: float, top: float = 100, side: float = 80) -> Face:
    marks = tuple(
        (left + side * x, top + side * y) for x, y in ((0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8))
    )
    return Face((int(left), int(top), int(left + side), int(top + side)), 0.9, marks)


def test_a_person_who_moves_keeps_their_number() -> None:
    follower = Follower()
    assert [follower.follow([face(left)]) for left in range(0, 300, 30)] == [[1]] * 10


def test_two_persons_keep_theirs_whatever_order_they_come_in() -> None:
    follower = Follower()
    assert follower.follow([face(0), face(300)]) == [1, 2]
    assert follower.follow([face(310), face(10)]) == [2, 1]


def test_of_two_near_a_place_the_closer_one_was_there() -> None:
    follower = Follower()
    follower.follow([face(100)])
    assert follower.follow([face(150), face(104)]) == [2, 1]


def test_landmarks_hold_on_to_a_face_whose_boxes_hardly_overlap() -> None:
    follower = Follower()
    follower.follow([face(100)])
    moved = face(100 + 0.45 * 80, 100 + 0.2 * 80)
    assert measure_overlap(face(100).box, moved.box) < 0.3
    assert follower.follow([moved]) == [1]


def test_somebody_far_away_or_of_another_size_is_somebody_new() -> None:
    follower = Follower()
    assert follower.follow([face(100)]) == [1]
    assert follower.follow([face(300)]) == [2]
    assert follower.follow([face(300, side=200)]) == [3]


def test_somebody_missed_for_a_moment_is_still_who_they_were_and_after_long_is_not() -> None:
    follower = Follower()
    follower.follow([face(100)])
    for _ in range(PATIENCE_LOOKS):
        assert follower.follow([]) == []
    assert follower.follow([face(100)]) == [1]
    for _ in range(PATIENCE_LOOKS + 1):
        follower.follow([])
    assert follower.follow([face(100)]) == [2]


def test_after_a_cut_everybody_is_somebody_new() -> None:
    follower = Follower()
    follower.follow([face(100)])
    follower.forget()
    assert follower.follow([face(100)]) == [2]


def test_faces_without_landmarks_are_followed_by_their_boxes() -> None:
    follower = Follower()
    bare = [Face(face(left).box, 0.9, ()) for left in (100, 110, 130)]
    assert follower.follow([bare[0]]) == [1]
    assert follower.follow([bare[2], bare[1]]) == [2, 1]
