"""What outlives a kill, and who may go on with it."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from detectors.scan.errors import ScanError
from detectors.scan.journal import Journal
from detectors.scan.record import Record, Row, record_error

ROOT = Path(__file__).parents[3]
TEAM = {"a": "weights 1", "jury": "weights none"}
RECORDS = [
    Record(
        "b.jpg",
        "00",
        (Row(1, (-3, 0, 9, 9), -15.5, "a", 0.25, "real", 1.5), Row(1, (-3, 0, 9, 9), -15.5, "jury", 0.3, "real")),
    ),
    record_error("a\n\udcff.jpg", "The file is empty."),
    Record("c.jpg", "11", (Row(0, error="No face found."),)),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "t.journal"
    with Journal(path, TEAM) as journal:
        journal.append(RECORDS[:2])
        journal.append(RECORDS[2:])
    return path


def test_records_come_back_whole_in_the_order_of_their_paths(path: Path) -> None:
    with Journal(path, TEAM) as journal:
        assert list(journal) == [RECORDS[1], RECORDS[0], RECORDS[2]]


KILLED_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
from detectors.scan.journal import Journal
from detectors.scan.record import record_error
from tests.detectors.scan.test_journal import TEAM

def records():
    for number in range(20_000):
        yield record_error(f"more-{number}", "x" * 200)

journal = Journal(Path(sys.argv[1]), TEAM)
journal._database.execute("PRAGMA cache_size = 10")  # pages: what does not fit goes to the file before the commit
journal._database.set_progress_handler(lambda: Path(sys.argv[1] + "-journal").exists() and
    Path(sys.argv[1]).stat().st_size > 1_000_000 and os.kill(os.getpid(), signal.SIGKILL), 1000)
journal.append(records())
"""


def test_a_journal_whose_process_is_killed_while_it_writes_holds_what_was_whole_and_goes_on(path: Path) -> None:
    command = [sys.executable, "-c", KILLED_WHILE_WRITING, str(path)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    assert path.stat().st_size > 1_000_000  # half of it was in the file
    with Journal(path, TEAM) as journal:
        assert list(journal) == [RECORDS[1], RECORDS[0], RECORDS[2]]
        journal.append([record_error("d.jpg", "The file is empty.")])
        assert len(journal) == 4


def test_a_picture_is_never_in_it_twice(path: Path) -> None:
    with Journal(path, TEAM) as journal:
        with pytest.raises(ScanError):
            journal.append([record_error("d.jpg", "The file is empty."), RECORDS[0]])
        assert len(journal) == 3
        assert "d.jpg" not in journal


@pytest.mark.parametrize("share", [0.3, 0.7, 0.9])
def test_a_journal_that_was_cut_off_is_refused_with_a_sentence(path: Path, share: float) -> None:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(ScanError, match="damaged"), Journal(path, TEAM) as journal:
        list(journal)


def test_another_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "t.journal"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE precious (thing)")
    before = path.read_bytes()
    with pytest.raises(ScanError, match="not the journal of a scan"):
        Journal(path, TEAM)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("team", "says"),
    [
        (TEAM | {"a": "weights 2"}, r"a was \(weights 1\), is \(weights 2\)"),
        (TEAM | {"b": "weights 1"}, "b was not used then"),
        ({"jury": "weights none"}, "a is not used now"),
        (TEAM | {"jury": "weights 3"}, r"jury was \(weights none\), is \(weights 3\)"),
    ],
)
def test_another_team_is_refused_and_the_difference_named(path: Path, team: Any, says: str) -> None:
    before = path.read_bytes()
    with pytest.raises(ScanError, match=says):
        Journal(path, team)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"precious\n", b"precious", b'{"scan": 99, "detectors": {}}\n', b"[]\n"])
def test_a_file_that_is_no_journal_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.journal"
    path.write_bytes(content)
    with pytest.raises(ScanError):
        Journal(path, TEAM)
    assert path.read_bytes() == content


def test_two_scans_do_not_write_one_journal(path: Path) -> None:
    with Journal(path, TEAM), pytest.raises(ScanError, match="another scan"):
        Journal(path, TEAM)
