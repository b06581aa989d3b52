"""Records as a table: CSV, JSON Lines, Parquet or SQLite, one row a verdict, written whole or not at all.

In CSV, a path or an error of which a part begins like a formula gets a ' there, so that no spreadsheet runs it.
"""

import codecs
import csv
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import IO, Any

from detectors.scan.errors import ScanError
from detectors.scan.record import Record
from text.formulas import neutralise

COLUMNS = (
    *("path", "sha256", "face", "box", "roll", "detector", "p_fake", "label", "milliseconds", "error", "notes", "band"),
    *("held_back_by", "enlarged"),
)
GROUP_ROWS = 20_000  # of a Parquet row group: a few MB in memory
Values = dict[str, Any]


def check_format(out: Path) -> None:
    """That a table of this name can be written here; asked before the work. Raises ScanError."""
    if out.suffix not in WRITERS:
        raise ScanError(f"--out must end in {', '.join(WRITERS)}; got {out.name}")
    if out.suffix == ".parquet":
        import_parquet()
    if not out.parent.is_dir():
        raise ScanError(f"the folder of --out, {out.parent}, does not exist")


def import_parquet() -> Any:
    """pyarrow, with its Parquet. Raises ScanError where it is not installed."""
    try:
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise ScanError("Parquet needs pyarrow, which is not installed: pip install -e '.[parquet]'") from error
    return pyarrow


def write_table(out: Path, records: Iterable[Record]) -> None:
    """The table of these records, in their order and the format of its suffix: beside it first, then in its place."""
    part = out.with_name(f".{out.name}.part")
    try:
        with part.open("wb") as file:
            WRITERS[out.suffix](file, (values for record in records for values in table_rows(record)))
            file.flush()
            os.fsync(file.fileno())
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def table_rows(record: Record) -> Iterator[Values]:
    """The rows of one file, by column. Bytes of a path that are no UTF-8 are spelt out, like \\xff."""
    path = show_path(record.path)
    for row in record.rows:
        box = None if row.box is None else list(row.box)
        yield {"path": path, "sha256": record.sha256 or None, **vars(row), "box": box}


def show_path(path: str) -> str:
    """A path as the table has it: as it was given; bytes that are no UTF-8 are spelt out, like \\xff."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def write_parquet(file: IO[bytes], rows: Iterator[Values]) -> None:
    """Parquet, in groups, so that memory stays flat. Raises ScanError where pyarrow is not installed."""
    arrow = import_parquet()
    schema = _schema(arrow)
    with arrow.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        while group := list(islice(rows, GROUP_ROWS)):
            writer.write_table(arrow.Table.from_pylist(group, schema=schema))


def _schema(arrow: Any) -> Any:
    kinds = {
        "face": arrow.int32(),
        "box": arrow.list_(arrow.int32()),
        "roll": arrow.float64(),
        "p_fake": arrow.float64(),
        "milliseconds": arrow.float64(),
        "enlarged": arrow.bool_(),
    }
    return arrow.schema([(name, kinds.get(name, arrow.string())) for name in COLUMNS])


def _write_csv(file: IO[bytes], rows: Iterator[Values]) -> None:
    file.write(codecs.BOM_UTF8)  # without it, Excel reads another encoding
    writer = csv.writer(_Lines(file))
    writer.writerow(COLUMNS)
    for values in rows:
        cells = _flatten(values)
        writer.writerow([neutralise(cells[name]) for name in COLUMNS])


def _flatten(values: Values) -> Values:
    """The row for a format without lists: a box is JSON."""
    return values | {"box": values["box"] and json.dumps(values["box"])}


class _Lines:
    """Where csv writes its lines: the file, as UTF-8, whatever the locale says.

    They come ending in \\r\\n, so that csv quotes cells that hold either; they are written ending in \\n.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, line: str) -> int:
        return self._file.write(line.removesuffix("\r\n").encode() + b"\n")


def _write_jsonl(file: IO[bytes], rows: Iterator[Values]) -> None:
    for values in rows:
        file.write(json.dumps({name: values[name] for name in COLUMNS}, ensure_ascii=False).encode() + b"\n")


TABLE = """
CREATE TABLE verdicts (
    path TEXT NOT NULL, sha256 TEXT, face INTEGER, box TEXT, roll REAL, detector TEXT,
    p_fake REAL, label TEXT, milliseconds REAL, error TEXT, notes TEXT, band TEXT, held_back_by TEXT, enlarged INTEGER
)
"""
ROW = f"INSERT INTO verdicts VALUES ({', '.join(f':{name}' for name in COLUMNS)})"  # noqa: S608  # names of ours
INDEXES = (
    "CREATE INDEX verdicts_of_picture ON verdicts (path)",
    "CREATE INDEX verdicts_of_detector ON verdicts (detector, label)",
)


def _write_sqlite(file: IO[bytes], rows: Iterator[Values]) -> None:
    """One table, `verdicts`, with the other formats' columns."""
    with closing(sqlite3.connect(file.name)) as database:
        database.execute("PRAGMA journal_mode = OFF")  # the file is nobody's until it is whole
        database.execute(TABLE)
        database.executemany(ROW, map(_flatten, rows))
        for index in INDEXES:
            database.execute(index)
        database.commit()


WRITERS: dict[str, Callable[[IO[bytes], Iterator[Values]], None]] = {
    ".csv": _write_csv,
    ".jsonl": _write_jsonl,
    ".parquet": write_parquet,
    ".sqlite": _write_sqlite,
}
