"""Three layouts are read, splits go by source video, and what is for evaluation only is never learnt from."""

import csv
import os
from collections import defaultdict
from pathlib import Path

import pytest

from models.data.datasets import Sample, read_fittable, read_samples, refuse_eval_only, select
from models.errors import DataError
from tests.command import call
from tests.models.manifest import write_manifest

SHARED = Path(__file__).parents[3].parent / "shared" / "data"


def write_files(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def make_kaggle(folder: Path, videos: int) -> Path:
    """Each original video with two swaps of it, as Kaggle's deepfake-faces has them."""
    rows = []
    for index in range(videos):
        rows.append((f"r{index}.mp4", "224", "224", "REAL", ""))
        rows += [(f"f{index}{kind}.mp4", "224", "224", "FAKE", f"r{index}.mp4") for kind in "ab"]
    write_files(*(folder / "faces_224" / f"{row[0][:-4]}.jpg" for row in rows))
    with (folder / "metadata.csv").open("w", newline="") as file:
        header = ("videoname", "original_width", "original_height", "label", "original")
        csv.writer(file).writerows([header, *rows, ("gone.mp4", "224", "224", "REAL", "")])
    return folder


def splits_by_group(samples: list[Sample]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for sample in samples:
        found[sample.source, sample.group].add(sample.split)
    return found


def test_a_manifest_is_taken_at_its_word(tmp_path: Path) -> None:
    folder = write_manifest(
        tmp_path / "set",
        ("a/1.jpg", "real", "", "first", "video1", "train"),
        ("a/2.jpg", "fake", "gan", "first", "", "val"),
        ("b/3.jpg", "fake", "gan", "second", "", "eval"),
    )
    first, second, third = read_samples([folder])
    assert first == Sample(folder / "a/1.jpg", 0, "first", "video1", "train")
    assert second == Sample(folder / "a/2.jpg", 1, "first", "a/2.jpg", "val", "gan")
    assert third.split == "eval"


def test_a_manifest_may_name_the_kind_of_forgery(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    header, row = "path,label,generator,kind,source,group,split", "1.jpg,fake,gan,generated,first,,val"
    (folder / "manifest.csv").write_text(f"{header}\n{row}\n")
    (folder / "1.jpg").touch()
    (found,) = read_samples([folder])
    assert (found.generator, found.kind) == ("gan", "generated")


def test_the_kaggle_layout_is_split_by_source_video(tmp_path: Path) -> None:
    samples = read_samples([make_kaggle(tmp_path / "deepfake-faces", 200)])
    assert len(samples) == 600  # the row without a file is left out
    assert sum(sample.label for sample in samples) == 400
    assert {(sample.generator, sample.kind) for sample in samples if sample.label} == {("dfdc", "swap")}
    groups = splits_by_group(samples)
    assert len(groups) == 200  # a swap belongs to the video it was made from
    assert all(len(splits) == 1 for splits in groups.values())
    share = {split: len(select(samples, split)) / len(samples) for split in ("train", "val", "test")}
    assert share == pytest.approx({"train": 0.8, "val": 0.1, "test": 0.1}, abs=0.07)


def test_a_plain_folder_is_read_and_split_the_same_on_every_machine(tmp_path: Path) -> None:
    folders = [tmp_path / name / "mine" for name in ("here", "there")]
    for folder in folders:
        write_files(*(folder / label / f"{index}.jpg" for label in ("real", "fake") for index in range(20)))
        write_files(folder / "real" / "notes.txt", folder / "fake" / "deeper" / "x.PNG")
    here, there = ([(s.group, s.label, s.split) for s in read_samples([folder])] for folder in folders)
    assert here == there
    assert len(here) == 41
    assert sum(label for _, label, _ in here) == 21


def test_linked_folders_are_read_each_once_and_a_name_in_no_encoding_is_a_name(tmp_path: Path) -> None:
    elsewhere, mine = tmp_path / "elsewhere", tmp_path / "mine"
    name = os.fsdecode(b"b\xe4.jpg")  # as an archive from an old Windows brings it
    write_files(elsewhere / "a.jpg", mine / "real" / name, mine / "fake" / "x.jpg")
    (mine / "real" / "linked").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(mine / "real")
    found = [(sample.path.relative_to(mine), sample.label) for sample in read_samples([mine])]
    assert found == [(Path("fake/x.jpg"), 1), (Path("real", name), 0), (Path("real/linked/a.jpg"), 0)]


def test_a_photo_and_what_was_made_from_it_share_a_split(tmp_path: Path) -> None:
    reals = [tmp_path / "mine" / "real" / "deep" / f"{index}.jpg" for index in range(60)]
    fakes = [tmp_path / "mine" / "fake" / "deep" / f"{index}.png" for index in range(60)]
    write_files(*reals, *fakes)
    splits = {sample.path: sample.split for sample in read_samples([tmp_path / "mine"])}
    assert [splits[path] for path in reals] == [splits[path] for path in fakes]
    assert set(splits.values()) == {"train", "val", "test"}


def test_a_folder_of_no_known_layout_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected manifest\.csv, metadata\.csv with faces_224/, or pictures in real/"):
        read_samples([tmp_path])


@pytest.mark.parametrize("row", [("1.jpg", "maybe", "", "s", "", "train"), ("1.jpg", "real", "", "s", "", "later")])
def test_a_manifest_with_a_word_of_its_own_is_refused(tmp_path: Path, row: tuple[str, ...]) -> None:
    with pytest.raises(DataError, match=r"line 2: column (label must be real or fake|split must be train)"):
        read_samples([write_manifest(tmp_path / "set", row)])


@pytest.mark.parametrize(("path", "group"), [("2.jpg", "video"), ("1.jpg", "other")])
def test_a_video_or_a_path_in_two_splits_is_refused(tmp_path: Path, path: str, group: str) -> None:
    rows = ("1.jpg", "real", "", "s", "video", "train"), (path, "real", "", "s", group, "test")
    with pytest.raises(DataError, match="stand in two splits"):
        read_samples([write_manifest(tmp_path / "set", *rows)])


def test_the_same_group_name_of_two_sources_is_no_overlap(tmp_path: Path) -> None:
    rows = ("1.jpg", "real", "", "a", "7", "train"), ("2.jpg", "real", "", "b", "7", "test")
    assert len(read_samples([write_manifest(tmp_path / "set", *rows)])) == 2


def test_what_is_for_evaluation_only_is_never_fitted_on_also_when_named_alone(tmp_path: Path) -> None:
    folder = write_manifest(
        tmp_path / "set",
        ("seen/real/1.jpg", "real", "", "seen", "", "train"),
        ("seen/real/2.jpg", "real", "", "seen", "", "test"),
        ("kept/real/1.jpg", "real", "", "kept", "", "eval"),
    )
    write_files(folder / "seen/real/1.jpg", folder / "kept/real/1.jpg")
    assert [sample.source for sample in read_fittable([folder])] == ["seen"]
    with pytest.raises(DataError, match="evaluation only, so nothing may be fitted on it: kept"):
        read_fittable([folder / "kept"])
    with pytest.raises(DataError, match="evaluation only"):
        refuse_eval_only(read_samples([folder]))


@pytest.mark.slow
@pytest.mark.parametrize("command", ["train", "export"])
@pytest.mark.parametrize("named", ["kept", "kept/secret/train", "kept/secret/train/real"])
def test_an_evaluation_only_folder_is_refused_at_the_command_line(tmp_path: Path, command: str, named: str) -> None:
    write_manifest(tmp_path / "kept", ("secret/train/real/1.jpg", "real", "", "kept", "", "eval"))
    (tmp_path / "kept" / "secret" / "manifest.csv").write_text("clip,label\nelsewhere,neither\n")
    done = call("models", command, "custom-cnn", "--data", tmp_path / named, "--run", tmp_path)
    assert done.exit_code == 2
    said = " ".join(done.stderr.split())
    assert "marked for evaluation only, so nothing may be fitted on it: kept" in said
    assert "Traceback" not in said


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "manifest.csv").is_file(), reason="the research data is not beside the checkout")
def test_no_picture_and_no_video_of_the_research_data_stands_in_two_splits() -> None:
    samples = read_samples([SHARED])
    assert len({sample.path for sample in samples}) == len(samples)
    assert all(len(splits) == 1 for splits in splits_by_group(samples).values())
    barred = {sample.source for sample in samples if sample.split == "eval"}
    assert {sample.source for sample in samples} > barred > set()
    for source in barred:
        with pytest.raises(DataError, match="evaluation only"):
            read_fittable([SHARED / source])


def test_another_kind_of_forgery_is_refused_with_its_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("path,label,kind\n1.jpg,fake,Swap\n2.jpg,fake,banana\n")
    with pytest.raises(
        DataError, match=r'manifest\.csv, line 3: column kind must be swap, reenactment or generated, got "banana"'
    ):
        read_samples([tmp_path])
