"""A forgery on trial: where it was forged, who is said to notice, and what the saved file says of itself."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import PIL.Image
import pytest

from detectors.forgery.blend import BlendParameters
from detectors.forgery.trial import Statement, Trial, as_file, count_noticing, forge_photo, hear
from detectors.inputs.images import ImageError, decode_image
from detectors.jury.compare import judge_stepwise
from detectors.jury.judge import Jury
from detectors.jury.results import Comparison
from detectors.provenance import read_provenance
from registry import DetectorSpec, Image, Verdict
from tests.detectors.pictures import encode, montage, portrait, quarters

PORTRAIT = encode(portrait())


def judge(trial: Trial, jury: Jury) -> tuple[Comparison, Comparison]:
    before, after = (list(judge_stepwise(picture, jury))[-1] for picture in (trial.before, trial.after))
    return before, after


def spec(key: str, examine: Callable[..., Any], **options: Any) -> DetectorSpec:
    limits: dict[str, Any] = {"title": key, "fake_from": 0.7, "real_until": 0.3}
    return DetectorSpec(key=key, load=lambda: examine, **limits | options)


def said(before: Any, after: Any) -> Statement:
    first, second = (label and Verdict("a", "A", 0.5, label, 0.7, 0.3, 1.0) for label in (before, after))
    return Statement("A", first, second, spec("a", float))


@pytest.mark.parametrize(
    ("before", "after", "notice"),
    [
        ("real", "fake", "noticed"),
        ("inconclusive", "fake", "noticed"),
        ("real", "inconclusive", "doubts"),
        ("inconclusive", "inconclusive", "doubts"),
        ("real", "real", "missed"),
        ("fake", "fake", "before"),
        ("fake", "real", "before"),
        ("real", "failed", "silent"),
        (None, "fake", "silent"),
    ],
)
def test_who_notices_is_who_calls_it_fake_now_and_did_not_before(before: str | None, after: str, notice: str) -> None:
    assert said(before, after).notice == notice


def test_the_counts_are_of_those_who_spoke_both_times_and_not_of_the_jury() -> None:
    jury = Statement("The jury", said("real", "fake").before, said("real", "fake").after)
    assert count_noticing([said("real", "fake"), said("real", "real"), said("real", None), jury]) == (1, 2)
    unmeasured = Verdict("b", "B", 0.9, "fake", 0.7, 0.3, 1.0, measured=False)
    assert count_noticing([said("real", "fake"), Statement("B", unmeasured, unmeasured, spec("b", float))]) == (1, 1)


def test_only_the_largest_face_changes_and_only_inside_its_mask() -> None:
    trial = forge_photo(encode(montage()), BlendParameters(region="mouth"))
    changed = np.argwhere(np.abs(trial.before.pixels.astype(int) - trial.after.pixels).max(axis=2) > 0)
    left, top, right, bottom = trial.frame
    assert len(changed)
    assert (changed >= (top, left)).all() and (changed < (bottom, right)).all()


def test_detectors_that_see_the_change_are_told_from_those_that_do_not() -> None:
    trial = forge_photo(PORTRAIT, BlendParameters(region="lower", seed=6))
    truth = trial.forgery.region.astype(np.float32)
    before = trial.before.pixels

    def compares(image: Image) -> tuple[float, object]:
        same = image.shape == before.shape and bool((image == before).all())
        return (0.05, 1 - truth) if same else (0.95, truth)

    jury = Jury(
        [spec("pointer", compares, expects="image"), spec("blind", lambda image: 0.1), spec("odd", lambda image: 7.0)]
    )
    pointer, blind, odd = hear(trial, *judge(trial, jury), jury)
    assert [one.notice for one in (pointer, blind, odd)] == ["noticed", "missed", "silent"]
    assert pointer.hit.inside == 1.0
    assert pointer.hit.by_chance == pytest.approx(truth.mean())
    assert blind.hit is None
    assert 0.1 < blind.region.mean() < 0.9, "its share of the face, not of the picture"


def test_a_face_that_is_found_no_more_leaves_a_detector_without_a_verdict() -> None:
    trial = forge_photo(PORTRAIT, BlendParameters())
    jury = Jury([spec("blind", lambda image: 0.1)])
    before, after = judge(trial, jury)
    gone = Comparison("", width=after.width, height=after.height)
    (one,) = hear(trial, before, gone, jury)
    assert (one.notice, one.after, one.hit) == ("silent", None, None)


def test_a_picture_without_a_face_is_refused_in_a_sentence() -> None:
    with pytest.raises(ImageError, match=r"^No face was found in this picture, so there is nothing to forge\."):
        forge_photo(encode(quarters()), BlendParameters())


def test_a_face_that_nobody_could_judge_is_not_forged() -> None:
    far = np.full((240, 320, 3), 128, dtype=np.uint8)
    far[60:156, 100:196] = np.asarray(PIL.Image.fromarray(portrait()).resize((96, 96)))
    with pytest.raises(ImageError, match=r"^Face too small \(.*No detector could notice a forgery in it\."):
        forge_photo(encode(far), BlendParameters())


def test_a_large_photo_is_reduced_before_both() -> None:
    large = PIL.Image.fromarray(portrait()).resize((2000, 2000))
    trial = forge_photo(encode(large, "JPEG"), BlendParameters())
    assert trial.reduced and not forge_photo(PORTRAIT, BlendParameters()).reduced
    assert trial.before.pixels.shape == trial.after.pixels.shape == (1600, 1600, 3)


def test_the_saved_file_holds_what_was_judged_and_says_that_it_is_forged() -> None:
    trial = forge_photo(PORTRAIT, BlendParameters())
    file = as_file(trial)
    np.testing.assert_array_equal(decode_image(file), trial.after.pixels)
    assert "Forged on purpose" in PIL.Image.open(io.BytesIO(file)).info["Comment"]
    found = read_provenance(file)
    assert found.source_type == "compositeSynthetic"
    assert "composed with generated parts" in str(found.traces)
