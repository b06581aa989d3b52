"""The journal of a scan: a SQLite database of finished pictures. What is in it is never judged again.

It also says who was asked. What is appended is on the disk when `append` returns, and outlives the process and a power
cut; what was being written then is not there.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from detectors.scan.errors import ScanError
from detectors.scan.record import Record, as_line, read_line
from detectors.scan.team import check_team, team_as_line

SUFFIX = ".journal"
NO_JOURNAL = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
SPOILT = "is not the journal of a scan, or is damaged: choose another --out"


class Journal:
    """An open journal; as long as it is, nobody else can open it.

    described: who is asked, as describe_team gives it. Raises ScanError, also where others were asked.
    """

    def __init__(self, path: Path, described: Mapping[str, str]) -> None:
        self._path = path
        try:
            self._database = sqlite3.connect(path, timeout=0)
        except sqlite3.OperationalError as error:
            raise ScanError(f"the folder of --out, {path.parent}, cannot be written to") from error
        try:
            with self._explained():
                self._open(described)
        except BaseException:
            self._database.close()
            raise

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def __contains__(self, path: str) -> bool:
        with self._explained():
            found = self._database.execute("SELECT 1 FROM records WHERE path = ?", [_as_key(path)])
            return found.fetchone() is not None

    def __len__(self) -> int:
        with self._explained():
            count: int = self._database.execute("SELECT count(*) FROM records").fetchone()[0]
            return count

    def __iter__(self) -> Iterator[Record]:
        """The records in the order of their paths, read one at a time. Raises ScanError where the file is damaged."""
        with self._explained():
            for (line,) in self._database.execute("SELECT line FROM records ORDER BY path"):
                yield read_line(line)

    def append(self, records: Iterable[Record]) -> None:
        """Keep the records of pictures that are not here yet: all or, after a kill, none. Raises ScanError."""
        rows = [(_as_key(record.path), as_line(record)) for record in records]
        with self._explained(), self._database:
            self._database.executemany("INSERT INTO records VALUES (?, ?)", rows)

    def _open(self, described: Mapping[str, str]) -> None:
        self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
        with self._database:
            self._database.execute("BEGIN EXCLUSIVE")
            if not self._database.execute("SELECT 1 FROM sqlite_master").fetchone():
                self._database.execute("CREATE TABLE team (line BLOB)")
                self._database.execute("CREATE TABLE records (path BLOB PRIMARY KEY, line BLOB) WITHOUT ROWID")
                self._database.execute("INSERT INTO team VALUES (?)", [team_as_line(described)])
            (line,) = self._database.execute("SELECT line FROM team").fetchone() or (b"",)
        check_team(line, described, name=self._path.name)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """What SQLite raises, as a ScanError."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                raise ScanError(f"another scan is writing {self._path.name}: choose another --out") from error
            if error.sqlite_errorcode not in NO_JOURNAL:
                raise ScanError(f"{self._path.name} cannot be read or written: {error}") from error
            raise ScanError(f"{self._path.name} {SPOILT}") from error
        except (json.JSONDecodeError, TypeError) as error:  # a record whose page is not what was written
            raise ScanError(f"{self._path.name} {SPOILT}") from error


def _as_key(path: str) -> bytes:
    """A path so that the order of the bytes is that of the text; surrogates stand for bytes that are no UTF-8."""
    return path.encode("utf-8", "surrogatepass")
