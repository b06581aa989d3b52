"""Files and folders that other processes may read while they are written."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4


@contextmanager
def whole_file(place: Path) -> Iterator[Path]:
    """A name to write the file under; it stands in its place once whole, or not at all. Raises OSError."""
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f"{place.name}.{uuid4().hex}")
    try:
        yield fresh
        fresh.replace(place)
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def whole_folder(place: Path) -> Iterator[Path]:
    """A folder to write into; it stands in its place once whole, or not at all. Raises OSError.

    What stood there before goes. Where another process was faster, what that one wrote stays.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=place.parent, ignore_cleanup_errors=True) as scratch:
        fresh = Path(scratch) / place.name
        fresh.mkdir()
        yield fresh
        shutil.rmtree(place, ignore_errors=True)
        with suppress(OSError):  # another process was faster
            fresh.rename(place)
