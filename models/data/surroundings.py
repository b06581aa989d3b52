"""Faces in large pictures, cut out once with what surrounds them: training would decode the whole of such a picture at
every draw, a tenth of a second for 12 megapixels.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.progress import track

from detectors.commands.terminal import errors
from detectors.faces.face import measure_side
from detectors.inputs.images import decode_image, open_picture, read_file
from detectors.networks.whole import whole_file
from models.data.face_index import LabelledFace, name_bytes
from models.data.twins import find_twins
from models.errors import DataError

REACH = 1.5  # of the longer box side, from the face's centre: beyond every tilted and loosened crop and outline
LARGE = 4  # a picture of fewer times the pixels that would be kept is decoded anew each time: little is saved


def keep_surroundings(faces: Sequence[LabelledFace], folder: Path) -> list[LabelledFace]:
    """The same faces, those in large pictures read from memory-mapped arrays in `folder` from now on.

    An array is named by its picture's SHA-256 and its place there: it is made once, whatever else changes. Twins stay
    as they are, for they are compared as whole pictures. Raises DataError where an array cannot be written.
    """
    twins = find_twins(faces)
    whole = {*twins, *(real.sample.path for real in twins.values())}
    try:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            kept = pool.map(lambda face: face if face.sample.path in whole else _keep(face, folder), faces)
            return list(track(kept, "cutting faces out", total=len(faces), console=errors))
    except OSError as error:
        raise DataError(f"faces of large pictures cannot be kept in {folder}: {error.strerror}") from error


def _keep(face: LabelledFace, folder: Path) -> LabelledFace:
    data, reach = read_file(face.sample.path), round(REACH * measure_side(face.box))
    with open_picture(data) as picture:
        if picture.width * picture.height < LARGE * (2 * reach) ** 2:
            return face
    left, top, right, bottom = face.box
    # Even places: crop_face rounds halves to even numbers, and must round as in the whole picture.
    x, y = (max(0, (first + last) // 2 - reach) // 2 * 2 for first, last in ((left, right), (top, bottom)))
    kept = folder / f"{name_bytes(data)}-{x}-{y}-{reach}.npy"
    if not kept.exists():
        rows, columns = slice(y, (top + bottom) // 2 + reach), slice(x, (left + right) // 2 + reach)
        with whole_file(kept) as fresh, fresh.open("wb") as file:
            np.save(file, decode_image(data)[rows, columns])
    landmarks = tuple((across - x, down - y) for across, down in face.landmarks)
    return replace(face, box=(left - x, top - y, right - x, bottom - y), landmarks=landmarks, kept=kept)
