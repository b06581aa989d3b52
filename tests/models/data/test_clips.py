"""Tracks of landmarks: read from a folder, mirrored, and forged by rule."""

from pathlib import Path

import numpy as np
import pytest

from detectors.faces.motion import FEATURES, REGIONS
from models.data.clips import WINDOW, forge, mirror, read_tracks, show, unsettle
from models.errors import DataError
from tests.models.clips import write_clips


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clips(tmp_path_factory.mktemp("clips"))


def test_a_clip_is_read_with_its_points_its_light_and_its_group(folder: Path) -> None:
    tracks = read_tracks(folder)
    assert [(track.fake, track.groups) for track in tracks[:2]] == [(False, {"a"}), (True, {"a"})]
    assert tracks[0].points.shape == (150, 68, 2) and tracks[0].light.shape == (150, 2)
    assert show(tracks[0]).shape == show(tracks[0], np.random.default_rng(0)).shape == (WINDOW, FEATURES)
    assert (show(tracks[0]) == show(tracks[0])).all()
    twice = mirror(mirror(tracks[0].points))
    assert (twice == tracks[0].points).all() and not (mirror(tracks[0].points) == tracks[0].points).all()


def test_a_folder_that_holds_no_clips_is_refused_in_a_sentence(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError):
        read_tracks(tmp_path)
    (tmp_path / "manifest.csv").write_text((folder / "manifest.csv").read_text())
    with pytest.raises(DataError, match="is no folder of clips"):
        read_tracks(tmp_path)


def test_a_clip_that_is_too_short_to_be_shown_is_named_with_how_long_it_must_be(tmp_path: Path) -> None:
    write_clips(tmp_path, "a")
    with np.load(tmp_path / "fake-a.npz") as kept:
        cut = {"landmarks": kept["landmarks"][:100], "boxes": kept["boxes"][:100], "fps": kept["fps"]}
    np.savez(tmp_path / "fake-a.npz", **cut)
    with pytest.raises(DataError, match=r"the clip fake-a lasts 4\.0 s, and at least 4\.8 s are needed"):
        read_tracks(tmp_path)


@pytest.mark.parametrize(("word", "fake"), [("FAKE", True), ("1", True), ("Real", False)])
def test_labels_are_read_as_in_every_table(folder: Path, word: str, fake: bool) -> None:
    manifest = folder / "manifest.csv"
    kept = manifest.read_text()
    manifest.write_text("".join(kept.splitlines(keepends=True)[:2]).replace(",real,", f",{word},"))
    (track,) = read_tracks(folder)
    manifest.write_text(kept.replace(",fake,", ",fakd,"))
    with pytest.raises(DataError, match=r'line 3: column label must be real or fake, got "fakd"'):
        read_tracks(folder)
    manifest.write_text(kept)
    assert track.fake is fake


def test_a_forgery_differs_where_its_rule_says_and_belongs_to_the_groups_of_all_in_it(folder: Path) -> None:
    real, _, donor, _ = read_tracks(folder)[:4]
    rng = np.random.default_rng(0)
    made = {one.generator: one for one in (forge(real, donor, rng) for _ in range(20))}
    assert made.keys() == {"region", "mouth", "light"}
    moved = {kind: (one.points != real.points).any(axis=(0, 2)) for kind, one in made.items()}
    assert not moved["light"].any() and (made["light"].light != real.light).any()
    assert moved["mouth"][REGIONS["mouth"]].all() and not moved["mouth"][:48].any()
    assert not moved["region"][REGIONS["jaw"]].any() and moved["region"].any()
    assert all(one.fake for one in made.values())
    assert {kind: sorted(one.groups) for kind, one in made.items()} == {
        "region": ["a"],
        "mouth": ["a", "b"],
        "light": ["a"],
    }
    assert not unsettle(real, rng).fake, "the control stays real"
