"""A zip of pictures, read in memory: nothing is ever unpacked onto the disk, and nothing larger than it may be.

The whole archive is refused, in one sentence, when it holds too much; a single member only when it is itself wrong.
"""

import errno
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from detectors.inputs.images import MAX_BYTES, ImageError, say_too_large

MAX_ZIP_BYTES = 100_000_000
MAX_MEMBERS = 1000
MAX_TOTAL_BYTES = 1_000_000_000  # of all members, unpacked
MAX_RATIO = 100  # how many times larger a member may unpack; pictures are compressed already
RATIO_FROM_BYTES = 1_000_000  # below this size no ratio is a danger
MAX_DIRECTORY_BYTES = 2_000_000  # of the list at the archive's end: zipfile reads all of it into memory
LARGE_BYTES = 20  # of what points to the list of a large archive, in front of the end record
TAIL_BYTES = LARGE_BYTES + 22 + 65_535  # both of these, and the longest comment
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # zipfile unpacks bzip2 and LZMA without any limit
END, END_OF_LARGE = b"PK\x05\x06", b"PK\x06\x07"
ZIP_STARTS = (b"PK\x03\x04", END)
DAMAGED = "The zip is damaged and cannot be opened."
DAMAGED_MEMBER = "This file in the zip is damaged and cannot be unpacked."
UNREADABLE = "The zip cannot be opened."
TOO_MANY = f"The zip holds more than {MAX_MEMBERS} files."
CLUTTER = ("__MACOSX/", ".DS_Store", "Thumbs.db")


class ArchiveError(ImageError):
    """This zip, or this member of it, is not opened. The message is one sentence for the visitor."""


@dataclass(frozen=True)
class Member:
    """One file in a zip, not read yet. place: in the zip's list, for two files may have one name."""

    archive: Path
    name: str
    place: int

    def read(self) -> bytes:
        """Its bytes. Raises ArchiveError."""
        try:
            with zipfile.ZipFile(self.archive) as opened:
                info = opened.infolist()[self.place]
                _check_member(info)
                with opened.open(info) as stream:
                    data = stream.read(MAX_BYTES + 1)  # its header may lie about its size
        except ArchiveError:
            raise
        except Exception as error:  # zipfile raises nearly anything on damaged files
            raise ArchiveError(UNREADABLE if _is_systems(error) else DAMAGED_MEMBER) from error
        if len(data) > MAX_BYTES:
            raise ArchiveError(say_too_large())
        if data.startswith(ZIP_STARTS):
            raise ArchiveError("A zip inside a zip is not opened.")
        return data


def is_zip(path: Path) -> bool:
    """Whether a file begins as a zip does, whatever its name."""
    try:
        with path.open("rb") as file:
            return file.read(4) in ZIP_STARTS
    except OSError:
        return False


def list_members(path: Path) -> list[Member]:
    """The files in a zip, in its order, without folders and system clutter. Raises ArchiveError."""
    _check_directory(path)
    try:
        with zipfile.ZipFile(path) as opened:
            listed = opened.infolist()
    except Exception as error:  # zipfile raises nearly anything on damaged files
        raise ArchiveError(UNREADABLE if _is_systems(error) else DAMAGED) from error
    wanted = {place: info for place, info in enumerate(listed) if _is_wanted(info)}
    if len(wanted) > MAX_MEMBERS or len(listed) > 2 * MAX_MEMBERS:  # the end record need not have told the truth
        raise ArchiveError(TOO_MANY)
    if sum(info.file_size for info in wanted.values()) > MAX_TOTAL_BYTES:
        raise ArchiveError(f"The zip would unpack to more than {MAX_TOTAL_BYTES // 1_000_000} MB.")
    return [Member(path, info.filename, place) for place, info in wanted.items()]


def _check_directory(path: Path) -> None:
    """The end record alone, before zipfile reads the list it points to."""
    tail = _read_tail(path)
    at = tail.rfind(END)
    if at < 0 or len(tail) < at + 22:
        raise ArchiveError(DAMAGED)
    count, directory_bytes = struct.unpack_from("<HI", tail, at + 10)
    if (
        count > 2 * MAX_MEMBERS
        or directory_bytes > MAX_DIRECTORY_BYTES
        or END_OF_LARGE in tail[max(0, at - LARGE_BYTES) : at]
    ):
        raise ArchiveError(TOO_MANY)


def _read_tail(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_ZIP_BYTES:
            raise ArchiveError(f"The zip is larger than {MAX_ZIP_BYTES // 1_000_000} MB.")
        with path.open("rb") as file:
            file.seek(max(0, size - TAIL_BYTES))
            return file.read()
    except OSError as error:
        raise ArchiveError(UNREADABLE) from error


def _is_systems(error: Exception) -> bool:
    """Whether the system says that the file is gone, or its disk fails. EINVAL is damage: a place that cannot be."""
    return isinstance(error, OSError) and error.errno not in {None, errno.EINVAL}


def _is_wanted(info: zipfile.ZipInfo) -> bool:
    return not info.filename.startswith(CLUTTER[0]) and not info.filename.endswith(("/", *CLUTTER[1:]))


def _check_member(info: zipfile.ZipInfo) -> None:
    parts = PurePosixPath(info.filename.replace("\\", "/")).parts
    if not parts or ".." in parts or info.filename.startswith(("/", "\\")) or ":" in parts[0]:
        raise ArchiveError("Its name leads out of the zip, so it was skipped.")
    if info.compress_type not in METHODS:
        raise ArchiveError(
            "This file in the zip is compressed by an unusual method: zip it again with the standard one."
        )
    if info.flag_bits & 1:
        raise ArchiveError("This file in the zip is protected by a password.")
    if info.file_size > MAX_BYTES:
        raise ArchiveError(say_too_large())
    if info.file_size > RATIO_FROM_BYTES and info.file_size > MAX_RATIO * max(1, info.compress_size):
        raise ArchiveError(f"It would unpack to more than {MAX_RATIO} times its size, so it was skipped.")
