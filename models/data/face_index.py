"""Where the face is in each picture of a data set: found once, kept in a file, the same framing as in serving."""

import functools
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

from detectors.commands.terminal import errors
from detectors.faces import align
from detectors.faces.crop import crop_face
from detectors.faces.face import Box, Landmarks, measure_side
from detectors.faces.find import find_faces
from detectors.inputs.images import ImageError, decode_image, read_file, read_image
from detectors.networks.whole import whole_file
from models.data.datasets import Sample
from models.errors import DataError
from registry import Image
from registry.contract import MIN_FACE_PIXELS

FOUND_BY = ("find.py", "align.py", "centerface.py")  # of detectors/faces: what decides where a face is
CHUNK = 64  # pictures handed to a worker at a time
NAMED_BY = "sha256"  # of a picture's bytes: a copy elsewhere keeps its face, and a replaced file does not
FITTED = ("train", "val")  # the splits on which something is fitted
NAMED = 3  # pictures named in a sentence about many


@dataclass(frozen=True)
class LabelledFace:
    """A sample, and the box, the five landmarks and the roll of its largest face.

    kept: the array of the part of its picture in which that stands, where keep_surroundings wrote one.
    """

    sample: Sample
    box: Box
    landmarks: Landmarks = ()
    roll: float = 0.0
    kept: Path | None = None

    def read(self) -> Image:
        """The picture, or the part that was kept of it: uint8 RGB (h, w, 3), not to be written into."""
        if self.kept:
            return np.asarray(np.load(self.kept, mmap_mode="r"))
        return decode_image(read_file(self.sample.path))

    def crop(self) -> Image:
        """The face as it is served: uint8 RGB (side, side, 3)."""
        return self.crop_from(self.read())

    def crop_from(self, picture: Image) -> Image:
        """The face of the picture that was read before."""
        return crop_face(picture, self.box, self.roll)


def label_faces(samples: Sequence[Sample], cache: Path) -> tuple[list[LabelledFace], list[Sample]]:
    """The largest face of every sample, and the samples that have none. Fills and reads the file `cache`.

    What cannot be read is among the samples without a face; say_left_out tells which. Raises DataError where the same
    picture is labelled both real and fake.
    """
    known, names = _read(cache), _name_all([sample.path for sample in samples])
    _refuse_contradiction(samples, names)
    missing = {names[sample.path]: sample.path for sample in samples if names[sample.path] not in known}
    if missing:
        known |= dict(zip(missing, _find_all(list(missing.values())), strict=True))
        _write(cache, known)
    faces, faceless = [], []
    for sample in samples:
        found = known[names[sample.path]]
        if found is None or "error" in found:
            faceless.append(sample)
        else:
            faces.append(_label(sample, found))
    return faces, faceless


NONE_JUDGED = f"no face of at least {MIN_FACE_PIXELS} pixels was found in any of the {{count}} pictures"


def part_small(faces: Sequence[LabelledFace]) -> tuple[list[LabelledFace], list[Sample]]:
    """The faces of which a verdict is given, and the samples whose face is too small for one, as in serving."""
    large = [face for face in faces if measure_side(face.box) >= MIN_FACE_PIXELS]
    return large, [face.sample for face in faces if measure_side(face.box) < MIN_FACE_PIXELS]


def label_judged(samples: Sequence[Sample], cache: Path) -> tuple[list[LabelledFace], list[Sample]]:
    """As label_faces, but what is too small for a verdict is left out as well: for all that measures verdicts."""
    faces, left_out = label_faces(samples, cache)
    judged, small = part_small(faces)
    return judged, [*left_out, *small]


def check_copies(samples: Sequence[Sample]) -> list[str]:
    """A sentence on pictures to be measured that are there to be fitted on, too, under other names; none if none is.

    samples: of all splits. Raises DataError where the same picture is labelled both real and fake.
    """
    names = _name_all([sample.path for sample in samples])
    _refuse_contradiction(samples, names)
    fitted = {names[sample.path] for sample in samples if sample.split in FITTED}
    copies = [sample for sample in samples if sample.split not in FITTED and names[sample.path] in fitted]
    shown = list_some([sample.path.name for sample in copies])
    return [f"Pictures that are in train or val, too, under other names: {len(copies)}: {shown}"] if copies else []


def _refuse_contradiction(samples: Sequence[Sample], names: Mapping[Path, str]) -> None:
    first: dict[str, Sample] = {}
    for sample in samples:
        other = first.setdefault(names[sample.path], sample)
        if other.label != sample.label and _is_picture(sample.path):  # the same error page may stand in both classes
            raise DataError(f"{other.path} and {sample.path} are the same picture, labelled both real and fake")


