"""A file for a scan: all of it, or a sentence; a sound of a URL as a copy that goes again."""

import hashlib
import io
import os
from contextlib import nullcontext
from pathlib import Path

import fsspec
import pytest

from detectors.inputs.images import ImageError, say_too_large
from detectors.scan import fetch
from detectors.scan.fetch import fetch_bytes, hash_here, is_sound_at, open_here
from tests.detectors.sounds import to_wav, voice


def test_a_file_is_read_whole_and_a_larger_one_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_bytes(b"12345")
    assert fetch_bytes("a.png", folder=str(tmp_path)) == b"12345"
    monkeypatch.setattr(fetch, "MAX_BYTES", 4)
    with pytest.raises(ImageError) as refused:
        fetch_bytes("a.png", folder=str(tmp_path))
    assert str(refused.value) == say_too_large()


UNOPENED = "The file cannot be opened."


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (".", "This is a folder, not a file."),
        (os.devnull, UNOPENED),
        ("gone.png", UNOPENED),
        ("null\0byte.png", UNOPENED),
    ],
)
def test_what_is_no_file_is_a_sentence(name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ImageError) as refused:
        fetch_bytes(name, folder=str(tmp_path))
    assert str(refused.value) == said


def test_a_hash_is_of_all_bytes_of_a_file_or_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.wav").write_bytes(b"12345")
    assert hash_here(tmp_path / "a.wav") == hashlib.sha256(b"12345").hexdigest()
    assert [hash_here(path) for path in (tmp_path, tmp_path / "gone.wav", Path(os.devnull))] == ["", "", ""]
    monkeypatch.setattr(fetch, "MAX_SOUND_BYTES", 4)
    assert hash_here(tmp_path / "a.wav") == "", "of a URL the copy may end before it"


def test_a_sound_behind_a_url_is_copied_for_as_long_as_it_is_heard_and_no_farther_than_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.wav").write_bytes(b"12345")
    with open_here("a.wav", folder=str(tmp_path)) as file:
        assert file == tmp_path / "a.wav"
    monkeypatch.setattr(fetch, "MAX_SOUND_BYTES", 3)
    with open_here((tmp_path / "a.wav").as_uri()) as copy:
        assert (copy.suffix, copy.read_bytes()) == (".wav", b"1234")
    assert not copy.exists()
    with pytest.raises(ImageError, match=r"The file cannot be opened\."), open_here((tmp_path / "no.wav").as_uri()):
        pass


class Slowly(io.BytesIO):
    """As a server without a length gives a file: what has come so far, at each read."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size if size and size > 0 else 10, 10))


def test_a_file_that_comes_in_pieces_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fsspec, "open", lambda url, mode: nullcontext(Slowly(bytes(95))))
    assert fetch_bytes("https://there/a.png") == bytes(95)
    with open_here("https://there/a.wav") as copy:
        assert copy.read_bytes() == bytes(95)
    monkeypatch.setattr(fetch, "MAX_BYTES", 94)
    with pytest.raises(ImageError):
        fetch_bytes("https://there/a.png")


def test_a_sound_is_known_by_its_first_bytes_and_behind_a_url_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "voice.bin").write_bytes(to_wav(voice(0.1)))
    assert is_sound_at("voice.bin", str(tmp_path)) and not is_sound_at("gone.bin", str(tmp_path))
    assert is_sound_at("memory://a.MP3") and not is_sound_at("memory://a.jpg")


def test_a_folder_in_a_listing_is_called_one(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"^This is a folder, not a file\.$"):
        fetch_bytes(str(tmp_path))
