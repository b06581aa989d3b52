"""A face is turned upright, whichever way up it comes, and where it cannot be, nobody is believed."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

from detectors.faces.align import align, measure_roll
from detectors.faces.crop import crop_face
from detectors.faces.face import TURNED, Face
from detectors.faces.find import find_faces
from detectors.jury.judge import Jury
from detectors.jury.stability import vary
from models.evaluation.robustness.turns import turn_picture
from registry import Image, load_registry
from tests.command import call

PORTRAIT: Image = skimage.data.astronaut()


@pytest.mark.parametrize("roll", [0, 5, -8])
def test_an_upright_face_is_left_as_it_is(roll: int) -> None:
    face = find_faces(turn_picture(PORTRAIT, roll))[0]
    assert (face.roll, face.turned, face.doubt) == (0.0, False, None)


@pytest.mark.parametrize("roll", [30, -30, 45, 60, 90, 135, 180, -135, -90, -45])
def test_its_roll_is_found_to_a_few_degrees(roll: int) -> None:
    face = find_faces(turn_picture(PORTRAIT, roll))[0]
    upright = measure_roll(find_faces(PORTRAIT)[0].landmarks)
    assert abs((face.roll - roll - upright + 180) % 360 - 180) < 12
    assert not face.turned


@pytest.mark.parametrize("roll", [90, 180, -90])
def test_a_quarter_turn_makes_no_pixel_anew(roll: int) -> None:
    picture = turn_picture(PORTRAIT, roll)
    face = find_faces(picture)[0]
    assert face.roll == roll
    crop = crop_face(picture, face.box, face.roll)
    assert {tuple(pixel) for pixel in crop.reshape(-1, 3)} <= {tuple(pixel) for pixel in PORTRAIT.reshape(-1, 3)}


def test_the_crop_of_a_turned_face_shows_it_upright() -> None:
    picture = turn_picture(PORTRAIT, 40)
    face = find_faces(picture)[0]
    plain = find_faces(PORTRAIT)[0]
    one, other = (
        cv2.resize(crop_face(image, found.box, found.roll), (48, 48), interpolation=cv2.INTER_AREA).astype(float)
        for image, found in ((PORTRAIT, plain), (picture, face))
    )
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.8
    assert np.corrcoef(one.ravel(), np.rot90(other, 2).ravel())[0, 1] < 0.7


def test_a_face_that_is_not_found_again_any_way_up_is_turned_too_far() -> None:
    skewed = ((10.0, 10.0), (30.0, 40.0), (25.0, 25.0), (12.0, 40.0), (25.0, 44.0))
    found = align(PORTRAIT, Face((100, 100, 200, 200), 0.6, skewed), lambda _: [])
    assert found.turned
    assert found.doubt == TURNED


def compare(path: Path) -> dict[str, float]:
    """What each built-in detector, and the jury, say of the only face."""
    ((face,),) = (one["faces"] for one in json.loads(call("compare", path, "--json").stdout))
    return {verdict["detector"]: verdict["p_fake"] for verdict in face["verdicts"]}


@pytest.mark.slow
@pytest.mark.parametrize("roll", [90, 180, -90])
def test_a_verdict_moves_no_more_than_when_the_picture_is_saved_again(roll: int, tmp_path: Path) -> None:
    for name, image in (("upright.png", PORTRAIT), ("turned.png", turn_picture(PORTRAIT, roll))):
        cv2.imwrite(str(tmp_path / name), image[..., ::-1])
    upright, turned = compare(tmp_path / "upright.png"), compare(tmp_path / "turned.png")
    face = find_faces(PORTRAIT)[0]
    variants = [crop_face(PORTRAIT, face.box), *vary(PORTRAIT, face.box)]
    specs = [spec for spec in load_registry() if spec.expects == "face"]
    jury = Jury(specs)
    for spec in specs:
        said = [jury.judge(spec, variant).p_fake or 0.0 for variant in variants]
        assert abs(upright[spec.key] - turned[spec.key]) <= max(said) - min(said)
