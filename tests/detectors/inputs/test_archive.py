"""Zips that visitors upload."""

import errno
import struct
import zipfile
from pathlib import Path

import pytest

from detectors.inputs import archive
from detectors.inputs.archive import ArchiveError, is_zip, list_members
from detectors.inputs.images import say_too_large
from detectors.scan.batch import list_items
from tests.detectors.pictures import encode, quarters


def pack(path: Path, members: dict[str, bytes], *, how: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", how) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return path


def reason(path: Path, name: str) -> str:
    [member] = [member for member in list_members(path) if member.name == name]
    with pytest.raises(ArchiveError) as refused:
        member.read()
    return str(refused.value)


def test_pictures_come_out_in_their_order_without_folders_and_clutter(tmp_path: Path) -> None:
    picture = encode(quarters())
    given = {"b/2.png": picture, "a.png": picture, "__MACOSX/._a.png": b"x", "b/.DS_Store": b"x", "empty/": b""}
    members = list_members(pack(tmp_path / "a.zip", given))
    assert [member.name for member in members] == ["b/2.png", "a.png"]
    assert members[0].read() == picture


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_pictures_of_one_name_are_two(tmp_path: Path) -> None:
    pictures = [encode(quarters()), encode(quarters(96, 64))]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for picture in pictures:
            archive.writestr("a.png", picture)
    assert [item.read() for item in list_items([tmp_path / "a.zip"])] == pictures


def test_a_zip_is_told_by_its_content(tmp_path: Path) -> None:
    assert is_zip(pack(tmp_path / "a.jpg", {"a.png": b"x"}))
    (tmp_path / "b.zip").write_bytes(b"no zip")
    assert not is_zip(tmp_path / "b.zip")


@pytest.mark.parametrize("name", ["../up.png", "/etc/up.png", "C:/up.png", "a/../../up.png", "..\\up.png"])
def test_a_name_that_leads_out_is_refused_and_its_neighbours_are_not(tmp_path: Path, name: str) -> None:
    path = pack(tmp_path / "a.zip", {name: b"x", "good.png": b"y"})
    [bad, good] = list_members(path)
    with pytest.raises(ArchiveError, match="leads out"):
        bad.read()
    assert good.read() == b"y"
    assert [found.name for found in tmp_path.rglob("*")] == ["a.zip"]


def test_a_zip_in_a_zip_is_not_opened(tmp_path: Path) -> None:
    inner = pack(tmp_path / "inner.zip", {"a.png": encode(quarters())}).read_bytes()
    assert "zip inside a zip" in reason(pack(tmp_path / "a.zip", {"picture.png": inner}), "picture.png")


def test_a_member_that_would_unpack_to_far_more_is_left_alone(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", {"bomb.png": bytes(10_000_000), "huge.png": bytes(20_000_001)})
    assert "more than 100 times" in reason(path, "bomb.png")
    assert "larger than 20 MB" in reason(path, "huge.png")


def test_a_member_that_lies_about_its_size_is_read_no_further_than_allowed(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", {"liar.png": bytes(60_000_000)})
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, entry + 24, 1000)
    path.write_bytes(data)
    assert reason(path, "liar.png").endswith(".")


def test_a_zip_that_would_unpack_to_too_much_in_all_is_refused(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", {f"{number}.png": b"x" for number in range(30)})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    for _ in range(30):
        struct.pack_into("<I", data, at + 24, 40_000_000)
        at = data.find(b"PK\x01\x02", at + 1)
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match="more than 1000 MB"):
        list_members(path)


def test_too_many_members_are_refused_before_they_are_listed(tmp_path: Path) -> None:
    for count in (1001, 3000):
        with pytest.raises(ArchiveError, match="more than 1000 files"):
            list_members(pack(tmp_path / "a.zip", {str(number): b"" for number in range(count)}))


@pytest.mark.parametrize("cut", [4, 60, 150])
def test_a_damaged_zip_is_one_sentence(tmp_path: Path, cut: int) -> None:
    path = pack(tmp_path / "a.zip", {"a.png": encode(quarters())})
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(ArchiveError, match="damaged"):
        list_members(path)


def test_a_damaged_or_locked_member_is_one_sentence(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", {"a.png": encode(quarters())}, how=zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[60] ^= 255
    path.write_bytes(data)
    assert "damaged" in reason(path, "a.png")
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert "password" in reason(path, "a.png")


def test_a_member_packed_in_a_rare_way_is_left_alone(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", {"a.png": encode(quarters())}, how=zipfile.ZIP_LZMA)
    assert "compressed by an unusual method" in reason(path, "a.png")


def test_a_zip_that_is_gone_by_now_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="cannot be opened"):
        list_members(tmp_path / "swept.zip")
    [member] = list_members(path := pack(tmp_path / "a.zip", {"a.png": encode(quarters())}))
    path.unlink()
    with pytest.raises(ArchiveError, match=r"^The zip cannot be opened\.$"):
        member.read()


def test_a_disk_that_fails_is_not_taken_for_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pack(tmp_path / "a.zip", {"a.png": encode(quarters())})
    [member] = list_members(path)

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("detectors.inputs.archive.zipfile.ZipFile.infolist", fail)
    for read in (member.read, lambda: list_members(path)):
        with pytest.raises(ArchiveError, match=r"^The zip cannot be opened\.$"):
            read()


def test_a_zip_or_a_member_larger_than_we_take_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pack(tmp_path / "a.zip", {"a.png": b"12345"})
    monkeypatch.setattr(archive, "MAX_BYTES", 4)
    monkeypatch.setattr(archive, "_check_member", lambda info: None)  # its header lies about its size
    assert reason(path, "a.png") == say_too_large()
    monkeypatch.setattr(archive, "MAX_ZIP_BYTES", 20)
    with pytest.raises(ArchiveError, match="The zip is larger than"):
        list_members(path)
