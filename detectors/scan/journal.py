"""The journal of a scan: a file that only grows, one line a finished picture. What is in it is never judged again.

The first line says who was asked. A line is handed to the system at once, so it outlives the process, and to the disk
every few seconds, so it outlives a power cut. A torn line counts as not written.
"""

import fcntl
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from detectors.scan.errors import ScanError
from detectors.scan.record import Record, as_line, read_line
from detectors.scan.team import check_team, team_as_line

SUFFIX = ".journal"
SYNC_SECONDS = 2.0


class Journal:
    """An open journal; as long as it is, nobody else can open it.

    described: who is asked, as describe_team gives it. Raises ScanError, also where others were asked.
    """

    def __init__(self, path: Path, described: Mapping[str, str]) -> None:
        self._path = path
        self._places: dict[str, int] = {}  # path of a picture -> where its line begins
        self._synced = time.monotonic()
        self._file = path.open("a+b", buffering=0)
        try:
            self._lock()
            self._read(described)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self._sync()
        self._file.close()

    def __contains__(self, path: str) -> bool:
        return path in self._places

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Record]:
        """The records in the order of their paths, read one at a time."""
        with self._path.open("rb") as file:
            for path in sorted(self._places):
                file.seek(self._places[path])
                record = read_line(file.readline())
                if record is None or record.path != path:
                    raise ScanError(f"{self._path.name} was changed by another process")
                yield record

    def append(self, records: Iterable[Record]) -> None:
        """Keep the records of pictures that are not here yet."""
        place = self._file.seek(0, os.SEEK_END)
        lines: list[bytes] = []
        for record in records:
            self._places[record.path] = place
            lines.append(as_line(record))
            place += len(lines[-1])
        self._write(b"".join(lines))
        if time.monotonic() - self._synced > SYNC_SECONDS:
            self._sync()

    def _write(self, data: bytes) -> None:
        """All of it: a call may write a part when the disk is nearly full, and the next one raises."""
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]

    def _sync(self) -> None:
        os.fsync(self._file.fileno())
        self._synced = time.monotonic()

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ScanError(f"another scan is writing {self._path.name}: choose another --out") from error

    def _read(self, described: Mapping[str, str]) -> None:
        head = team_as_line(described)
        with self._path.open("rb") as file:
            found = file.readline()
            if found.endswith(b"\n"):
                check_team(found, described, name=self._path.name)
                self._file.truncate(self._read_records(file, len(found)))
            elif head.startswith(found):  # new, or torn in its first line
                self._file.truncate(0)
                self._write(head)
            else:
                raise ScanError(f"{self._path.name} is not the journal of a scan: choose another --out")

    def _read_records(self, file: BinaryIO, place: int) -> int:
        """Where the last whole line ends; what follows is torn."""
        for line in file:
            if not line.endswith(b"\n"):
                break
            if record := read_line(line):
                self._places.setdefault(record.path, place)
            place += len(line)
        return place
