"""Uploads belong to people. Gradio serves its upload folder to anybody signed in; this keeps whose each file is.

A file is named `<folder>/<SHA-256 of its content>/<name>`, so who has the same picture could guess another's path. Here
a path is open only to those whom the server itself gave it: in the answer to their upload, or as a result of their own
call. What they send is read too, so that nobody has the server open, or repeat, a path that is not theirs. The list
lives in memory, as the files live on this machine's disk: after a restart old files are nobody's, and soon gone.
"""

import contextlib
import json
import logging
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from urllib.parse import unquote

KEEP_SECONDS = 55 * 60  # with a sweep every five minutes, nothing outlives an hour but what work still needs
RESERVED_SECONDS = 24 * 3600
MAX_PATH_CHARACTERS = 4096  # PATH_MAX of Linux: the system opens no longer path
MAX_PATH_PARTS = 100_000  # of all paths in one call: each costs a question to the system
MAX_HELD_BYTES = 5_000_000_000  # of one person's uploads at a time; a thousand photos of 5 MB
MAX_NAMES = 100_000
MAX_NAME_CHARACTERS = 200  # of a page's session hash or an event's id; Gradio's have 10 to 64
FILE_MARK = b"gradio.FileData"
TOO_MANY_PATHS = f"The paths in a call may have at most {MAX_PATH_PARTS:,} parts together."
NO_TEMPORARY = "No folder for temporary files can be written to. TMPDIR can name another place."
NO_UPLOADS = "Uploads cannot be kept in {place}: {why}. GRADIO_TEMP_DIR can name another place."
log = logging.getLogger(__name__)


class TooManyPathsError(ValueError):
    """A call names too much. The message is one sentence for the caller."""


def own_folder() -> Path:
    """Make Gradio keep uploads in a folder that this system user alone can read. Call before building the page.

    Raises ValueError, whose message is for the operator, where nothing can be written.
    """
    temporary = find_temporary()  # also where the variable is set: what is no upload, such as the examples, lies there
    if "GRADIO_TEMP_DIR" not in os.environ:
        user = os.getuid() if hasattr(os, "getuid") else "me"
        os.environ["GRADIO_TEMP_DIR"] = str(temporary / f"facejury-uploads-{user}")
    folder = Path(os.environ["GRADIO_TEMP_DIR"]).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ValueError(NO_UPLOADS.format(place=error.filename, why=error.strerror)) from error
    os.environ["GRADIO_TEMP_DIR"] = str(folder)  # one spelling, so that a path can be recognised in a text
    return folder


def find_temporary() -> Path:
    """The system's folder for temporary files.

    Raises ValueError, whose message is for the operator, where there is none: Python would take the working folder,
    which may be the checkout.
    """
    try:
        folder = tempfile.gettempdir()
    except FileNotFoundError as error:
        raise ValueError(NO_TEMPORARY) from error
    named = {os.path.abspath(os.environ[name]) for name in ("TMPDIR", "TEMP", "TMP") if os.environ.get(name)}
    is_usual = folder in named or os.path.basename(folder).lower() in {"tmp", "temp"}
    if folder == os.getcwd() and not is_usual:
        raise ValueError(NO_TEMPORARY)
    return Path(folder)