def _is_picture(path: Path) -> bool:
    try:
        read_image(path)
    except ImageError:
        return False
    return True


def choose_evenly(faces: Sequence[LabelledFace], most: int) -> list[LabelledFace]:
    """At most so many faces, of each class, source and generator as large a share as of all.

    They are chosen at even distances in this order, for a manifest may list real and fake in turn.
    """
    if len(faces) <= most:
        return list(faces)
    ordered = sorted(faces, key=lambda face: (face.sample.label, face.sample.source, face.sample.generator))
    return [ordered[place * len(ordered) // most] for place in range(most)]


def say_left_out(left_out: Sequence[Sample], cache: Path) -> list[str]:
    """A sentence each on pictures that could not be read, without a face, and with one too small for a verdict.

    Of a kind that is not there, nothing is said. left_out: from label_faces or label_judged, with the same cache.
    """
    known, names = _read(cache), _name_all([sample.path for sample in left_out])
    found = [(sample.path.name, known.get(names[sample.path])) for sample in left_out]
    said = (
        (
            "Pictures that could not be read",
            [f"{name} ({face['error']})" for name, face in found if face and "error" in face],
        ),
        ("Pictures without a face that can be used", [name for name, face in found if not face]),
        (
            f"Pictures with a face under {MIN_FACE_PIXELS} pixels",
            [name for name, face in found if face and "box" in face],
        ),
    )
    return [f"{what}, left out: {len(those)}: {list_some(those)}" for what, those in said if those]


def list_some(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = [f"{len(names) - NAMED} more"] if len(names) > NAMED else []
    return ", ".join([*names[:NAMED], *more])


Found = dict[str, Any]
"""What the cache keeps of a face: {"box": [4 numbers], "landmarks": [5 pairs], "roll": degrees}.

Of a picture that could not be read: {"error": sentence}.
"""


def _label(sample: Sample, found: Found) -> LabelledFace:
    left, top, right, bottom = found["box"]
    landmarks = tuple((x, y) for x, y in found["landmarks"])
    return LabelledFace(sample, (left, top, right, bottom), landmarks, found["roll"])


def _name_all(paths: Sequence[Path]) -> dict[Path, str]:
    """The name of each picture in the cache, by its content."""
    with ThreadPoolExecutor() as pool:  # reading a disk is mostly waiting
        return dict(zip(paths, pool.map(_name, paths, chunksize=CHUNK), strict=True))


def _name(path: Path) -> str:
    try:
        return name_bytes(path.read_bytes())
    except OSError:
        return str(path)  # it cannot be read as a picture either


def name_bytes(data: bytes) -> str:
    """The name of a picture, by its file's bytes: NAMED_BY."""
    return hashlib.sha256(data).hexdigest()


def _find_all(paths: Sequence[Path]) -> list[Found | None]:
    with ProcessPoolExecutor(initializer=_take_one_thread) as pool:  # a process a core, a thread each
        faces: Iterable[Found | None] = pool.map(find_largest_face, paths, chunksize=CHUNK)
        return list(track(faces, "finding faces", total=len(paths), console=errors))


def _take_one_thread() -> None:
    os.environ.setdefault("FACEJURY_THREADS", "1")


def find_largest_face(path: Path) -> Found | None:
    """The largest face in a picture file; None without a face, or where it is turned too far."""
    try:
        faces = find_faces(read_image(path).pixels)
    except ImageError as error:
        return {"error": str(error)}
    if not faces or faces[0].turned:
        return None
    return {"box": faces[0].box, "landmarks": faces[0].landmarks, "roll": faces[0].roll}


def _read(cache: Path) -> dict[str, Found | None]:
    """What was found before, unless another version of the finder found it: its boxes lie a pixel beside."""
    kept = _load(cache)
    same = kept.get("found_by") == _finder() and kept.get("named_by") == NAMED_BY
    return kept["faces"] if same else {}


def _load(cache: Path) -> Found:
    try:
        kept = json.loads(cache.read_text())
    except (OSError, ValueError):  # none yet, or none that we wrote: it is written anew
        return {}
    return kept if isinstance(kept, dict) else {}


@functools.cache
def _finder() -> str:
    """The finder's version: a digest of its source, which names its network by digest."""
    folder = Path(align.__file__).parent
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in FOUND_BY)).hexdigest()


def _write(cache: Path, known: dict[str, Found | None]) -> None:
    with whole_file(cache) as fresh:
        fresh.write_text(json.dumps({"found_by": _finder(), "named_by": NAMED_BY, "faces": known}))
