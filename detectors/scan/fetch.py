"""A picture or a sound from a file, or from any URL that fsspec can open."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import IO

from detectors.inputs.audio.kinds import SUFFIXES
from detectors.inputs.audio.read import MAX_BYTES as MAX_SOUND_BYTES
from detectors.inputs.images import CLOSED, FOLDER, MAX_BYTES, ImageError, say_too_large
from detectors.inputs.kinds import tell_kind
from detectors.inputs.video import hash_file

COPIED_BYTES = 1_000_000  # at a time


def is_url(path: str) -> bool:
    """Whether fsspec is to open it: scheme://..."""
    return "://" in path


def is_sound_at(path: str, folder: str = "") -> bool:
    """Whether a sound is there: of a file by its first bytes, of a URL by its suffix. folder: of relative paths."""
    if is_url(path):
        return PurePosixPath(path).suffix.lower() in SUFFIXES
    return tell_kind(Path(folder, path)) == "sound"


def fetch_bytes(path: str, *, folder: str = "") -> bytes:
    """The whole file. folder: where a relative path starts. Raises ImageError, also when it is larger than we judge."""
    data = _fetch_url(path) if is_url(path) else _read_file(Path(folder, path))
    if len(data) > MAX_BYTES:
        raise ImageError(say_too_large())
    return data


@contextmanager
def open_here(path: str, *, folder: str = "") -> Iterator[Path]:
    """The file of a sound: where it is, or a copy of what a URL names, for as long as it is needed. Raises ImageError.

    Of one that is too large to be judged, the copy ends a byte beyond the limit.
    """
    if not is_url(path):
        yield Path(folder, path)
        return
    import fsspec

    with NamedTemporaryFile(suffix=PurePosixPath(path).suffix) as copy:
        try:
            with fsspec.open(path, "rb") as file:
                copy.writelines(_read_pieces(file, MAX_SOUND_BYTES + 1))
                copy.flush()
        except Exception as error:  # each file system has errors of its own
            raise ImageError(CLOSED) from error
        yield Path(copy.name)


def hash_here(file: Path) -> str:
    """The SHA-256 of a sound's bytes, which may be damaged; empty where they cannot be read, or are too many to be."""
    try:
        return hash_file(file) if file.is_file() and file.stat().st_size <= MAX_SOUND_BYTES else ""
    except OSError:
        return ""


def _read_file(path: Path) -> bytes:
    """At most one byte more than allowed. Pipes and devices are no files: reading them might never end."""
    try:
        if path.is_file():
            with path.open("rb") as file:
                return file.read(MAX_BYTES + 1)
        said = FOLDER if path.is_dir() else CLOSED
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte
        raise ImageError(CLOSED) from error
    raise ImageError(said)


def _read_pieces(file: IO[bytes], most: int) -> Iterator[bytes]:
    """A file to its end, or so many bytes: where a server tells no length, one read is only what has come so far."""
    while most and (piece := file.read(min(most, COPIED_BYTES))):
        most -= len(piece)
        yield piece


def _fetch_url(url: str) -> bytes:
    import fsspec

    try:
        with fsspec.open(url, "rb") as file:
            return b"".join(_read_pieces(file, MAX_BYTES + 1))
    except Exception as error:  # each file system has errors of its own
        raise ImageError(CLOSED) from error
