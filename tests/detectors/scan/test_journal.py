"""What outlives a kill, and who may go on with it."""

import pytest

from detectors.scan.errors import ScanError
from detectors.scan.journal import Journal
from detectors.scan.record import Record, Row, record_error

TEAM = {"a": "weights 1", "jury": "weights none"}
RECORDS = [
    Record("b.jpg", "00", (Row(1, (-3, 0, 9, 9), "a", 0.25, "real", 1.5), Row(1, (-3, 0, 9, 9), "jury", 0.3, "real"))),
    record_error("a\n\udcff.jpg", "The file is empty."),
    Record("c.jpg", "11", (Row(0, error="No face found."),)),
]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "t.journal"
    with Journal(path, TEAM) as journal:
        journal.append(RECORDS[:2])
        journal.append(RECORDS[2:])
    return path


def test_records_come_back_whole_in_the_order_of_their_paths(path):
    with Journal(path, TEAM) as journal:
        assert list(journal) == [RECORDS[1], RECORDS[0], RECORDS[2]]


def test_a_journal_cut_anywhere_keeps_its_whole_records_and_goes_on(path):
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        kept = max(0, whole[:length].count(b"\n") - 1)
        with Journal(path, TEAM) as journal:
            assert len(journal) == kept
            journal.append(RECORDS[kept:])
        assert path.read_bytes() == whole


def test_a_line_spoilt_by_a_power_cut_is_not_there_and_others_are(path):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1] + b"\0" * 40 + b"\n" + lines[3])
    with Journal(path, TEAM) as journal:
        assert list(journal) == [RECORDS[0], RECORDS[2]]


@pytest.mark.parametrize(
    ("team", "says"),
    [
        (TEAM | {"a": "weights 2"}, r"a was \(weights 1\), is \(weights 2\)"),
        (TEAM | {"b": "weights 1"}, "b was not used then"),
        ({"jury": "weights none"}, "a is not used now"),
        (TEAM | {"jury": "weights 3"}, r"jury was \(weights none\), is \(weights 3\)"),
    ],
)
def test_another_team_is_refused_and_the_difference_named(path, team, says):
    before = path.read_bytes()
    with pytest.raises(ScanError, match=says):
        Journal(path, team)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"precious\n", b"precious", b'{"scan": 99, "detectors": {}}\n', b"[]\n"])
def test_a_file_that_is_no_journal_is_left_as_it_is(tmp_path, content):
    path = tmp_path / "t.journal"
    path.write_bytes(content)
    with pytest.raises(ScanError):
        Journal(path, TEAM)
    assert path.read_bytes() == content


def test_two_scans_do_not_write_one_journal(path):
    with Journal(path, TEAM), pytest.raises(ScanError, match="another scan"):
        Journal(path, TEAM)
