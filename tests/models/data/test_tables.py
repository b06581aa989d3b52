"""Tables of other people are read, or refused with the line and the column; nothing is taken for real by mistake."""

from collections.abc import Callable
from pathlib import Path

import pytest

from models.data.datasets import read_samples
from models.errors import DataError
from tests.command import call


def make_kaggle(folder: Path, table: bytes, pictures: tuple[str, ...] = ("a", "b", "c", "d")) -> Path:
    (folder / "faces_224").mkdir(parents=True)
    for name in pictures:
        (folder / "faces_224" / f"{name}.jpg").touch()
    (folder / "metadata.csv").write_bytes(table)
    return folder


def labels(folder: Path) -> dict[str, int]:
    return {sample.path.stem: sample.label for sample in read_samples([folder])}


KAGGLE = "videoname,label,original\na.mp4,{},\nb.mp4,{},a.mp4\nc.mp4,{},\nd.mp4,{},c.mp4\n"


@pytest.mark.parametrize(
    ("real", "fake"),
    [("REAL", "FAKE"), ("real", "fake"), ("Real ", " FAKE "), ("0", "1"), ("False", "true"), ("original", "Deepfake")],
)
def test_labels_are_read_however_they_are_spelt(tmp_path: Path, real: str, fake: str) -> None:
    folder = make_kaggle(tmp_path / "set", KAGGLE.format(real, fake, real, fake).encode())
    assert labels(folder) == {"a": 0, "b": 1, "c": 0, "d": 1}


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        lambda text: text.replace(",", ";").encode(),
        lambda text: text.replace(",", "\t").encode(),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("videoname", " VideoName ").encode(),
        lambda text: text.replace("original", "origin\u00e9").encode("latin-1"),
        lambda text: text.replace("a.mp4", '"a.mp4"').encode(),
        lambda text: (text + "\n,,\n").encode(),
    ],
    ids=["mark", "utf-16", "big-endian", "semicolon", "tab", "crlf", "heading", "latin-1", "quotes", "blank lines"],
)
def test_a_table_is_read_in_any_usual_form(tmp_path: Path, encode: Callable[[str], bytes]) -> None:
    folder = make_kaggle(tmp_path / "set", encode(KAGGLE.format("REAL", "FAKE", "REAL", "FAKE")))
    assert labels(folder) == {"a": 0, "b": 1, "c": 0, "d": 1}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (KAGGLE.format("REAL", "FAKE", "REAL", "FALSCH"), 'line 5: column label must be real or fake, got "FALSCH"'),
        (KAGGLE.format("REAL", "FAKE", "", "FAKE"), "line 4: column label is empty"),
        (KAGGLE.replace("label", "klass"), "no column label; its first line has videoname, klass, original"),
        (
            "label,videoname\nFAKE,a,b.mp4\n",
            "line 2: 3 cells under 2 columns; put texts that hold the separator in quotes",
        ),
        ('videoname,label,note\na,REAL,"x\nb,FAKE,\nc,REAL,\n', "line 2: a cell's quotation marks do not match"),
        (KAGGLE.format("REAL", "FAKE", "NaN", "FAKE"), "line 4: column label is empty"),
        ("", "no column videoname and no column label; its first line has nothing"),
        ("videoname,label\n", "no line under its heading"),
        ("videoname,label\nx.mp4,REAL\n", "none of its 1 pictures is there"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_place(tmp_path: Path, table: str, said: str) -> None:
    with pytest.raises(DataError, match=said.replace("(", r"\(")):
        read_samples([make_kaggle(tmp_path / "set", table.encode())])


def test_nothing_as_pandas_and_r_write_it_is_no_group(tmp_path: Path) -> None:
    table = "path,label,group,note\na.jpg,real,NaN,x\u2028y\nb.jpg,fake,NA,\n"
    (tmp_path / "manifest.csv").write_text(table, encoding="utf-8")
    for name in ("a", "b"):
        (tmp_path / f"{name}.jpg").touch()
    assert [sample.group for sample in read_samples([tmp_path])] == ["a.jpg", "b.jpg"]


def test_folders_that_say_both_real_and_fake_are_refused(tmp_path: Path) -> None:
    for place in ("real", "fake/0", "fake/original"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "a.jpg").touch()
    with pytest.raises(DataError, match=r"fake/original/a\.jpg: its folders say both real and fake"):
        read_samples([tmp_path])


def test_a_manifest_needs_a_path_and_a_label_only_and_takes_either_slash(tmp_path: Path) -> None:
    (tmp_path / "pics").mkdir()
    for name in ("one.JFIF", "two.png"):
        (tmp_path / "pics" / name).touch()
    (tmp_path / "manifest.csv").write_text("path;label;split\npics\\one.JFIF;1;Valid\npics/two.png;0;\n")
    one, two = read_samples([tmp_path])
    assert (one.label, one.split, one.source, one.group) == (1, "val", tmp_path.name, "pics/one.JFIF")
    assert (two.label, two.path) == (0, tmp_path / "pics" / "two.png")
    (tmp_path / "manifest.csv").write_text("path,label,split\npics/one.JFIF,1,holdout\n")
    with pytest.raises(DataError, match='line 2: column split must be train, val, test or eval, got "holdout"'):
        read_samples([tmp_path])


@pytest.mark.parametrize("under", [("",), ("train", "valid", "test"), ("Train", "Val")])
def test_folders_are_read_however_they_are_capitalised_and_under_splits(tmp_path: Path, under: tuple[str, ...]) -> None:
    for split in under:
        for label in ("Real", "FAKE"):
            place = tmp_path / split / label
            place.mkdir(parents=True)
            for suffix in (".PNG", ".jfif", ".jpg", ".txt"):
                (place / f"1{suffix}").touch()
    samples = read_samples([tmp_path])
    assert len(samples) == 6 * len(under)
    assert sum(sample.label for sample in samples) == 3 * len(under)
    if under != ("",):
        wanted = {"train": "train", "valid": "val", "val": "val", "test": "test"}
        assert {sample.split for sample in samples} == {wanted[split.lower()] for split in under}
        assert all(wanted[sample.path.parents[1].name.lower()] == sample.split for sample in samples)


def test_how_many_pictures_are_missing_is_said(tmp_path: Path) -> None:
    table = KAGGLE.format("REAL", "FAKE", "REAL", "FAKE").encode()
    folder = make_kaggle(tmp_path / "set", table, pictures=("a", "b"))
    done = call("models", "evaluate", "--data", folder, "--only", "custom-cnn")
    assert "2 of 4 pictures are left out, for there is no such file" in " ".join(done.stderr.split())


def test_a_column_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("path,label,Label\n1.png,fake,real\n")
    with pytest.raises(DataError, match="its first line has column label more than once"):
        read_samples([tmp_path])


def test_a_picture_that_is_named_by_two_paths_is_one(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "1.png").touch()
    rows = f"path,label,group,split\n{tmp_path}/1.png,fake,a,val\n../1.png,real,a,val\n"
    (tmp_path / "set" / "manifest.csv").write_text(rows)
    with pytest.raises(DataError, match="labelled both real and fake"):
        read_samples([tmp_path / "set"])


def test_what_is_left_out_of_a_plain_folder_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("real/1.png", "real/2.avif", "fake/3.gif", "fake/4.heic", "holdout/fake/5.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert labels(tmp_path) == {"1": 0, "2": 0, "3": 1}
    said = " ".join(capsys.readouterr().err.split())
    assert "2 files are left out" in said and "fake/4.heic, holdout/fake/5.png" in said


def make_listed(folder: Path) -> Path:
    """A data folder whose manifest lists two of its five pictures."""
    for name in ("in/1.png", "in/2.png", "in/3.PNG", "real/4.jpg", "fake/5.jfif", "fake/notes.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    (folder / "manifest.csv").write_text("path,label\nin/1.png,real\nin/2.png,fake\n")
    return folder


def test_pictures_that_a_manifest_does_not_list_are_counted(tmp_path: Path) -> None:
    done = call("models", "evaluate", "--data", make_listed(tmp_path / "set"), "--only", "custom-cnn")
    said = " ".join(done.stderr.split())
    assert "set: 3 pictures are left out, for manifest.csv does not list them: fake/5.jfif and others" in said


def test_unlisted_pictures_of_a_linked_folder_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_listed(tmp_path / "set")
    (folder / "real").rename(tmp_path / "elsewhere")
    (folder / "real").symlink_to(tmp_path / "elsewhere")
    read_samples([folder])
    assert "set: 3 pictures are left out" in capsys.readouterr().err


def test_of_a_folder_inside_only_its_own_unlisted_pictures_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(read_samples([make_listed(tmp_path) / "in"])) == 2
    assert "in: 1 picture is left out, for ../manifest.csv does not list them: 3.PNG" in capsys.readouterr().err


def test_what_lies_beside_a_table_of_videos_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_kaggle(tmp_path / "set", KAGGLE.format("REAL", "FAKE", "REAL", "FAKE").encode())
    labels(folder)
    assert capsys.readouterr().err == ""
    (folder / "real").mkdir()
    (folder / "real" / "e.png").touch()
    labels(folder)
    assert "metadata.csv does not list them: real/e.png" in capsys.readouterr().err
