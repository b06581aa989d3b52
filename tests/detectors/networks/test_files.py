"""Only plain files are read, only so much of them, and no more memory is taken than they have."""

import hashlib
import os
import tracemalloc
from pathlib import Path

import pytest

from detectors.networks.files import hash_plain_file, read_plain_file


def test_a_small_file_takes_the_memory_of_a_small_file(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"x" * 1000)
    tracemalloc.start()
    assert read_plain_file(path, 500_000_000) == b"x" * 1000
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 1_000_000


def test_a_file_above_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"x" * 1000)
    assert len(read_plain_file(path, 1000)) == 1000
    with pytest.raises(ValueError, match=r"model\.onnx may have 999 bytes"):
        read_plain_file(path, 999)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="Linux has files that are longer than they say")
def test_a_file_that_says_less_than_it_has_is_not_believed() -> None:
    with pytest.raises(OSError, match="it is being written to"):
        read_plain_file(Path("/proc/self/maps"), 1000)


def test_a_file_is_hashed_without_its_memory_being_taken(tmp_path: Path) -> None:
    path, data = tmp_path / "model.onnx", b"x" * 5_000_000
    path.write_bytes(data)
    tracemalloc.start()
    assert hash_plain_file(path, 5_000_000) == hashlib.sha256(data).hexdigest()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 1_000_000
    with pytest.raises(ValueError, match=r"model\.onnx may have 1,000 bytes"):
        hash_plain_file(path, 1000)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="no plain file"):
        read_plain_file(tmp_path / "pipe", 1000)
