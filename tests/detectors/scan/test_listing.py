"""What folders, patterns, listings and shards stand for."""

import os
from pathlib import Path
from typing import Any

import pytest

from detectors.scan.aside import LeftAside
from detectors.scan.errors import ScanError
from detectors.scan.listing import Shard, choose_suffixes, list_paths, parse_shard
from registry import DetectorSpec


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("photos/b.JPG", "photos/deep/a.png", "photos/notes.csv", "photos/.hidden.jpg", "photos/.git/x.jpg"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def test_a_folder_is_its_pictures_at_any_depth_as_it_was_given() -> None:
    assert list_paths(["photos"]) == ["photos/b.JPG", "photos/deep/a.png"]
    assert list_paths(["./photos"]) == ["./photos/b.JPG", "./photos/deep/a.png"]


def test_a_pattern_and_a_path_are_what_they_name_whatever_it_is() -> None:
    assert list_paths(["photos/*.*"]) == ["photos/b.JPG", "photos/notes.csv"]
    assert list_paths(["photos/**/*.png"]) == ["photos/deep/a.png"]
    assert list_paths(["photos/notes.csv"]) == ["photos/notes.csv"]


def test_a_listing_is_its_lines_also_where_they_are_missing_or_no_utf8(tmp_path: Path) -> None:
    (tmp_path / "all.txt").write_bytes(b"\xef\xbb\xbfphotos/b.JPG\r\n\nnowhere.jpg\n\xff.jpg\n")
    assert list_paths(["all.txt"]) == ["photos/b.JPG", "nowhere.jpg", os.fsdecode(b"\xff.jpg")]


def test_a_listing_in_utf_16_is_refused(tmp_path: Path) -> None:
    (tmp_path / "all.txt").write_text("photos/b.JPG\n", encoding="utf-16")
    with pytest.raises(ScanError, match="is in UTF-16"):
        list_paths(["all.txt"])


def test_a_url_is_listed_as_urls(tmp_path: Path) -> None:
    folder = (tmp_path / "photos").as_uri()
    assert list_paths([folder]) == [f"{folder}/b.JPG", f"{folder}/deep/a.png"]
    assert list_paths([f"{folder}/*.csv"]) == [f"{folder}/notes.csv"]
    assert f"{folder}/deep" not in list_paths([f"{folder}/*"]), "as of a pattern without a URL"
    assert list_paths([f"{folder}/b.JPG"]) == [f"{folder}/b.JPG"]


def test_a_path_met_twice_is_one() -> None:
    assert list_paths(["photos", "photos/b.JPG"]) == ["photos/b.JPG", "photos/deep/a.png"]


@pytest.mark.parametrize("source", ["", "nowhere", "*.jpg", "photos/.git", "unknown://bucket"])
def test_a_source_that_names_nothing_is_refused(source: str) -> None:
    with pytest.raises(ScanError):
        list_paths([source] if source != "photos/.git" else ["photos/deep/*.jpg"])


def test_shards_are_parts_of_about_one_size_and_a_path_keeps_its_own() -> None:
    paths = [f"{number}.jpg" for number in range(3000)]
    parts = [[path for path in paths if Shard(index, 3).holds(path)] for index in (1, 2, 3)]
    assert sorted(path for part in parts for path in part) == sorted(paths)
    assert all(900 < len(part) < 1100 for part in parts)
    assert [path for path in paths[:100] if Shard(2, 3).holds(path)] == [p for p in parts[1] if p in paths[:100]]


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "-1/2", "1/0", "²/3"])
def test_a_shard_is_one_of_its_count(text: str) -> None:
    with pytest.raises(ScanError):
        parse_shard(text)


def test_pictures_that_cannot_be_read_are_listed_too_so_that_the_table_says_why(tmp_path: Path) -> None:
    folder = tmp_path / "phone"
    folder.mkdir()
    for name in ("a.AVIF", "b.heic", "c.HEIF", "d.mp4", "e.txt"):
        (folder / name).write_bytes(b"")
    assert [Path(path).name for path in list_paths([str(folder)])] == ["a.AVIF", "b.heic", "c.HEIF"]


@pytest.mark.parametrize(
    ("expects", "listed", "left"),
    [
        (("face",), ["a.jpg"], "1 sounds, for which no detector was chosen (b.MP3)"),
        (("audio",), ["b.MP3"], "1 .jpg (a.jpg)"),
        (("image", "audio"), ["a.jpg", "b.MP3"], ""),
    ],
)
def test_a_folder_is_what_the_chosen_detectors_judge(
    tmp_path: Path, expects: tuple[Any, ...], listed: list[str], left: str
) -> None:
    specs = [DetectorSpec(key="a", title="A", load=lambda: len, expects=one) for one in expects]
    folder, aside = tmp_path / "mixed", LeftAside()
    folder.mkdir()
    for name in ("a.jpg", "b.MP3"):
        (folder / name).write_bytes(b"")
    for source in (str(folder), folder.as_uri()):
        found = list_paths([source], aside=aside, suffixes=choose_suffixes(specs))
        assert [Path(path).name for path in found] == listed
    assert left.partition(" ")[2].partition(" (")[0] in aside.say()
