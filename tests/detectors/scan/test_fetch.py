"""A file for a scan: all of it, or a sentence."""

import os
from pathlib import Path

import pytest

from detectors.inputs.images import ImageError, say_too_large
from detectors.scan import fetch
from detectors.scan.fetch import fetch_bytes


def test_a_file_is_read_whole_and_a_larger_one_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_bytes(b"12345")
    assert fetch_bytes("a.png", folder=str(tmp_path)) == b"12345"
    monkeypatch.setattr(fetch, "MAX_BYTES", 4)
    with pytest.raises(ImageError) as refused:
        fetch_bytes("a.png", folder=str(tmp_path))
    assert str(refused.value) == say_too_large()


@pytest.mark.parametrize("name", [".", os.devnull, "gone.png", "null\0byte.png"])
def test_what_is_no_file_is_a_sentence(name: str, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"The file cannot be opened\."):
        fetch_bytes(name, folder=str(tmp_path))
