"""Our networks as ONNX Runtime optimised them for this processor, kept in the user's cache folder.

Laying out the weights as the processor likes them best takes two thirds of the time to open a network. A file is named
by all that it depends on, so that none is ever opened that was made of another network, by another version or for
another processor; those that nobody opened for long are removed.
"""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from uuid import uuid4

import onnxruntime
import platformdirs

FOLDER = "networks"
UNUSED_DAYS = 90


def find_place(sha256: str) -> Path | None:
    """The file of the network with that SHA-256, there or not; None where the system does not say what its CPU can do,
    as only Linux does.
    """
    flags = _read_flags()
    if not flags:
        return None
    made_by = hashlib.sha256(f"{onnxruntime.__version__} {flags}".encode()).hexdigest()
    return platformdirs.user_cache_path("facejury") / FOLDER / f"{sha256}-{made_by[:16]}.onnx"


@cache
def _read_flags() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")


@contextmanager
def written_to(place: Path) -> Iterator[Path]:
    """A name to write the file under; it stands in its place once whole, or not at all. Raises OSError."""
    place.parent.mkdir(parents=True, exist_ok=True)
    _remove_unused(place.parent)
    fresh = place.with_name(f"{place.name}.{uuid4().hex}")
    try:
        yield fresh
        fresh.replace(place)
    finally:
        fresh.unlink(missing_ok=True)


def note_use(place: Path) -> None:
    """Keep the file for as long again."""
    with suppress(OSError):  # another user's, or a folder that cannot be written to
        os.utime(place)


def _remove_unused(folder: Path) -> None:
    oldest = time.time() - UNUSED_DAYS * 86_400
    for file in folder.iterdir():
        with suppress(OSError):  # another process was faster
            if file.stat().st_mtime < oldest:
                file.unlink()
