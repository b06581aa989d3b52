"""The history: what is kept of a comparison, for whom, and how it leaves."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from auth import accounts
from storage.database import open_database
from storage.export import CSV_COLUMNS, export_csv
from storage.history import (
    MAX_NOTE_CHARACTERS,
    HistoryQuery,
    NoSuchEntry,
    NoteRefused,
    add_entry,
    delete_entries,
    find_entries,
    keep_picture,
    list_tags,
    open_entry,
    read_entries,
    read_picture,
    write_note,
)
from storage.tables import pictures
from tests.auth.server import PASSWORD


def judge_two_faces() -> dict[str, Any]:
    """Two faces as they are stored, the largest first: a fake one on the right, a small real one on its left."""
    verdict, _ = comparison()["faces"][0]["verdicts"]
    fake, real = {"p_fake": 0.97, "label": "fake"}, {"p_fake": 0.06, "label": "real"}
    right = {"box": [300, 20, 500, 280], "verdicts": [verdict | fake], "jury": fake}
    return comparison(faces=[right, {"box": [20, 90, 120, 210], "verdicts": [verdict], "jury": real}], whole_image=[])


def comparison(*, sha256: str = "a" * 64, doubt: str = "", **more: Any) -> dict[str, Any]:
    """A comparison as detectors.jury.compare gives it."""
    verdict = {
        "detector": "efficientnet",
        "title": "EfficientNet-Lite0",
        "p_fake": 0.08,
        "label": "real",
        "error": None,
    }
    failed = {"detector": "mine", "title": "Mine 🦊", "p_fake": None, "label": "failed", "error": "=1+1 took too long"}
    face = {"box": [1, 2, 3, 4], "verdicts": [verdict, failed], "jury": {"p_fake": 0.06, "label": "real"}}
    whole = [{"detector": "whole", "p_fake": 0.9, "label": "fake", "error": None}]
    if doubt:
        face["doubt"] = doubt
    return {"schema": 1, "path": "a.jpg", "sha256": sha256, "error": None, "whole_image": whole, "faces": [face]} | more


@pytest.fixture
def anna(engine: Engine, name: str) -> str:
    return accounts.add_user(engine, name, password=PASSWORD, rounds=4).name


@pytest.fixture
def bert(engine: Engine, name: str) -> str:
    return accounts.add_user(engine, f"Bert, not {name}", password=PASSWORD, rounds=4).name


def test_a_comparison_comes_back_as_it_went_in_on_another_server_too(engine: Engine, url: str, anna: str) -> None:
    given = comparison(note="é 🦊 \u2028 'quotes' \"and\" \\", numbers=[0.1 + 0.2, 1e-300, -1, None, True])
    picture = bytes(range(256)) * 20_000  # five megabytes
    number = add_entry(engine, anna, file_name="Fußball 🦊.jpg", comparison=given, picture=picture)
    other = open_database(url)
    entry = open_entry(other, anna, entry_id=number)
    assert entry is not None
    assert entry.comparison == given
    assert entry.file_name == "Fußball 🦊.jpg"
    assert entry.has_picture
    assert abs((datetime.now(UTC) - entry.time).total_seconds()) < 60
    assert read_picture(other, anna, entry_id=number) == picture
    other.dispose()


def test_a_comparison_of_four_hundred_faces_fits(engine: Engine, anna: str) -> None:
    given = comparison(faces=comparison()["faces"] * 400)  # more than the 64 KiB of MySQL's TEXT
    number = add_entry(engine, anna, file_name="crowd.jpg", comparison=given)
    assert len(str(given)) > 65_536
    entry = open_entry(engine, anna, entry_id=number)
    assert entry is not None
    assert entry.comparison == given


def test_no_picture_is_kept_unless_given(engine: Engine, anna: str) -> None:
    number = add_entry(engine, anna, file_name="a.jpg", comparison=comparison())
    entry = open_entry(engine, anna, entry_id=number)
    assert entry is not None
    assert not entry.has_picture
    assert read_picture(engine, anna, entry_id=number) is None


def test_a_picture_can_be_kept_later_and_forgotten(engine: Engine, anna: str, bert: str) -> None:
    number = add_entry(engine, anna, file_name="a.jpg", comparison=comparison())
    with pytest.raises(NoSuchEntry, match=r"^There is no such entry in your history\.$"):
        keep_picture(engine, bert, entry_id=number, picture=b"his")
    assert read_picture(engine, anna, entry_id=number) is None
    for data in (b"first", b"second", None):
        keep_picture(engine, anna, entry_id=number, picture=data)
        assert read_picture(engine, anna, entry_id=number) == data
    with engine.connect() as connection:
        left = select(func.count()).select_from(pictures).where(pictures.c.data.in_([b"his", b"first", b"second"]))
        assert connection.scalar(left) == 0


def test_nobody_reaches_anothers_entry(engine: Engine, anna: str, bert: str) -> None:
    number = add_entry(engine, anna, file_name="a.jpg", comparison=comparison(), picture=b"hers")
    assert open_entry(engine, bert, entry_id=number) is None
    assert read_picture(engine, bert, entry_id=number) is None
    assert find_entries(engine, bert) == []
    assert "a.jpg" not in export_csv(engine, bert)
    write_note(engine, anna, entry_id=number, note="hers", tags="hers")
    write_note(engine, bert, entry_id=number, note="his", tags="his")
    assert (list_tags(engine, anna), list_tags(engine, bert)) == (["hers"], [])
    assert delete_entries(engine, bert, entry_ids=[number]) == 0
    assert read_picture(engine, anna, entry_id=number) == b"hers"


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", [2, 1, 0]),
        ("beach", [1]),
        ("BEACH", [1]),
        ("%", [2]),
        ("_", []),
        ("bbbb", [1]),
        ("B" * 64, [1]),
        ("' OR 1=1", []),
        ("\\", []),
        ("Source", [0]),
        ("urT", [2, 0]),
        (",", []),
    ],
)
def test_search_finds_by_name_hash_note_and_tag(engine: Engine, anna: str, search: str, found: list[int]) -> None:
    files = [("town.jpg", "a" * 64), ("Beach.jpg", "b" * 64), ("100%.jpg", "c" * 64)]
    numbers = [add_entry(engine, anna, file_name=name, comparison=comparison(sha256=sha)) for name, sha in files]
    write_note(engine, anna, entry_id=numbers[0], note="the source is unknown", tags="Court, Press")
    write_note(engine, anna, entry_id=numbers[2], note="", tags="court")
    assert [numbers.index(entry.id) for entry in find_entries(engine, anna, HistoryQuery(search))] == found
    by_tag = find_entries(engine, anna, HistoryQuery(search, "court"))
    assert [numbers.index(entry.id) for entry in by_tag] == [number for number in found if number != 1]
    assert find_entries(engine, anna, HistoryQuery(tag="cour")) == []


COMPOSED, APART = "caf\u00e9", "cafe\u0301"  # as most systems write it, and as macOS names a file


@pytest.mark.parametrize(
    "search", ["müller", "MU\u0308LLER", "Müller.JPG", COMPOSED, APART.upper(), "straße", "\uff22onn"]
)
def test_search_finds_a_text_however_its_letters_are_written(engine: Engine, anna: str, search: str) -> None:
    given = "MÜLLER.jpg", f"{APART} STRASSE Bonn.png"
    name, other = given if "m" in search.casefold() else reversed(given)
    members = [comparison(name=name)]
    batch = {"kind": "batch", "sha256": "e" * 64, "comparisons": members}
    numbers = [
        add_entry(engine, anna, file_name=name, comparison=comparison()),
        add_entry(engine, anna, file_name="a.jpg", comparison=comparison()),
        add_entry(engine, anna, file_name="b.jpg", comparison=comparison()),
        add_entry(engine, anna, file_name="c.zip", comparison=batch, outline={"label": "", "said": ""}),
    ]
    add_entry(engine, anna, file_name=other, comparison=comparison())
    write_note(engine, anna, entry_id=numbers[1], note=f"Seen\nin {name}", tags="")
    write_note(engine, anna, entry_id=numbers[2], note="", tags=name)
    assert [entry.id for entry in find_entries(engine, anna, HistoryQuery(search))] == numbers[::-1]
    assert {line[1] for line in csv.reader(io.StringIO(export_csv(engine, anna, HistoryQuery(search))))} == (
        {"file", name, "a.jpg", "b.jpg"}
    )
    write_note(engine, anna, entry_id=numbers[1], note="", tags="")
    assert numbers[1] not in [entry.id for entry in find_entries(engine, anna, HistoryQuery(search))]


def test_tags_that_differ_in_an_accent_or_an_emoji_are_two(engine: Engine, anna: str) -> None:
    tags = ["resume", "résumé", "🐶", "🦊"]
    numbers = {}
    for tag in tags:
        numbers[tag] = add_entry(engine, anna, file_name="a.jpg", comparison=comparison())
        write_note(engine, anna, entry_id=numbers[tag], note="", tags=tag.upper())
    assert list_tags(engine, anna) == tags
    for wanted in (lambda tag: HistoryQuery(tag=tag), HistoryQuery):
        assert {tag: [entry.id for entry in find_entries(engine, anna, wanted(tag))] for tag in tags} == {
            tag: [number] for tag, number in numbers.items()
        }
    assert find_entries(engine, anna, HistoryQuery(tag="RESUME")) == []
    write_note(engine, anna, entry_id=numbers["résumé"], note="", tags=f"{APART}, {COMPOSED}")
    assert list_tags(engine, anna) == sorted(["resume", COMPOSED, "🐶", "🦊"])


def test_a_note_and_tags_are_kept_plainly_and_only_so_many(engine: Engine, anna: str) -> None:
    number = add_entry(engine, anna, file_name="a.jpg", comparison=comparison())
    write_note(engine, anna, entry_id=number, note=" =1+1 🦊 \n", tags="B  b, a,, A ,b b")
    entry = open_entry(engine, anna, entry_id=number)
    assert entry is not None
    assert (entry.note, entry.tags, list_tags(engine, anna)) == ("=1+1 🦊", ("a", "b b"), ["a", "b b"])
    _, line, *_ = csv.reader(io.StringIO(export_csv(engine, anna, HistoryQuery(tag="b b"))))
    assert line[9:11] == ["'=1+1 🦊", "a, b b"]
    assert len(export_csv(engine, anna, HistoryQuery(tag="b")).splitlines()) == 1
    for note, tags in (("n" * (MAX_NOTE_CHARACTERS + 1), ""), ("", "t" * 25), ("", ",".join("abcdefghijk"))):
        with pytest.raises(NoteRefused, match="may have"):
            write_note(engine, anna, entry_id=number, note=note, tags=tags)
    write_note(engine, anna, entry_id=number, note="🦊" * MAX_NOTE_CHARACTERS, tags="")
    entry = open_entry(engine, anna, entry_id=number)
    assert entry is not None and (len(entry.note), entry.tags) == (MAX_NOTE_CHARACTERS, ())


def test_the_list_goes_back_page_by_page(engine: Engine, anna: str) -> None:
    numbers = [add_entry(engine, anna, file_name=f"{n}.jpg", comparison=comparison()) for n in range(5)]
    first = find_entries(engine, anna, limit=2)
    second = find_entries(engine, anna, limit=2, before=first[-1].id)
    assert [entry.id for entry in first + second] == numbers[:0:-1]


def test_the_csv_has_a_line_a_verdict_and_no_formula(engine: Engine, anna: str) -> None:
    for start in (*"=+-@\t", "holiday;="):
        add_entry(engine, anna, file_name=f"{start}cmd|' /C calc'!A0", comparison=comparison(faces=[], whole_image=[]))
    add_entry(engine, anna, file_name='Müller, "x".jpg', comparison=comparison())
    header, *lines = csv.reader(io.StringIO(export_csv(engine, anna)))
    assert tuple(header) == CSV_COLUMNS
    assert [line[3:7] for line in lines[:4]] == [
        ["", "whole", "0.9", "fake"],
        ["1", "efficientnet", "0.08", "real"],
        ["1", "mine", "", "failed"],
        ["1", "jury", "0.06", "real"],
    ]
    assert lines[0][1] == 'Müller, "x".jpg'
    assert len(lines) == 10
    small = comparison(doubt="Face too small.") | {"notes": ["The file is cut off.", "=1+1"]}
    add_entry(engine, anna, file_name="small.jpg", comparison=small)
    for separator in ";\t":
        split = csv.reader(io.StringIO(export_csv(engine, anna)), delimiter=separator)
        assert not [cell for line in split for cell in line if cell.startswith(("=", "+", "-", "@"))]
    _, *lines = csv.reader(io.StringIO(export_csv(engine, anna)))
    assert [line[7] for line in lines[:4]] == ["", "Face too small.", "'=1+1 took too long", "Face too small."]
    assert {line[8] for line in lines[:4]} == {"The file is cut off. =1+1"} and lines[4][8] == ""
    assert not [cell for line in lines for cell in line if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.one_database
def test_the_csv_calls_a_face_by_the_number_that_the_page_gave_it(engine: Engine, anna: str) -> None:
    add_entry(engine, anna, file_name="two.jpg", comparison=judge_two_faces())
    _, *lines = csv.reader(io.StringIO(export_csv(engine, anna)))
    told = [(line[CSV_COLUMNS.index("face")], line[CSV_COLUMNS.index("label")]) for line in lines]
    assert told == [("1", "real"), ("1", "real"), ("2", "fake"), ("2", "fake")]


def test_others_write_while_a_history_is_exported_and_what_is_deleted_meanwhile_is_left_out(
    engine: Engine, anna: str, bert: str
) -> None:
    oldest, _, _ = (add_entry(engine, anna, file_name=f"{n}.jpg", comparison=comparison()) for n in range(3))
    entries = read_entries(engine, anna)
    assert next(entries).file_name == "2.jpg"
    add_entry(engine, bert, file_name="b.jpg", comparison=comparison())
    delete_entries(engine, anna, entry_ids=[oldest])
    assert [entry.file_name for entry in entries] == ["1.jpg"]


def test_deleting_takes_the_picture_along(engine: Engine, anna: str) -> None:
    numbers = [add_entry(engine, anna, file_name="a.jpg", comparison=comparison(), picture=b"gone?") for _ in range(3)]
    assert delete_entries(engine, anna, entry_ids=[]) == 0
    assert delete_entries(engine, anna, entry_ids=numbers[:1]) == 1
    assert [entry.id for entry in find_entries(engine, anna)] == numbers[:0:-1]
    assert delete_entries(engine, anna) == 2
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).where(pictures.c.data == b"gone?")) == 0


def test_a_removed_user_has_no_history(engine: Engine, anna: str) -> None:
    account = accounts.find_user(engine, anna)
    assert account is not None
    accounts.remove_user(engine, account.id)
    with pytest.raises(LookupError, match="no longer exists"):
        add_entry(engine, anna, file_name="a.jpg", comparison=comparison())


@pytest.mark.one_database
def test_a_face_without_a_jurys_verdict_has_no_such_line_in_the_file(engine: Engine, anna: str) -> None:
    faces = [{"box": [1, 2, 3, 4], "verdicts": comparison()["faces"][0]["verdicts"], "jury": None}]
    add_entry(engine, anna, file_name="a.jpg", comparison=comparison(faces=faces, whole_image=[]))
    _, *lines = csv.reader(io.StringIO(export_csv(engine, anna)))
    place = CSV_COLUMNS.index("detector")
    assert [line[place] for line in lines] == ["efficientnet", "mine"]