@dataclass
class Uploads:
    """Whose file is whose on one server, and which page's events are whose. Used from its event loop only."""

    folder: str
    public: frozenset[str] = frozenset()
    _owners: dict[str, set[int]] = field(default_factory=dict)
    _held: Counter[int] = field(default_factory=Counter)  # bytes of each user's files
    _arriving: Counter[int] = field(default_factory=Counter)  # and of those on their way
    _reservations: dict[str, tuple[int, float]] = field(default_factory=dict)

    def _place(self, path: str) -> str | None:
        """Where in the upload folder a path leads, however it is spelled; None if elsewhere."""
        try:
            real = os.path.realpath(path)
        except (OSError, ValueError):  # a NUL, or a name too long to be a file
            return None
        return real if real.startswith(self.folder + os.sep) else None

    def grant(self, user_id: int, path: str) -> None:
        """Let this user read this file of the upload folder."""
        if (place := self._place(path)) and user_id not in self._owners.get(place, ()):
            self._owners.setdefault(place, set()).add(user_id)
            self._held[user_id] += _size(place)

    def is_open(self, user_id: int, path: str) -> bool:
        """True if the path is theirs, is part of the page itself, or is no upload (then Gradio's own rules apply)."""
        place = self._place(path)
        return place is None or self._is_open(user_id, frozenset({place}))

    def is_owned(self, place: str) -> bool:
        """True if this file of the upload folder was given to somebody, or is part of the page itself."""
        return place in self._owners or place in self.public

    def take_in(self, user_id: int, count: int) -> bool:
        """So many more bytes of this user's are on their way, or fewer below 0. False if they are too many now."""
        self._arriving[user_id] += count
        return self.size_of(user_id) <= MAX_HELD_BYTES

    def size_of(self, user_id: int) -> int:
        """How many bytes this user has here or on their way."""
        return self._held[user_id] + self._arriving[user_id]

    def sizes(self) -> dict[int, int]:
        """The same, for all who have any."""
        return {user: size for user in self._held.keys() | self._arriving if (size := self.size_of(user)) > 0}

    def is_own(self, user_id: int, path: str) -> bool:
        """True if this is an upload, and was given to this user."""
        return user_id in self._owners.get(self._place(path) or "", ())

    def find_places(self, sent: object) -> frozenset[frozenset[str]]:
        """The uploads that texts in this JSON value name: each with all files that it may mean. May run in any thread.

        Raises TooManyPathsError.
        """
        found, parts = set(), 0
        for text in _texts(sent):
            paths = list(self._paths_in(text))
            parts += sum(path.count(os.sep) for path in paths)
            if parts > MAX_PATH_PARTS:
                raise TooManyPathsError(TOO_MANY_PATHS)
            places = (path if len(path) > MAX_PATH_CHARACTERS else self._place(path) for path in paths)
            found.add(frozenset(place for place in places if place))
        return frozenset(found - {frozenset()})

    def _paths_in(self, text: str) -> Iterator[str]:
        """What this text may name: as it stands, for names have %XX as well, and with %XX read as in an address."""
        for spelled in dict.fromkeys((text, unquote(text))):
            # Also inside a longer text, or as part of an address: the server might cut it out and say it back.
            at = spelled.find(self.folder + os.sep)
            if at >= 0:
                yield spelled[at:]
            elif spelled is text and os.sep in text and len(text) <= MAX_PATH_CHARACTERS:
                yield text

    def are_open(self, user_id: int, named: Iterable[frozenset[str]]) -> bool:
        """True if each names a file of theirs, or part of the page itself, and none that is only another's."""
        return all(self._is_open(user_id, places) for places in named)

    def _is_open(self, user_id: int, places: frozenset[str]) -> bool:
        theirs = {place for place in places if place in self.public or user_id in self._owners.get(place, ())}
        return bool(theirs) and not any(place in self._owners for place in places - theirs)

    def grant_results(self, user_id: int, body: bytes) -> None:
        """Let this user read the files that an answer to them names. `body`: JSON, or one event of an SSE stream."""
        if FILE_MARK not in body:
            return
        for line in body.split(b"\n"):
            with contextlib.suppress(ValueError):
                for path in _files(json.loads(line.removeprefix(b"data:"))):
                    self.grant(user_id, path)

    def reserve(self, user_id: int, name: str) -> bool:
        """Take a page's session hash or an event's id for this user; False if it is another's, or no such name."""
        if len(name) > MAX_NAME_CHARACTERS:
            return False
        now = time.monotonic()
        owner, until = self._reservations.get(name, (user_id, 0.0))
        if owner != user_id and until > now:
            return False
        self._reservations.pop(name, None)  # so that the first in the list is the one reserved longest ago
        if len(self._reservations) >= MAX_NAMES:
            self._reservations = dict(islice(self._reservations.items(), MAX_NAMES // 2, None))
        self._reservations[name] = (user_id, now + RESERVED_SECONDS)
        return True

    def open_to_all(self, config: object) -> None:
        """Let everybody signed in read the files that the page itself is made of, like its examples."""
        self.public |= {place for path in _files(config) if (place := self._place(path))}

    def find_kept(self, held: Iterable[object]) -> frozenset[str]:
        """What no sweep may delete: what the page is made of, and what these JSON values name. For any thread."""
        kept = set(self.public)
        for value in held:
            with contextlib.suppress(TooManyPathsError):  # no call that is worked on: it was refused, or names nonsense
                kept.update(*self.find_places(value))
        return frozenset(kept)

    def delete_of(self, user_id: int) -> None:
        """Delete the files that are this user's alone."""
        for path in [path for path, users in self._owners.items() if users == {user_id}]:
            with _deleting():
                os.remove(path)

    def forget_missing(self) -> None:
        """Forget whose the files were that are gone."""
        self._owners = {path: users for path, users in self._owners.items() if os.path.exists(path)}
        self._held = Counter()
        for path, users in self._owners.items():
            self._held.update(dict.fromkeys(users, _size(path)))
        self._arriving = +self._arriving


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:  # it was swept meanwhile
        return 0


def _texts(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            waiting += [*part, *part.values()]
        elif isinstance(part, list):
            waiting += part


def _files(value: object) -> Iterator[str]:
    """The paths of all Gradio file values in a JSON value. A bare text is not one: a visitor may have typed it."""
    if isinstance(value, dict):
        meta = value.get("meta")
        if isinstance(value.get("path"), str) and isinstance(meta, dict) and meta.get("_type") == FILE_MARK.decode():
            yield value["path"]
        parts: Iterable[object] = value.values()
    else:
        parts = value if isinstance(value, list | tuple) else ()
    for part in parts:
        yield from _files(part)


@contextlib.contextmanager
def _deleting() -> Iterator[None]:
    """What is gone already is as wanted; what cannot be deleted is told in the log, and keeps no other."""
    try:
        yield
    except FileNotFoundError:
        pass
    except OSError as error:
        log.warning("an upload cannot be deleted", extra={"reason": error.strerror})


def sweep(folder: str, *, keep: frozenset[str], older_than: float) -> int:
    """Delete files put in the folder more than `older_than` seconds ago, and old empty folders. Returns how many."""
    before, count = time.time() - older_than, 0
    for parent, _, names in os.walk(folder, topdown=False):
        for name in names:
            path = os.path.join(parent, name)
            with _deleting():
                if path not in keep and os.lstat(path).st_ctime < before:  # a copy keeps its old mtime
                    os.remove(path)
                    count += 1
        with contextlib.suppress(OSError):
            if parent != folder and os.stat(parent).st_ctime < before:
                os.rmdir(parent)  # an upload may be about to land in a young one
    return count
