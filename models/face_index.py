"""Where the face is in each picture of a data set: found once, kept in a file, the same framing as in serving."""

import json
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from rich.progress import track

from detectors.faces import Box, find_faces
from detectors.images import ImageError, read_image
from models.data import Sample

CHUNK = 64  # pictures handed to a worker at a time


def index_faces(samples: Sequence[Sample], cache: Path) -> dict[Path, Box | None]:
    """The box of the largest face of every sample, None where there is none. Fills and reads the file `cache`."""
    known = _read(cache)
    missing = [sample.path for sample in samples if _name(sample.path) not in known]
    if missing:
        known |= _find_all(missing)
        _write(cache, known)
    return {sample.path: _box(known[_name(sample.path)]) for sample in samples}


def _name(path: Path) -> str:
    """A file's name in the cache: two folders and the name, and its size, so that a changed file is looked at again."""
    return f"{'/'.join(path.parts[-4:])}:{path.stat().st_size}"


def _box(found: Sequence[int] | None) -> Box | None:
    if found is None:
        return None
    left, top, right, bottom = found
    return left, top, right, bottom


def _find_all(paths: Sequence[Path]) -> dict[str, Box | None]:
    os.environ.setdefault("FACEJURY_THREADS", "1")  # a process a core, a thread each
    with ProcessPoolExecutor() as pool:
        boxes: Iterable[Box | None] = pool.map(find_largest_face, paths, chunksize=CHUNK)
        progress = track(boxes, "finding faces", total=len(paths))
        return {_name(path): box for path, box in zip(paths, progress, strict=True)}


def find_largest_face(path: Path) -> Box | None:
    """The box of the largest face in a picture file, None where there is none or the file is no picture."""
    try:
        faces = find_faces(read_image(path).pixels)
    except ImageError:
        return None
    return faces[0].box if faces else None


def _read(cache: Path) -> dict[str, Box | None]:
    return json.loads(cache.read_text()) if cache.is_file() else {}


def _write(cache: Path, known: dict[str, Box | None]) -> None:
    cache.parent.mkdir(parents=True, exist_ok=True)
    fresh = cache.with_suffix(".new")
    fresh.write_text(json.dumps(known))
    fresh.replace(cache)
