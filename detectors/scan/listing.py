"""What to scan: folders, glob patterns, listings and single files become one list of paths, each as it was given.

A folder stands for the pictures and sounds in it, at any depth, told by their suffix; hidden ones are left out.
A pattern, a listing (.txt: one path a line, from where the command runs) or a path stands for exactly what it names.
"""

import codecs
import glob
import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from detectors.inputs.audio.kinds import SUFFIXES as SOUNDS
from detectors.scan.aside import CLOSED, HIDDEN, LINKS, LeftAside
from detectors.scan.errors import ScanError
from detectors.scan.fetch import is_url
from registry import DetectorSpec

PICTURES = frozenset({".avif", ".bmp", ".gif", ".jfif", ".jpeg", ".jpg", ".mpo", ".png", ".tif", ".tiff", ".webp"})
UNREAD = frozenset({".heic", ".heif"})  # a row in the table says so
SUFFIXES = PICTURES | UNREAD | SOUNDS
LISTING = ".txt"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Shard:
    """One part of `count` equal ones; index counts from 1. A path keeps its shard whatever else is listed."""

    index: int = 1
    count: int = 1

    def holds(self, path: str) -> bool:
        """Whether a path is of this part."""
        digest = hashlib.sha256(path.encode("utf-8", "surrogateescape")).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.index - 1


def parse_shard(text: str) -> Shard:
    """i/n, with 1 <= i <= n. Raises ScanError."""
    index, _, count = text.partition("/")
    if not (index.isdecimal() and count.isdecimal() and 1 <= int(index) <= int(count)):
        raise ScanError(f"a shard is i/n with 1 <= i <= n, like 2/8; got {text!r}")
    return Shard(int(index), int(count))


def choose_suffixes(specs: Iterable[DetectorSpec]) -> frozenset[str]:
    """Of the files in folders that some of these detectors judge."""
    expected = {spec.expects for spec in specs}
    pictures = PICTURES | UNREAD if expected & {"face", "image"} else frozenset[str]()
    return pictures | SOUNDS if "audio" in expected else pictures


def list_paths(
    sources: Iterable[str],
    *,
    shard: Shard | None = None,
    aside: LeftAside | None = None,
    suffixes: frozenset[str] = SUFFIXES,
) -> list[str]:
    """Every path of the sources once, in the order met. Raises ScanError when a source names nothing.

    suffixes: of what folders stand for. aside: is told what they hold besides.
    """
    wanted, left = shard or Shard(), aside or LeftAside()
    paths = dict.fromkeys(path for source in sources for path in _expand(source, left, suffixes))
    return [path for path in paths if wanted.holds(path)]


def _expand(source: str, aside: LeftAside, suffixes: frozenset[str]) -> Iterator[str]:
    found = _expand_url(source, aside, suffixes) if is_url(source) else _expand_path(source, aside, suffixes)
    first = next(found, None)
    if first is None:
        raise ScanError(f"{source} contains nothing that can be judged. {aside.say()}".rstrip())
    yield first
    yield from found


def _expand_path(source: str, aside: LeftAside, suffixes: frozenset[str]) -> Iterator[str]:
    path = Path(source)
    if not source:  # as a path it would be the working folder
        raise ScanError("a source is empty: name a folder, a pattern, a listing, a file or a URL")
    if path.is_dir():
        return _walk(source, aside, suffixes)
    if path.exists():
        return _read_listing(path) if path.suffix == LISTING else iter([source])
    if glob.has_magic(source):
        return (found for found in sorted(glob.glob(source, recursive=True)) if not os.path.isdir(found))
    raise ScanError(f"there is no file, folder or pattern {source}")


def _walk(folder: str, aside: LeftAside, suffixes: frozenset[str]) -> Iterator[str]:
    def within(path: str) -> str:
        return os.path.relpath(path, folder)

    def note_closed(error: OSError) -> None:
        aside.add(within(error.filename), CLOSED)

    for place, folders, names in os.walk(folder, onerror=note_closed):
        for name in sorted(folders):
            if name.startswith(".") or os.path.islink(os.path.join(place, name)):
                folders.remove(name)
                aside.add(within(os.path.join(place, name)), HIDDEN if name.startswith(".") else LINKS)
        folders.sort()
        for name in sorted(names):
            path = os.path.join(place, name)
            if _is_wanted(name, suffixes):
                yield path
            else:
                aside.add(within(path))


def _is_wanted(name: str, suffixes: frozenset[str]) -> bool:
    """Told by a file's path inside its folder."""
    path = PurePosixPath(name)
    return path.suffix.lower() in suffixes and not any(part.startswith(".") for part in path.parts)


def _read_listing(path: Path) -> Iterator[str]:
    """Read as bytes: file names need not be valid UTF-8. Raises ScanError for UTF-16."""
    with path.open("rb") as file:
        if file.read(2) in UTF_16:
            raise ScanError(f"{path} is in UTF-16: save it as UTF-8")
        file.seek(0)
        start = len(codecs.BOM_UTF8) if file.read(3) == codecs.BOM_UTF8 else 0
        file.seek(start)
        yield from (os.fsdecode(line) for raw in file if (line := raw.rstrip(b"\r\n")))


def _expand_url(url: str, aside: LeftAside, suffixes: frozenset[str]) -> Iterator[str]:
    """A folder, a pattern or a single file behind a URL, as full URLs."""
    import fsspec

    try:
        system, root = fsspec.core.url_to_fs(url)
        if glob.has_magic(url):
            found = [name for name, about in system.glob(root, detail=True).items() if about["type"] != "directory"]
        elif system.isdir(root):
            within = {name: name.removeprefix(root).lstrip("/") for name in system.find(root)}
            found = [name for name, path in within.items() if _is_wanted(path, suffixes)]
            for path in within.values():
                if not _is_wanted(path, suffixes):
                    aside.add(path)
        else:
            return iter([url])
    except ImportError as error:  # of a package for that kind of address
        raise ScanError(f"{url} cannot be listed: {error}; pip installs it, where facejury is installed") from error
    except (ValueError, OSError) as error:
        raise ScanError(f"{url} cannot be listed: {error}") from error
    return (system.unstrip_protocol(name) for name in sorted(found))
