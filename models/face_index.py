"""Where the face is in each picture of a data set: found once, kept in a file, the same framing as in serving."""

import json
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.progress import track

from detectors.faces import Box, crop_face, find_faces
from detectors.images import ImageError, read_image
from models.data import Sample
from registry import Image

CHUNK = 64  # pictures handed to a worker at a time


@dataclass(frozen=True)
class LabelledFace:
    """A sample and the box of its largest face."""

    sample: Sample
    box: Box

    def read(self) -> Image:
        """The whole picture: uint8 RGB (h, w, 3)."""
        return read_image(self.sample.path).pixels

    def crop(self) -> Image:
        """The face as it is served: uint8 RGB (side, side, 3)."""
        return self.crop_from(self.read())

    def crop_from(self, picture: Image) -> Image:
        """The face of the picture that was read before."""
        return crop_face(picture, self.box)


def label_faces(samples: Sequence[Sample], cache: Path) -> tuple[list[LabelledFace], list[Sample]]:
    """The largest face of every sample, and the samples that have none. Fills and reads the file `cache`."""
    known = _read(cache)
    missing = [sample.path for sample in samples if _name(sample.path) not in known]
    if missing:
        known |= _find_all(missing)
        _write(cache, known)
    faces = [LabelledFace(sample, box) for sample in samples if (box := known[_name(sample.path)])]
    return faces, [sample for sample in samples if not known[_name(sample.path)]]


def _name(path: Path) -> str:
    """A file's name in the cache: two folders and the name, and its size, so that a changed file is looked at again."""
    return f"{'/'.join(path.parts[-4:])}:{path.stat().st_size}"


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
    found = json.loads(cache.read_text()) if cache.is_file() else {}
    return {name: None if box is None else _box(box) for name, box in found.items()}


def _box(values: Sequence[int]) -> Box:
    left, top, right, bottom = values
    return left, top, right, bottom


def _write(cache: Path, known: dict[str, Box | None]) -> None:
    cache.parent.mkdir(parents=True, exist_ok=True)
    fresh = cache.with_suffix(".new")
    fresh.write_text(json.dumps(known))
    fresh.replace(cache)
