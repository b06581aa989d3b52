"""Where the face is in each picture of a data set: found once, kept in a file, the same framing as in serving."""

import functools
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.progress import track

from detectors.faces import align
from detectors.faces.crop import crop_face
from detectors.faces.face import Box, Landmarks
from detectors.faces.find import find_faces
from detectors.inputs.images import ImageError, read_image
from models import ERRORS
from models.data.datasets import Sample
from registry import Image

FOUND_BY = ("find.py", "align.py")  # of detectors/faces: what decides where a face is
CHUNK = 64  # pictures handed to a worker at a time


@dataclass(frozen=True)
class LabelledFace:
    """A sample, and the box, the five landmarks and the roll of its largest face."""

    sample: Sample
    box: Box
    landmarks: Landmarks = ()
    roll: float = 0.0

    def read(self) -> Image:
        """The whole picture: uint8 RGB (h, w, 3)."""
        return read_image(self.sample.path).pixels

    def crop(self) -> Image:
        """The face as it is served: uint8 RGB (side, side, 3)."""
        return self.crop_from(self.read())

    def crop_from(self, picture: Image) -> Image:
        """The face of the picture that was read before."""
        return crop_face(picture, self.box, self.roll)


def label_faces(samples: Sequence[Sample], cache: Path) -> tuple[list[LabelledFace], list[Sample]]:
    """The largest face of every sample, and the samples that have none. Fills and reads the file `cache`."""
    known = _read(cache)
    missing = [sample.path for sample in samples if _name(sample.path) not in known]
    if missing:
        known |= _find_all(missing)
        _write(cache, known)
    faces, faceless = [], []
    for sample in samples:
        found = known[_name(sample.path)]
        if found is None:
            faceless.append(sample)
        else:
            faces.append(_label(sample, found))
    return faces, faceless


Found = dict[str, Any]
"""What the cache keeps of a face: {"box": [4 numbers], "landmarks": [5 pairs], "roll": degrees}."""


def _label(sample: Sample, found: Found) -> LabelledFace:
    left, top, right, bottom = found["box"]
    landmarks = tuple((x, y) for x, y in found["landmarks"])
    return LabelledFace(sample, (left, top, right, bottom), landmarks, found["roll"])


def _name(path: Path) -> str:
    """A file's name in the cache: its last folders and its size, so that a changed file is looked at again."""
    return f"{'/'.join(path.parts[-4:])}:{path.stat().st_size}"


def _find_all(paths: Sequence[Path]) -> dict[str, Found | None]:
    os.environ.setdefault("FACEJURY_THREADS", "1")  # a process a core, a thread each
    with ProcessPoolExecutor() as pool:
        faces: Iterable[Found | None] = pool.map(find_largest_face, paths, chunksize=CHUNK)
        progress = track(faces, "finding faces", total=len(paths), console=ERRORS)
        return {_name(path): face for path, face in zip(paths, progress, strict=True)}


def find_largest_face(path: Path) -> Found | None:
    """The largest face in a picture file; None without a picture, without a face, or where it is turned too far."""
    try:
        faces = find_faces(read_image(path).pixels)
    except ImageError:
        return None
    if not faces or faces[0].turned:
        return None
    return {"box": faces[0].box, "landmarks": faces[0].landmarks, "roll": faces[0].roll}


def _read(cache: Path) -> dict[str, Found | None]:
    """What was found before, unless another version of the finder found it: its boxes lie a pixel beside."""
    kept = json.loads(cache.read_text()) if cache.is_file() else {}
    return kept["faces"] if kept.get("found_by") == _finder() else {}


@functools.cache
def _finder() -> str:
    """The finder's version: a digest of its source, which names its network by digest."""
    folder = Path(align.__file__).parent
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in FOUND_BY)).hexdigest()


def _write(cache: Path, known: dict[str, Found | None]) -> None:
    cache.parent.mkdir(parents=True, exist_ok=True)
    fresh = cache.with_suffix(".new")
    fresh.write_text(json.dumps({"found_by": _finder(), "faces": known}))
    fresh.replace(cache)
