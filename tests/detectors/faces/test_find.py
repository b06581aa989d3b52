"""Faces are found wherever they stand, and cropped by one framing."""

import math
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.faces import find
from detectors.faces.centerface import open_finder
from detectors.faces.crop import CROP_SIDE, crop_face
from detectors.faces.face import Face
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


def test_a_picture_without_a_trace_of_a_face_costs_little(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, see = list[int](), open_finder().run

    def count(batch: np.ndarray) -> list[np.ndarray]:
        shown.append(batch.size)
        return see(batch)

    monkeypatch.setattr("detectors.faces.find.open_finder", lambda: SimpleNamespace(run=count))
    assert find_faces(np.full((512, 512, 3), 127, np.uint8)) == []
    assert sum(shown) < 5 * 3 * 512 * 512  # all views, four ways up, would be more than twenty times the picture


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_portrait_shows_one_face_or_none(turns: int) -> None:
    assert len(find_faces(np.ascontiguousarray(np.rot90(portrait(), turns)))) <= 1


def stand_beside_a_larger_one(turns: int) -> np.ndarray:
    """Three upright portraits, and to their left a larger one turned counter-clockwise by so many quarters."""
    scene = np.full((900, 1100, 3), 120, np.uint8)
    scene[100:770, :670] = np.rot90(cv2.resize(portrait(), (670, 670)), turns)
    for top in (20, 310, 600):
        scene[top : top + 230, 800:1030] = portrait()[:230, 110:340]
    return scene


@pytest.mark.parametrize("turns", [1, 3])
def test_upright_faces_are_found_beside_a_larger_one_that_lies(turns: int) -> None:
    largest, *others = find_faces(stand_beside_a_larger_one(turns))
    assert abs(largest.roll) == 90
    assert len(others) == 3
    for top in (20, 310, 600):
        place = 800 + 226 - 110, top + 118
        (face,) = (face for face in others if np.hypot(*np.subtract(place, middle(face.box))) < 15)
        assert face.roll == 0
        assert face.score > 0.75  # as it is seen upright; lying, its score is below 0.7


def test_an_upright_face_is_found_beside_a_larger_one_that_hangs() -> None:
    scene = np.full((700, 1100, 3), 120, np.uint8)
    scene[:670, :670] = np.rot90(cv2.resize(portrait(), (670, 670)), 2)
    scene[20:250, 800:1030] = portrait()[:230, 110:340]
    assert {face.roll for face in find_faces(scene)} == {0, 180}


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


def scatter(width: int, height: int, pixels: int, count: int) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """A large scene with that many copies of the portrait, faces of that size, and where their middles are."""
    scene = np.asarray(cv2.resize(skimage.data.coffee(), (width, height)), dtype=np.uint8)
    scale = pixels / 120  # the portrait's face has 120
    face = np.asarray(cv2.resize(portrait(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    columns = math.ceil(math.sqrt(count * width / height))
    places, side = [], len(face)
    for number in range(count):
        left = round((number % columns + 0.5) * width / columns - side / 2)
        top = round((number // columns + 0.5) * height / math.ceil(count / columns) - side / 2)
        scene[top : top + side, left : left + side] = face
        places.append((left + 226 * scale, top + 118 * scale))
    return scene, places


@pytest.mark.parametrize(
    ("width", "height", "pixels", "count"),
    [
        (6000, 4000, 70, 24),  # a crowd
        (1200, 16000, 70, 5),  # a long screenshot
        (12000, 1500, 110, 3),  # a panorama
        (12000, 1500, 64, 9),
        (8600, 5800, 66, 20),  # the largest that is let in
        (4000, 3000, 70, 6),
    ],
)
def test_small_faces_in_large_pictures_are_found_once_each(width: int, height: int, pixels: int, count: int) -> None:
    scene, places = scatter(width, height, pixels, count)
    found = find_faces(scene)
    assert len(found) == count
    for x, y in places:
        assert sum(np.hypot(x - across, y - down) < pixels / 3 for across, down in map(middle_of, found)) == 1
    assert all(0.75 < face.pixels / pixels < 1.35 for face in found)


def test_small_faces_are_found_among_many_places_that_resemble_faces() -> None:
    cat = np.asarray(cv2.resize(skimage.data.chelsea(), None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA))
    scene = (
        np.tile(cat, (4000 // len(cat) + 1, 6000 // cat.shape[1] + 1, 1))[:4000, :6000].mean(axis=2).astype(np.uint8)
    )
    face = cv2.resize(portrait()[20:220, 120:320].mean(axis=2), (110, 110), interpolation=cv2.INTER_AREA)
    corners = [(1000 + 2000 * column, 1000 + 2000 * row) for row in (0, 1) for column in (0, 1, 2)]
    for left, top in corners:
        scene[top : top + 110, left : left + 110] = face
    found = [middle(face.box) for face in find_faces(np.repeat(scene[:, :, None], 3, axis=2))]
    assert len(found) == 6
    for left, top in corners:
        assert any(np.hypot(x - left - 58, y - top - 54) < 22 for x, y in found)


def middle_of(face: Face) -> tuple[float, float]:
    return middle(face.box)


def test_a_face_on_the_border_of_two_windows_is_found_once() -> None:
    for shift in (-300, -200, -100, 0, 100):
        scene = np.full((1500, 9000, 3), 120, dtype=np.uint8)
        face = cv2.resize(portrait(), (300, 300), interpolation=cv2.INTER_AREA)
        left = find.TILE + shift - 130
        scene[600:900, left : left + 300] = face
        (found,) = find_faces(scene)
        assert np.hypot(middle(found.box)[0] - left - 132, middle(found.box)[1] - 600 - 69) < 25


def test_a_large_face_does_not_keep_a_small_one_from_being_found() -> None:
    scene = np.full((4000, 6000, 3), 120, dtype=np.uint8)
    scene[500:2500, 300:2300] = cv2.resize(portrait(), (2000, 2000))
    scene[3000:3300, 4000:4300] = cv2.resize(portrait(), (300, 300), interpolation=cv2.INTER_AREA)
    assert [round(face.pixels, -2) for face in find_faces(scene)] == [500, 100]


def test_a_large_picture_of_large_faces_shows_the_boxes_of_the_whole_view_alone() -> None:
    scene = np.asarray(cv2.resize(montage(), (4500, 3000)), dtype=np.uint8)
    whole = find._look(scene, find.AS_IT_IS, {})[0]
    assert sorted(find_faces(scene), key=lambda face: face.box) == sorted(whole, key=lambda face: face.box)
