"""A face that was made larger is told from one as it was taken."""

import cv2
import numpy as np
import pytest

from detectors.faces.enlarged import looks_enlarged
from detectors.jury.compare import compare
from detectors.jury.judge import Jury
from registry import Image
from tests.detectors.pictures import encode, portrait


def _enlarge(picture: Image, side: int) -> Image:
    small = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, picture.shape[1::-1], interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def test_only_what_was_enlarged_looks_so() -> None:
    assert not looks_enlarged(portrait())
    assert looks_enlarged(_enlarge(portrait(), 64))


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 700, 3), (64, 64, 3)])
def test_where_nothing_differs_nothing_is_said(shape: tuple[int, int, int]) -> None:
    assert not looks_enlarged(np.full(shape, 90, np.uint8))


def test_the_comparison_says_it_of_the_face() -> None:
    faces = [
        compare(encode(picture), Jury(())).as_dict()["faces"] for picture in (portrait(), _enlarge(portrait(), 64))
    ]
    assert [[face["enlarged"] for face in found] for found in faces] == [[False], [True]]
