"""A file that other processes may read while it is written."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4


@contextmanager
def written_to(place: Path) -> Iterator[Path]:
    """A name to write the file under; it stands in its place once whole, or not at all. Raises OSError."""
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f"{place.name}.{uuid4().hex}")
    try:
        yield fresh
        fresh.replace(place)
    finally:
        fresh.unlink(missing_ok=True)
