"""Faces in large pictures are cut out once, and are cropped as from the whole picture."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.random import default_rng

from models.data import surroundings
from models.data.augmentation import draw_tilt, loosen
from models.data.datasets import Sample
from models.data.face_index import LabelledFace
from models.data.surroundings import keep_surroundings
from models.errors import DataError
from registry import Image

HEIGHT, WIDTH = 900, 1200


@pytest.fixture
def noise() -> Image:
    """Smoothed, so that a twentieth of a pixel more or less is not seen."""
    drawn = default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    return np.asarray(cv2.GaussianBlur(drawn, (0, 0), 2), dtype=np.uint8)


def label(path: Path, picture: Image, box: tuple[int, int, int, int]) -> LabelledFace:
    path.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(path), picture)
    sample = Sample(path, 0, "made", path.name, "train")
    return LabelledFace(sample, box, ((box[0] + 3.5, box[1] + 4.25),))


def test_a_face_of_a_large_picture_is_cropped_as_from_the_whole(tmp_path: Path, noise: Image) -> None:
    random = default_rng(1)
    for number in range(12):
        x, y, side = random.integers(-20, WIDTH - 60), random.integers(-20, HEIGHT - 60), random.integers(30, 110)
        box = int(x), int(y), int(x + side * random.uniform(0.7, 1)), int(y + side)
        whole = label(tmp_path / f"{number}.png", noise, box)
        (kept,) = keep_surroundings([whole], tmp_path / "kept")
        assert kept.read().size < noise.size / 4
        assert (kept.landmarks[0][0] - kept.box[0], kept.landmarks[0][1] - kept.box[1]) == (3.5, 4.25)
        assert np.array_equal(kept.crop(), whole.crop())
        seen = []
        for face in (whole, kept):
            drawn = default_rng(number)
            loose = replace(face, box=loosen(face.box, drawn), roll=draw_tilt(drawn))
            seen.append(loose.crop().astype(int))
        assert seen[0].shape == seen[1].shape
        assert np.abs(seen[0] - seen[1]).max() <= 2


def test_it_is_cut_out_once_and_again_where_the_picture_changed(
    tmp_path: Path, noise: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    face = label(tmp_path / "one.png", noise, (300, 300, 400, 400))
    (kept,) = keep_surroundings([face], tmp_path / "kept")
    with monkeypatch.context() as patch:
        patch.delattr(surroundings, "decode_image")
        assert keep_surroundings([face], tmp_path / "kept") == [kept]
    cv2.imwrite(str(face.sample.path), 255 - noise)
    (changed,) = keep_surroundings([face], tmp_path / "kept")
    assert changed.kept != kept.kept
    assert np.array_equal(changed.read(), 255 - kept.read())
    assert len(list((tmp_path / "kept").iterdir())) == 2  # nothing half written beside them


def test_small_pictures_and_twins_are_left_as_they_are(tmp_path: Path, noise: Image) -> None:
    portrait = label(tmp_path / "portrait.png", noise[:300, :300], (50, 50, 250, 250))
    real = label(tmp_path / "real" / "1.png", noise, (300, 300, 400, 400))
    fake = label(tmp_path / "fake" / "1.png", 255 - noise, (300, 300, 400, 400))
    faces = [portrait, real, replace(fake, sample=replace(fake.sample, label=1))]
    assert keep_surroundings(faces, tmp_path / "kept") == faces
    assert not (tmp_path / "kept").exists()
    (alone,) = keep_surroundings([real], tmp_path / "kept")
    assert alone.kept, "a real in real/ without a fake of its name is no twin"


def test_where_nothing_can_be_kept_it_says_so(tmp_path: Path, noise: Image) -> None:
    face = label(tmp_path / "one.png", noise, (300, 300, 400, 400))
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"faces of large pictures cannot be kept in .*file"):
        keep_surroundings([face], tmp_path / "file" / "kept")
