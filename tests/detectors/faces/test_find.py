"""Faces are found wherever they stand, and cropped by one framing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.faces.crop import CROP_SIDE, crop_face
from detectors.faces.find import find_faces
from tests.detectors.pictures import montage, portrait

FACE = (182, 58, 270, 178)  # of the portrait, checked by eye
NOTHING = (
    np.zeros((1, 1, 3), np.uint8),
    np.zeros((16, 16, 3), np.uint8),
    np.full((33, 700, 3), 127, np.uint8),
    np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8),
)


def middle(box: tuple[int, int, int, int]) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def test_the_portrait_shows_one_face_where_it_is() -> None:
    (face,) = find_faces(portrait())
    assert np.abs(np.subtract(face.box, FACE)).max() <= 6
    assert face.score > 0.8
    assert face.pixels == max(face.box[2] - face.box[0], face.box[3] - face.box[1])


def test_a_very_large_portrait_shows_the_same_face() -> None:
    large = np.repeat(np.repeat(portrait(), 7, axis=0), 7, axis=1)
    (face,) = find_faces(large)
    assert np.abs(np.subtract(face.box, np.multiply(FACE, 7))).max() <= 6 * 7


def test_landmarks_are_eyes_nose_and_mouth_corners_from_left_to_right() -> None:
    (face,) = find_faces(portrait())
    left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])
    assert all(face.box[0] < x < face.box[2] and face.box[1] < y < face.box[3] for x, y in face.landmarks)


def test_a_montage_of_five_copies_shows_five_faces() -> None:
    faces = find_faces(montage())
    expected = [(226 + 512 * column, 118 + 512 * row) for row, column in ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1))]
    found = [middle(face.box) for face in faces]
    assert len(faces) == 5
    for place in expected:
        assert sum(np.hypot(*np.subtract(place, centre)) < 15 for centre in found) == 1
    assert [face.pixels for face in faces] == sorted((face.pixels for face in faces), reverse=True)


@pytest.mark.parametrize("cut", ["left", "right", "top", "bottom", "tight"])
def test_a_face_that_leaves_or_fills_the_frame_is_found(cut: str) -> None:
    shown = {
        "left": np.s_[:, 215:],
        "right": np.s_[:, :240],
        "top": np.s_[85:, :],
        "bottom": np.s_[:150, :],
        "tight": np.s_[60:176, 180:270],
    }[cut]
    (face,) = find_faces(np.ascontiguousarray(portrait()[shown]))
    left, top = shown[1].start or 0, shown[0].start or 0
    x, y = middle(face.box)
    assert np.hypot(x + left - 226, y + top - 118) < 40


def test_the_same_picture_gives_the_same_faces() -> None:
    assert find_faces(montage()) == find_faces(montage())


def test_grey_and_enlarged_portraits_keep_their_face() -> None:
    grey = np.repeat(portrait().mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
    assert len(find_faces(grey)) == 1
    large = portrait().repeat(4, axis=0).repeat(4, axis=1)
    (face,) = find_faces(large)
    assert np.hypot(*np.subtract(middle(face.box), (226 * 4, 118 * 4))) < 40


@pytest.mark.parametrize("picture", NOTHING, ids=lambda picture: "x".join(map(str, picture.shape)))
def test_a_picture_without_a_face_gives_none(picture: np.ndarray) -> None:
    assert find_faces(picture) == []


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_portrait_shows_one_face_or_none(turns: int) -> None:
    assert len(find_faces(np.ascontiguousarray(np.rot90(portrait(), turns)))) <= 1


def test_a_picture_is_not_changed_by_looking_at_it() -> None:
    picture = portrait()
    before = picture.copy()
    faces = find_faces(picture)
    crop_face(picture, faces[0].box)[:] = 0
    assert np.array_equal(picture, before)


def reflect(place: int, length: int) -> int:
    """Walk along a line, turning at its ends without standing there twice."""
    while length > 1 and not 0 <= place < length:
        place = -place if place < 0 else 2 * (length - 1) - place
    return 0 if length == 1 else place


def crop_by_hand(picture: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    left, top, right, bottom = box
    side = max(2, round(CROP_SIDE * max(right - left, bottom - top)))
    x, y = round((left + right - side) / 2), round((top + bottom - side) / 2)
    height, width = picture.shape[:2]
    rows = [[picture[reflect(y + i, height), reflect(x + j, width)] for j in range(side)] for i in range(side)]
    return np.array(rows, dtype=np.uint8)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    size=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    corner=st.tuples(st.integers(-30, 30), st.integers(-30, 30)),
    extent=st.tuples(st.integers(0, 25), st.integers(0, 25)),
)
def test_a_crop_is_the_square_about_the_box_its_edges_reflected(
    size: tuple[int, int], corner: tuple[int, int], extent: tuple[int, int]
) -> None:
    picture = np.arange(size[0] * size[1] * 3, dtype=np.uint8).reshape(*size, 3)
    box = (*corner, corner[0] + extent[0], corner[1] + extent[1])
    assert np.array_equal(crop_face(picture, box), crop_by_hand(picture, box))


def test_the_crop_is_0_87_of_the_longer_side_and_its_pixels_are_the_pictures() -> None:
    crop = crop_face(portrait(), (100, 200, 180, 300))
    assert crop.shape == (87, 87, 3)
    assert np.array_equal(crop, portrait()[206:293, 96:183])
