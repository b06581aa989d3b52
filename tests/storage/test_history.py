"""The history: what is kept of a comparison, for whom, and how it leaves."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from auth import accounts
from storage import kept
from storage.database import open_database
from storage.export import CSV_COLUMNS, export_csv
from storage.history import (
    MAX_NOTE_CHARACTERS,
    NoteRefused,
    Wanted,
    add_entry,
    as_text,
    delete_entries,
    find_entries,
    keep_picture,
    list_tags,
    open_entry,
    read_picture,
    write_note,
)
from storage.tables import pictures
from tests.auth.server import PASSWORD


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
    assert [numbers.index(entry.id) for entry in find_entries(engine, anna, Wanted(search))] == found
    by_tag = find_entries(engine, anna, Wanted(search, "court"))
    assert [numbers.index(entry.id) for entry in by_tag] == [number for number in found if number != 1]
    assert find_entries(engine, anna, Wanted(tag="cour")) == []


def test_a_note_and_tags_are_kept_plainly_and_only_so_many(engine: Engine, anna: str) -> None:
    number = add_entry(engine, anna, file_name="a.jpg", comparison=comparison())
    write_note(engine, anna, entry_id=number, note=" =1+1 🦊 \n", tags="B  b, a,, A ,b b")
    entry = open_entry(engine, anna, entry_id=number)
    assert entry is not None
    assert (entry.note, entry.tags, list_tags(engine, anna)) == ("=1+1 🦊", ("a", "b b"), ["a", "b b"])
    _, line, *_ = csv.reader(io.StringIO(export_csv(engine, anna, Wanted(tag="b b"))))
    assert line[9:11] == ["'=1+1 🦊", "a, b b"]
    assert len(export_csv(engine, anna, Wanted(tag="b")).splitlines()) == 1
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
    for start in "=+-@\t":
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
    assert len(lines) == 9
    small = comparison(doubt="Face too small.") | {"notes": ["The file is cut off.", "=1+1"]}
    add_entry(engine, anna, file_name="small.jpg", comparison=small)
    _, *lines = csv.reader(io.StringIO(export_csv(engine, anna)))
    assert [line[7] for line in lines[:4]] == ["", "Face too small.", "'=1+1 took too long", "Face too small."]
    assert {line[8] for line in lines[:4]} == {"The file is cut off. =1+1"} and lines[4][8] == ""
    assert not [cell for line in lines for cell in line if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


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


def video() -> dict[str, Any]:
    """A video as detectors.video gives it: one person, of whom one detector of frames and one of clips spoke."""
    scores = {"detector": "efficientnet", "title": "EfficientNet", "p_fake": 0.9, "label": "fake", "reason": ""}
    jury = scores | {"detector": "jury", "label": "inconclusive", "reason": "Too few frames."}
    person = {"person": 1, "verdicts": [scores], "clips": [scores | {"detector": "temporal"}], "jury": jury}
    whole = {"person": 0, "verdicts": [scores | {"detector": "whole"}], "clips": [], "jury": None}
    return {"kind": "video", "sha256": "d" * 64, "start": 0.0, "error": None, "notes": [], "persons": [person]} | {
        "whole_image": whole
    }


def batch(*names: str) -> dict[str, Any]:
    """A batch of pictures of these names, each with another hash."""
    found = [comparison(sha256=f"{place:x}" * 64, name=name) for place, name in enumerate(names, start=1)]
    return {"kind": "batch", "sha256": "e" * 64, "comparisons": found}


def test_batches_and_videos_are_listed_in_a_few_words_and_open_in_full(engine: Engine, anna: str) -> None:
    words = {"label": "fake", "said": "1 of 2 likely fake"}
    photo = add_entry(engine, anna, file_name="a.jpg", comparison=comparison())
    given = {"batch": batch("Beach.jpg", "b.jpg"), "video": video()}
    numbers = {
        kind: add_entry(engine, anna, file_name=f"{kind}.x", comparison=one, outline=words, picture=b"p", thumb=b"t")
        for kind, one in given.items()
    }
    listed = find_entries(engine, anna)
    assert [(one.kind, one.thumb) for one in listed] == [("video", b"t"), ("batch", b"t"), ("photo", None)]
    assert [one.comparison for one in listed] == [{}, {}, comparison()]
    assert [dict(one.outline) for one in listed] == [words, words, {}]
    for kind, number in numbers.items():
        entry = open_entry(engine, anna, entry_id=number)
        assert entry is not None and (entry.comparison, entry.kind) == (given[kind], kind)
    found = {search: [one.id for one in find_entries(engine, anna, Wanted(search))] for search in ("BEACH", "2222")}
    assert found == {"BEACH": [numbers["batch"]], "2222": [numbers["batch"]]}
    assert [one.id for one in find_entries(engine, anna, Wanted(kind="photo"))] == [photo]
    keep_picture(engine, anna, entry_id=numbers["video"], picture=None)
    assert (find_entries(engine, anna)[0].thumb, find_entries(engine, anna)[0].has_picture) == (None, False)
    _, *lines = csv.reader(io.StringIO(export_csv(engine, anna, Wanted(kind="batch"))))
    assert {line[1] for line in lines} == {"Beach.jpg", "b.jpg"} and {line[11] for line in lines} == {"batch"}
    _, *lines = csv.reader(io.StringIO(export_csv(engine, anna, Wanted(kind="video"))))
    assert [line[3:8] for line in lines] == [
        ["", "whole", "0.9", "fake", ""],
        ["1", "efficientnet", "0.9", "fake", ""],
        ["1", "temporal", "0.9", "fake", ""],
        ["1", "jury", "0.9", "inconclusive", "Too few frames."],
    ]
    add_entry(engine, anna, file_name="wall.mp4", comparison=video() | {"persons": [], "whole_image": None})
    assert export_csv(engine, anna, Wanted("wall")).splitlines()[1].count(",") == len(CSV_COLUMNS) - 1


def test_a_report_id_names_the_file_and_what_judged_it_and_is_found_by_the_search(engine: Engine, anna: str) -> None:
    numbers = [
        add_entry(engine, anna, file_name="a", comparison=one, versions=versions)
        for one, versions in (
            (comparison(), {"a": "1", "b": "1"}),
            (comparison(error=""), {"b": "1", "a": "1"}),
            (comparison(), {"a": "2", "b": "1"}),
            (comparison(sha256="b" * 64), {"a": "1", "b": "1"}),
            (video(), {"a": "1"}),
            (video() | {"start": 60.0}, {"a": "1"}),
        )
    ]
    same, *ids = [entry.report_id for entry in reversed(find_entries(engine, anna))]
    assert ids[0] == same and len(set(ids)) == 5 and all(len(one) == 14 for one in ids)
    found = find_entries(engine, anna, Wanted(f" {same.lower()} "))
    assert [entry.id for entry in found] == numbers[1::-1] and found[0].versions == {"a": "1", "b": "1"}
    assert find_entries(engine, anna, Wanted("FJ%")) == []


@pytest.mark.one_database
def test_so_much_is_kept_of_one_user_and_no_more(engine: Engine, anna: str, monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(as_text(comparison()).encode())
    monkeypatch.setattr(kept, "MAX_RESULT_BYTES", 2 * size)
    monkeypatch.setattr(kept, "MAX_ENTRY_BYTES", size)
    with pytest.raises(kept.QuotaReached, match="larger than"):
        add_entry(engine, anna, file_name="a", comparison=comparison(more="x"))
    numbers = [add_entry(engine, anna, file_name="a", comparison=comparison()) for _ in range(2)]
    with pytest.raises(kept.QuotaReached, match="your results have reached"):
        add_entry(engine, anna, file_name="a", comparison=comparison())
    delete_entries(engine, anna, entry_ids=numbers[:1])
    monkeypatch.setattr(kept, "MAX_ENTRIES", 2)
    add_entry(engine, anna, file_name="a", comparison=comparison())
    with pytest.raises(kept.QuotaReached, match="entries, as many as are kept"):
        add_entry(engine, anna, file_name="a", comparison=comparison())
