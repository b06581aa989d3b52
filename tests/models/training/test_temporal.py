"""The two branches of the temporal network: each by itself, and together."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from models.architectures import temporal
from models.data.clips import Track, read_tracks
from models.errors import DataError
from models.training.calibration import Calibration
from models.training.temporal import combine, fill_pool, judge_apart
from tests.models.clips import write_clips


def test_the_linear_branch_is_scaled_by_the_clips_it_is_given() -> None:
    pool = np.random.default_rng(0).normal(3, 2, (8, 20, 30)).astype(np.float32)
    model = temporal.build(pool)
    kernel, bias = model.get_layer("linear").get_weights()
    assert not kernel.any(), "it says nothing before it has learnt"
    kernel[0] = 1
    model.get_layer("linear").set_weights([kernel, bias])
    recurrent, linear = model.predict_on_batch(pool)
    assert recurrent.shape == linear.shape == (8, 20, 1)
    clips = linear.mean(axis=(1, 2))
    assert (clips.mean(), clips.std()) == (pytest.approx(0, abs=1e-3), pytest.approx(1, abs=1e-3))


def test_what_both_branches_say_counts_alike_however_sure_they_are() -> None:
    sure, careful = np.array([30.0, -30.0, 30.0]), np.array([0.2, -0.2, -0.2])
    p_fake = combine([Calibration(scale=0.1), Calibration(scale=15.0)], np.stack([sure, careful]))
    assert p_fake == pytest.approx([1 / (1 + np.exp(-3)), 1 / (1 + np.exp(3)), 0.5])


def make_track(group: int, *, fake: bool) -> Track:
    nothing = np.zeros((0, 3), np.float32)
    return Track(
        "", fake, "", frozenset([str(group)]), nothing, nothing, 25.0, np.zeros((0, 64, 64, 3), np.uint8), nothing
    )


def test_two_branches_that_know_nothing_are_not_reported_to_be_better_than_chance() -> None:
    tracks = [make_track(group, fake=fake) for group in range(10) for fake in (False, True, True)]
    labels, rng = [track.fake for track in tracks], np.random.default_rng(0)
    draws = [rng.normal(size=(2, len(tracks))) for _ in range(40)]
    assert np.mean([roc_auc_score(labels, judge_apart(tracks, drawn, drawn)) for drawn in draws]) <= 0.51
    telling = np.stack([labels, labels]) + 0.3 * draws[0]
    assert roc_auc_score(labels, judge_apart(tracks, telling, telling)) > 0.95, "what is there is found"


def test_clips_of_which_one_group_holds_all_fakes_are_refused_before_any_work(tmp_path: Path) -> None:
    tracks = read_tracks(write_clips(tmp_path))
    alone = [track for track in tracks if not track.fake or "b" in track.groups]
    with pytest.raises(DataError, match=r"real ones and fakes also without those of the group 'b'"):
        fill_pool(alone, seed=0)


@pytest.mark.slow
def test_a_mouth_that_lasts_too_short_at_anothers_frame_rate_is_not_borrowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.training.temporal.VARIANTS", 6)
    tracks = read_tracks(write_clips(tmp_path, "ab"))
    faster = [replace(track, fps=30.5) if "a" in track.groups else track for track in tracks]
    shortened = [
        track if "a" in track.groups else replace(track, points=track.points[:122], light=track.light[:122])
        for track in faster
    ]  # 122 frames: 4.8 s at 25 a second, 4 s at 30.5
    features = fill_pool(shortened, seed=0).features
    assert len(features) == 4 * 6 + 2 * 2 * 6
