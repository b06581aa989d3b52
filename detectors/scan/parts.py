"""A table in parts: a folder of Parquet files behind any fsspec URL, each put in its place whole."""

import hashlib
import io
import uuid
from collections.abc import Mapping, Sequence

import fsspec

from detectors.scan.errors import ScanError
from detectors.scan.record import Record
from detectors.scan.table import import_parquet, table_rows, write_parquet
from detectors.scan.team import check_team, team_as_line

HEAD = "_facejury.json"  # readers of Parquet folders pass over names that begin with _


class Parts:
    """The folder. Travels to other processes.

    described: who is asked, as describe_team gives it. Raises ScanError where others were asked, or where the folder
    holds other things.
    """

    def __init__(self, url: str, described: Mapping[str, str]) -> None:
        if not url.endswith(".parquet"):
            raise ScanError(f"with --ray, --out is a folder of Parquet files and must end in .parquet; got {url}")
        try:
            self._system, root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise ScanError(f"{url} cannot be opened: {error}") from error
        self._root = root.rstrip("/")
        self._name = self._root.rpartition("/")[2]
        self._claim(described)

    def read_paths(self) -> set[str]:
        """The pictures whose rows are here, as the table shows their paths."""
        parquet = import_parquet().parquet
        paths: set[str] = set()
        for name in self._system.glob(f"{self._root}/part-*.parquet"):
            with self._system.open(name, "rb") as file:
                paths.update(parquet.read_table(file, columns=["path"])["path"].to_pylist())
        return paths

    def write(self, records: Sequence[Record]) -> None:
        """A part of the table. The same pictures written twice are one part."""
        file = io.BytesIO()
        write_parquet(file, (values for record in records for values in table_rows(record)))
        digest = hashlib.sha256(repr([record.path for record in records]).encode("ascii", "backslashreplace"))
        self._put(f"part-{digest.hexdigest()[:16]}.parquet", file.getvalue())

    def _claim(self, described: Mapping[str, str]) -> None:
        head = f"{self._root}/{HEAD}"
        if self._system.exists(head):
            check_team(self._system.cat_file(head), described, name=self._name)
        elif self._system.exists(self._root):
            raise ScanError(f"{self._name} already exists and was not written by a --ray scan: choose another --out")
        else:
            self._system.makedirs(self._root, exist_ok=True)
            self._put(HEAD, team_as_line(described))

    def _put(self, name: str, data: bytes) -> None:
        """Under another name first: nobody ever reads half a file."""
        unfinished = f"{self._root}/_{uuid.uuid4().hex}"
        self._system.pipe_file(unfinished, data)
        self._system.mv(unfinished, f"{self._root}/{name}")
