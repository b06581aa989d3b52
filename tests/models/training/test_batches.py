"""Batches are half fake, and a function of the seed and the step alone."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from detectors.forgery.blend import Forgery
from models.data.face_index import LabelledFace
from models.data.twins import read_twins
from models.training import batches
from models.training.batches import (
    FORGED,
    PARTIAL,
    Batch,
    Batches,
    ask_teacher,
    crop_all,
    select_faces,
    thin,
    validate_on,
)
from registry import Image
from tests.models.faces import PIXELS, TINY, make_face, make_faces

PLACES = 8


@pytest.fixture
def faces(tmp_path: Path) -> list[LabelledFace]:
    return make_faces(tmp_path, train=10, val=0)


def drawn(batches: Batches, first: int, last: int, *, workers: int = 2) -> list[Batch]:
    return list(batches.run(first, last, workers=workers))


def same(left: list[Batch], right: list[Batch]) -> bool:
    pairs = zip(left, right, strict=True)
    return all(np.array_equal(a[i], b[i]) for a, b in pairs for i in range(len(a)))


def test_half_of_each_batch_is_fake_whatever_the_data_holds(faces: list[LabelledFace]) -> None:
    lopsided = [face for face in faces if face.sample.label == 0][:1] + [f for f in faces if f.sample.label == 1]
    for images, targets, _ in drawn(Batches(lopsided, TINY, 8, 0, PLACES), 0, 3):
        assert (images.shape, images.dtype) == ((8, PIXELS, PIXELS, 3), np.uint8)
        assert (targets.shape, targets.dtype) == ((8, 1), np.float32)
        assert sorted(targets[:, 0].tolist()) == [0.0] * 4 + [1.0] * 4


def test_the_same_seed_and_step_give_the_same_batch_however_one_got_there(faces: list[LabelledFace]) -> None:
    batches = Batches(faces, TINY, 4, 7, PLACES)
    whole = drawn(batches, 0, 9)
    assert len(whole) == 9
    assert same(drawn(batches, 0, 9, workers=1), whole)
    assert same(drawn(batches, 0, 9, workers=5), whole)
    assert same(drawn(batches, 6, 9), whole[6:])
    assert not same(drawn(Batches(faces, TINY, 4, 8, PLACES), 0, 9), whole)
    assert not np.array_equal(whole[0][0], whole[1][0])


def test_a_picture_is_treated_alike_as_real_and_as_fake(tmp_path: Path) -> None:
    face = make_face(tmp_path, "train", 0)
    real, fake = ([replace(face, sample=replace(face.sample, label=label))] for label in (0, 1))
    other = make_face(tmp_path, "train", 2)
    other_real, other_fake = ([replace(other, sample=replace(other.sample, label=label))] for label in (0, 1))
    ((one, _, _),) = drawn(Batches(real + other_fake, TINY, 2, 0, PLACES), 0, 1)
    ((two, _, _),) = drawn(Batches(fake + other_real, TINY, 2, 0, PLACES), 0, 1)
    ((three, _, _),) = drawn(Batches(real + fake, TINY, 2, 0, PLACES), 0, 1)
    assert np.array_equal(one[0], three[0])  # as real
    assert np.array_equal(two[1], three[1])  # as fake: drawn and changed by place in the batch, not by class
    assert not np.array_equal(three[0], three[1])


def test_a_distillation_target_makes_half_of_a_target(faces: list[LabelledFace]) -> None:
    distillation_targets = ask_teacher(lambda crop: 0.5, faces)
    assert set(distillation_targets) == {face.sample.path for face in faces}
    ((_, targets, _),) = drawn(Batches(faces, TINY, 4, 0, PLACES, distillation_targets), 0, 1)
    assert sorted(targets[:, 0].tolist()) == [0.25, 0.25, 0.75, 0.75]


def test_a_small_source_is_drawn_oftener_than_its_share_and_not_as_often_as_a_big_one(tmp_path: Path) -> None:
    reals = [make_face(tmp_path, "train", 2 * index) for index in range(17)]
    small = replace(reals[0], sample=replace(reals[0].sample, source="small"))
    pool = Batches([small, *reals[1:], make_face(tmp_path, "train", 1)], TINY, 2, 0, PLACES)._pools()[0]
    counted = [pool.draw(np.random.default_rng(seed)).sample.source for seed in range(3000)].count("small")
    assert counted / 3000 == pytest.approx(1 / (1 + 16**0.6), abs=0.02)


def test_a_source_can_be_drawn_oftener_than_by_its_size(tmp_path: Path) -> None:
    reals = [make_face(tmp_path, "train", 2 * index) for index in range(2)]
    other = replace(reals[0], sample=replace(reals[0].sample, source="other"))
    pool = Batches(
        [other, reals[1], make_face(tmp_path, "train", 1)], TINY, 2, 0, PLACES, source_weights={"other": 3.0}
    )._pools()[0]
    counted = [pool.draw(np.random.default_rng(seed)).sample.source for seed in range(2000)].count("other")
    assert counted / 2000 == pytest.approx(0.75, abs=0.03)


def test_self_blending_learns_from_reals_alone(faces: list[LabelledFace]) -> None:
    reals = [face for face in faces if face.sample.label == 0]
    blended = Batches(reals, replace(TINY, supervision="blended"), 4, 0, PLACES)
    ((images, targets, regions),) = drawn(blended, 0, 1)
    assert sorted(targets[:, 0].tolist()) == [0.0, 0.0, 1.0, 1.0]
    assert images.shape == (4, PIXELS, PIXELS, 3)
    assert (regions.shape, regions.dtype) == ((4, PLACES, PLACES), np.float32)


def test_where_a_face_was_forged_goes_with_the_picture_through_every_turn(
    faces: list[LabelledFace], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "COMPOSED", 0.0)
    monkeypatch.setattr(batches, "augment", lambda image, random: image)
    monkeypatch.setattr(batches, "blend_face", blot)
    reals = [face for face in faces if face.sample.label == 0]
    found = drawn(Batches(reals, replace(TINY, supervision="blended"), 8, 0, PLACES), 0, 4)
    for images, targets, regions in found:
        for image, target, region in zip(images, targets, regions, strict=True):
            white = cv2.resize(
                (image.min(axis=2) > 250).astype(np.float32), (PLACES, PLACES), interpolation=cv2.INTER_AREA
            )
            assert region.max() == pytest.approx(target[0])
            assert not target[0] or np.corrcoef(white.ravel(), region.ravel())[0, 1] > 0.9


def blot(image: Image, landmarks: object, random: object) -> Forgery:
    """A white square left of the middle: white enough to be found again."""
    mask = np.zeros(image.shape[:2], dtype=np.float32)
    mask[24:40, 12:28] = 1.0
    return Forgery(np.where(mask[..., None] > 0, np.uint8(255), image), mask)


def test_an_expert_is_fed_no_fakes_that_it_is_not_for(faces: list[LabelledFace]) -> None:
    for kind in sorted(PARTIAL):
        swap = replace(faces[1], sample=replace(faces[1].sample, kind=kind))
        assert select_faces([swap, *faces], "generated") == faces
        assert select_faces([swap, *faces], "labelled") == [swap, *faces]
    assert select_faces([replace(swap, sample=replace(swap.sample, kind="generated"))], "generated")
    reals = [face for face in faces if not face.sample.label]
    assert select_faces([swap, *faces], "blended") == reals


def test_an_expert_on_forgeries_made_here_is_validated_on_such(faces: list[LabelledFace]) -> None:
    reals = select_faces(faces, "blended")
    images, labels = validate_on(reals, replace(TINY, supervision="blended"))
    assert labels.tolist() == [0] * len(reals) + [1] * len(reals)
    assert np.array_equal(images[: len(reals)], crop_all(reals, PIXELS))
    assert all((before != after).any() for before, after in zip(*np.split(images, 2), strict=True))
    others, named = validate_on(faces, TINY)
    assert np.array_equal(others, crop_all(faces, PIXELS))
    assert named.tolist() == [face.sample.label for face in faces]


def test_serving_crops_are_not_augmented(faces: list[LabelledFace]) -> None:
    crops = crop_all(faces, PIXELS)
    assert (crops.shape, crops.dtype) == ((10, PIXELS, PIXELS, 3), np.uint8)
    assert np.array_equal(crops, crop_all(faces, PIXELS))


def make_twins(folder: Path) -> list[LabelledFace]:
    """A photo, and the same photo with a white square in its middle."""
    twins = []
    for label, name in enumerate(("real", "fake")):
        (folder / name).mkdir(parents=True)
        face = make_face(folder / name, "train", label, telling=False)
        pixels = cv2.imread(str(face.sample.path))
        pixels[24:40, 24:40] = 255 if label else pixels[24:40, 24:40]
        path = face.sample.path.with_name("a.png")
        cv2.imwrite(str(path), pixels)
        twins.append(replace(face, sample=replace(face.sample, path=path)))
    return twins


def test_a_photo_and_its_forgery_are_drawn_together_and_treated_alike(tmp_path: Path) -> None:
    real, fake = make_twins(tmp_path)
    pictures = read_twins(real, fake)
    assert pictures is not None
    assert pictures[2].max() == 255
    assert pictures[2][26:38, 26:38].min() == 255
    assert pictures[2][:20].max() == 0
    for images, targets, regions in drawn(Batches([real, fake], TINY, 8, 0, PLACES, forged=0.0), 0, 3):
        for place in range(0, 8, 2):
            assert targets[place : place + 2, 0].tolist() == [0.0, 1.0]
            assert (regions[place].max(), regions[place + 1].max()) == (0.0, 1.0)
            apart = np.abs(images[place].astype(int) - images[place + 1])
            assert np.median(apart) < 8  # re-encoding parts the two a little


def test_two_photos_with_one_name_are_no_twins(tmp_path: Path) -> None:
    real, fake = make_twins(tmp_path)
    cv2.imwrite(str(fake.sample.path), 255 - cv2.imread(str(real.sample.path)))
    assert read_twins(real, fake) is None
    cv2.imwrite(str(fake.sample.path), np.zeros((32, 32, 3), dtype=np.uint8))
    assert read_twins(real, fake) is None


def test_how_many_are_forged_here_can_be_told(faces: list[LabelledFace]) -> None:
    all_forged = Batches(faces, TINY, 8, 0, PLACES, forged=1.0)
    assert same(
        drawn(all_forged, 0, 3), drawn(Batches(faces, replace(TINY, supervision="blended"), 8, 0, PLACES), 0, 3)
    )


def test_validation_takes_so_many_of_each_source_generator_and_class(faces: list[LabelledFace]) -> None:
    assert thin(faces, 3) == [faces[place] for place in (0, 1, 4, 5, 8, 9)]
    assert thin(faces) == faces


def test_a_labelled_network_sees_forgeries_made_here_too(
    faces: list[LabelledFace], monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled, blended = (
        Batches(faces, replace(TINY, supervision=supervision), 8, 0, PLACES) for supervision in ("labelled", "blended")
    )
    as_shipped = drawn(labelled, 0, 3)
    monkeypatch.setitem(FORGED, "labelled", 1.0)
    assert same(drawn(labelled, 0, 3), drawn(blended, 0, 3))
    monkeypatch.setitem(FORGED, "labelled", 0.0)
    assert not same(drawn(labelled, 0, 3), as_shipped)
