"""Files of a model folder, which anybody may have packed: only plain ones are read, and only so much of them."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path


def read_plain_file(path: Path, limit: int) -> bytes:
    """All of a file. limit: in bytes.

    Raises OSError where it cannot be opened, is a pipe or a device, which may never end, or is longer than it says;
    ValueError on one that is too large.
    """
    with _open_plain(path, limit) as (file, size):
        data = file.read(size + 1)  # memory for all that is asked for is taken at once
    if len(data) > size:
        raise OSError(None, "it is being written to", str(path))
    return data


def hash_plain_file(path: Path, limit: int) -> str:
    """The SHA-256 of a file, in hexadecimal digits, which is never in memory as a whole. Raises as read_plain_file."""
    with _open_plain(path, limit) as (file, _):
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _open_plain(path: Path, limit: int) -> Iterator[tuple[BufferedReader, int]]:
    """The file, and how many bytes it says it has."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(None, "it is no plain file", str(path))
        if status.st_size > limit:
            raise ValueError(f"{path.name} may have {limit:,} bytes")
        yield file, status.st_size
