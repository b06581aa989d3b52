"""From a file's bytes to its Provenance. Pixels are not decoded, and nothing is fetched."""

import warnings
from collections.abc import Mapping
from pathlib import Path

import PIL.Image

from detectors.inputs.images import MAX_BYTES, ImageError, open_picture, read_file, say_too_large
from detectors.provenance.credentials import read_credentials
from detectors.provenance.generators import find_traces
from detectors.provenance.jpeg import read_jpeg
from detectors.provenance.metadata import Metadata, read_metadata
from detectors.provenance.record import Provenance

NO_PICTURE = "The file cannot be read as a picture, so its metadata were not read."
DAMAGED = "Some of the metadata are damaged and were left out."
MAX_TEXT_CHARACTERS = 1_000_000  # of one PNG text that is searched


def read_provenance(source: bytes | Path) -> Provenance:
    """What the file says of where it comes from. Never raises: Provenance.problem is a sentence instead."""
    try:
        data = source if isinstance(source, bytes) else read_file(source)
    except ImageError as error:
        return Provenance(problem=str(error))
    if len(data) > MAX_BYTES:
        return Provenance(problem=say_too_large())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd EXIF
            with open_picture(data) as picture:
                return _read(picture, data)
    except Exception:  # decoders raise nearly anything on broken files
        return Provenance(problem=NO_PICTURE)


def _read(picture: PIL.Image.Image, data: bytes) -> Provenance:
    found, problem = _read_metadata(picture)
    credentials, signed = read_credentials(data, picture.format, found.elsewhere)
    return Provenance(
        credentials=credentials,
        camera=found.camera,
        software=found.software,
        taken=found.taken,
        source_type=found.source_type,
        traces=(*find_traces(_texts(picture.info), found), *signed),
        jpeg=read_jpeg(picture),
        problem=problem,
    )


def _read_metadata(picture: PIL.Image.Image) -> tuple[Metadata, str | None]:
    try:
        return read_metadata(picture), None
    except Exception:  # broken EXIF or XMP must not hide the rest
        return Metadata(), DAMAGED


def _texts(info: Mapping[str | tuple[int, int], object]) -> dict[str, str]:
    """A PNG's texts by name, each cut to what is searched."""
    return {str(name): value[:MAX_TEXT_CHARACTERS] for name, value in info.items() if isinstance(value, str)}
