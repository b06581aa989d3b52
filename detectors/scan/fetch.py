"""The bytes of a picture, from a file or from any URL that fsspec can open."""

from pathlib import Path

from detectors.inputs.images import MAX_BYTES, ImageError, say_too_large


def is_url(path: str) -> bool:
    """Whether fsspec is to open it: scheme://..."""
    return "://" in path


def fetch_bytes(path: str, *, folder: str = "") -> bytes:
    """The whole file. folder: where a relative path starts. Raises ImageError, also when it is larger than we judge."""
    data = _fetch_url(path) if is_url(path) else _read_file(Path(folder, path))
    if len(data) > MAX_BYTES:
        raise ImageError(say_too_large())
    return data


def _read_file(path: Path) -> bytes:
    """At most one byte more than allowed. Pipes and devices are no files: reading them might never end."""
    try:
        if not path.is_file():
            raise ImageError("The file cannot be opened.")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte
        raise ImageError("The file cannot be opened.") from error


def _fetch_url(url: str) -> bytes:
    import fsspec

    try:
        with fsspec.open(url, "rb") as file:
            data: bytes = file.read(MAX_BYTES + 1)
            return data
    except Exception as error:  # each file system has errors of its own
        raise ImageError("The file cannot be opened.") from error
