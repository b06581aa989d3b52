"""A container of sound or of moving pictures, refused where it need not be opened to be refused."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from detectors.inputs.images import CLOSED, ImageError
from detectors.inputs.video_header import has_long_header
from detectors.inputs.video_kinds import read_head

LONG_HEADER = "The {noun} has a longer header than any recorder, camera or editor writes."


@dataclass(frozen=True)
class Readable:
    """What is read. noun: what a sentence calls it; kinds: whether a file that begins so is one of them; say_other:
    why a file that begins so is none; error: what each sentence is raised as."""

    noun: str
    kinds: Callable[[bytes], bool]
    say_other: Callable[[bytes], str]
    error: type[ImageError]


def check_container(path: Path, readable: Readable, *, limit: int) -> None:
    """Refuse a file that is none of these, is larger than `limit` bytes or has a header without an end.

    Raises the error of `readable`.
    """
    try:
        size = path.stat().st_size
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte
        raise readable.error(CLOSED) from error
    if not size:
        raise readable.error("The file is empty.")
    if size > limit:
        raise readable.error(f"The {readable.noun} is larger than {limit // 1_000_000} MB.")
    if not (head := read_head(path)):  # though it has bytes
        raise readable.error(CLOSED)
    if not readable.kinds(head):
        raise readable.error(readable.say_other(head))
    if head[4:8] == b"ftyp" and has_long_header(path):
        raise readable.error(LONG_HEADER.format(noun=readable.noun))
