"""The formats hold the same rows; a spreadsheet runs none of them."""

import csv
import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from detectors.scan.batch import as_csv
from detectors.scan.errors import ScanError
from detectors.scan.record import Record, Row, record_error
from detectors.scan.table import COLUMNS, WRITERS, check_format, write_table
from tests.command import call

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "a;=1;b", "a\t-1", 'x, "y";@A1']
RECORDS = [
    Record(
        "a.jpg",
        "00",
        (
            Row(1, (-3, 0, 9, 9), -15.5, "a", 0.1, "real", 1.5, enlarged=True),
            Row(1, (-3, 0, 9, 9), -15.5, "jury", 0.3, "real"),
        ),
    ),
    Record(
        'b,\n".jpg', "11", (Row(0, error="No face found."), Row(None, None, None, "b", None, "failed", 2.0, "-oops"))
    ),
    record_error("\udcff é.jpg", "The file is empty."),
    Record("s.wav", "22", (Row(detector="voice", p_fake=0.9, notes="Cut.", band="some"),)),
]


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_json_lines_hold_every_column_in_order(tmp_path: Path) -> None:
    out = tmp_path / "t.jsonl"
    write_table(out, RECORDS)
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert all(tuple(row) == COLUMNS for row in rows)
    assert rows[0]["box"] == [-3, 0, 9, 9]
    assert rows[4] | {"path": "\\xff é.jpg", "sha256": None, "p_fake": None, "error": "The file is empty."} == rows[4]


def test_csv_holds_the_same_rows_as_json_lines(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", RECORDS)
    write_table(tmp_path / "t.jsonl", RECORDS)
    lines = (tmp_path / "t.jsonl").read_text(encoding="utf-8").splitlines()
    for cells, line in zip(read_csv(tmp_path / "t.csv"), lines, strict=True):
        values = json.loads(line)
        assert cells["box"] == ("" if values["box"] is None else json.dumps(values["box"]))
        for name in ("path", "sha256", "face", "roll", "detector", "p_fake", "label", "milliseconds", "band"):
            assert cells[name] == ("" if values[name] is None else str(values[name]))
        assert cells["error"].removeprefix("'") == (values["error"] or "")


def test_parquet_holds_the_same_rows_as_json_lines(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    write_table(tmp_path / "t.parquet", RECORDS)
    write_table(tmp_path / "t.jsonl", RECORDS)
    lines = (tmp_path / "t.jsonl").read_text(encoding="utf-8").splitlines()
    assert parquet.read_table(tmp_path / "t.parquet").to_pylist() == [json.loads(line) for line in lines]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_spreadsheet_runs_a_path_or_an_error_and_it_can_be_undone(tmp_path: Path, text: str) -> None:
    write_table(tmp_path / "t.csv", [record_error(text, text)])
    (row,) = read_csv(tmp_path / "t.csv")
    assert row["path"] == row["error"] != text
    assert re.sub(r"(^|[;\t\r\n])'", r"\1", row["path"]) == text
    for separator in ",;\t":
        with (tmp_path / "t.csv").open(newline="", encoding="utf-8-sig") as file:
            seen = [cell for line in csv.reader(file, delimiter=separator) for cell in line]
        assert not [cell for cell in seen if cell.startswith(("=", "+", "-", "@"))]


def test_a_table_that_fails_midway_leaves_the_old_one(tmp_path: Path) -> None:
    out = tmp_path / "t.csv"
    write_table(out, RECORDS)
    before = out.read_bytes()

    def broken() -> Any:
        yield RECORDS[0]
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        write_table(out, broken())
    assert out.read_bytes() == before
    assert list(tmp_path.iterdir()) == [out]


def test_sqlite_holds_the_same_rows_as_json_lines(tmp_path: Path) -> None:
    write_table(tmp_path / "t.sqlite", RECORDS)
    write_table(tmp_path / "t.jsonl", RECORDS)
    with closing(sqlite3.connect(tmp_path / "t.sqlite")) as database:
        database.row_factory = sqlite3.Row
        rows = [dict(row) for row in database.execute("SELECT * FROM verdicts ORDER BY rowid")]
    lines = (tmp_path / "t.jsonl").read_text(encoding="utf-8").splitlines()
    assert [row | {"box": row["box"] and json.loads(row["box"])} for row in rows] == [
        json.loads(line) for line in lines
    ]


def test_without_pyarrow_parquet_is_refused_before_the_work(tmp_path: Path) -> None:
    code = "import sys; sys.modules['pyarrow'] = None; sys.argv[0] = 'x'; from detectors.__main__ import app; app()"
    out = tmp_path / "t.parquet"
    done = subprocess.run(
        [sys.executable, "-c", code, "scan", __file__, "--out", str(out)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "Parquet needs pyarrow" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_table_needs_its_folder_and_a_known_format(tmp_path: Path) -> None:
    with pytest.raises(ScanError, match=r"\.csv, \.jsonl, \.parquet, \.sqlite"):
        check_format(tmp_path / "t.xlsx")
    with pytest.raises(ScanError, match="does not exist"):
        check_format(tmp_path / "nowhere" / "t.csv")


def test_a_csv_says_its_encoding_so_that_excel_shows_every_name(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", RECORDS)
    assert (tmp_path / "t.csv").read_bytes().startswith(b"\xef\xbb\xbfpath,")
    assert as_csv([]).startswith("\ufeffpath,")


@pytest.mark.parametrize("suffix", [".csv", ".sqlite"])
def test_a_table_that_finds_no_room_is_named_and_what_was_judged_is_kept(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = {".csv": OSError(28, "No space left on device"), ".sqlite": sqlite3.OperationalError("disk is full")}

    def fail(*_: Any) -> None:
        raise faults[suffix]

    monkeypatch.setitem(WRITERS, suffix, fail)
    (tmp_path / "a.jpg").write_bytes(b"")
    asked = ("scan", tmp_path / "a.jpg", "--only", "blend", "--workers", "1", "--out", tmp_path / f"t{suffix}")
    done = call(*asked)
    assert done.exit_code == 2 and f"t{suffix} cannot be written: " in done.stderr
    assert "is kept in the journal; the same command writes the table from there." in done.stderr
    monkeypatch.undo()
    assert "1 was already done" in call(*asked).stderr
    (tmp_path / f"t{suffix}.journal").unlink()
    assert f"t{suffix} already exists, and no journal of a scan beside it" in call(*asked).stderr
    assert (tmp_path / f"t{suffix}").is_file()
