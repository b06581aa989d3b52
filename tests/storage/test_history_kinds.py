"""The history's other kinds, batches and videos; report IDs; and how much is kept of one user."""

import csv
import io
from typing import Any

import pytest
from sqlalchemy import Engine

from auth import accounts
from storage import kept
from storage.export import CSV_COLUMNS, export_csv
from storage.history import (
    HistoryQuery,
    add_entry,
    as_text,
    delete_entries,
    find_entries,
    keep_picture,
    open_entry,
    write_note,
)
from tests.auth.server import PASSWORD
from tests.storage.test_history import comparison


@pytest.fixture
def anna(engine: Engine, name: str) -> str:
    return accounts.add_user(engine, name, password=PASSWORD, rounds=4).name


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
    found = {
        search: [one.id for one in find_entries(engine, anna, HistoryQuery(search))] for search in ("BEACH", "2222")
    }
    assert found == {"BEACH": [numbers["batch"]], "2222": [numbers["batch"]]}
    assert [one.id for one in find_entries(engine, anna, HistoryQuery(kind="photo"))] == [photo]
    keep_picture(engine, anna, entry_id=numbers["video"], picture=None)
    assert (find_entries(engine, anna)[0].thumb, find_entries(engine, anna)[0].has_picture) == (None, False)
    _, *lines = csv.reader(io.StringIO(export_csv(engine, anna, HistoryQuery(kind="batch"))))
    assert {line[1] for line in lines} == {"Beach.jpg", "b.jpg"} and {line[11] for line in lines} == {"batch"}
    _, *lines = csv.reader(io.StringIO(export_csv(engine, anna, HistoryQuery(kind="video"))))
    assert [line[3:8] for line in lines] == [
        ["", "whole", "0.9", "fake", ""],
        ["1", "efficientnet", "0.9", "fake", ""],
        ["1", "temporal", "0.9", "fake", ""],
        ["1", "jury", "0.9", "inconclusive", "Too few frames."],
    ]
    add_entry(engine, anna, file_name="wall.mp4", comparison=video() | {"persons": [], "whole_image": None})
    assert export_csv(engine, anna, HistoryQuery("wall")).splitlines()[1].count(",") == len(CSV_COLUMNS) - 1


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
    found = find_entries(engine, anna, HistoryQuery(f" {same.lower()} "))
    assert [entry.id for entry in found] == numbers[1::-1] and found[0].versions == {"a": "1", "b": "1"}
    assert find_entries(engine, anna, HistoryQuery("FJ%")) == []


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


@pytest.mark.parametrize("unkept", ["\0", "\ud800"])
def test_what_no_database_keeps_is_replaced_and_hides_nothing_behind_it(engine: Engine, anna: str, unkept: str) -> None:
    """A note with it is no error, and neither is a search for it."""
    name, batch = f"a{unkept}b.jpg", comparison() | {"comparisons": [{"name": f"c{unkept}d.jpg", "sha256": "b" * 64}]}
    number = add_entry(engine, anna, file_name=name, comparison=batch | {"path": name})
    write_note(engine, anna, entry_id=number, note=f"before {unkept} behind", tags=f"x{unkept}y")
    entry = open_entry(engine, anna, entry_id=number)
    assert entry is not None and (entry.note, entry.tags) == ("before \ufffd behind", ("x\ufffdy",))
    assert entry.file_name == "a\ufffdb.jpg"
    searches = ("behind", "b.jpg", "d.jpg", "y", f"{unkept} behind", f"a{unkept}b", f"c{unkept}d")
    for wanted in (*map(HistoryQuery, searches), HistoryQuery(tag=f"x{unkept}y")):
        assert [one.id for one in find_entries(engine, anna, wanted)] == [number], wanted
    assert find_entries(engine, anna, HistoryQuery(kind=unkept, verdict=unkept)) == []
