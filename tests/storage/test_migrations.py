"""An older Facejury's tables are brought up to date: what is in them stays, and a start that was killed goes on."""

from collections.abc import Callable
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect, text

from auth import accounts
from storage.address import read_address
from storage.database import MIGRATIONS, _engine, _find_due, migrate, open_database, writing
from storage.feedback import give_feedback, list_feedback
from storage.history import HistoryQuery, add_entry, as_text, find_entries, open_entry, write_note
from storage.tables import metadata
from storage.verdict import VERDICTS
from tests.auth.server import PASSWORD

NOT_WRITTEN = "UPDATE comparisons SET search_text = NULL"


def test_a_start_killed_half_way_is_finished_by_the_next(new_url: Callable[[], str]) -> None:
    url = new_url()
    engine = open_database(url)
    with writing(engine) as connection:
        for table in ("feedback", "shares", "comparisons"):
            connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(text("DELETE FROM alembic_version"))
    migrate(engine)
    assert set(inspect(engine).get_table_names()) >= set(metadata.tables)
    engine.dispose()


def test_what_is_in_a_history_already_is_a_photo_with_a_report_id(new_url: Callable[[], str]) -> None:
    engine = open_database(new_url())
    accounts.add_user(engine, "Anna", password=PASSWORD, rounds=4)
    number = add_entry(engine, "Anna", file_name="a", comparison=photo([]) | {"path": "Zoë 🦊.jpg"})
    with writing(engine) as connection:
        for column in ("kind", "size", "outline", "members", "thumb", "versions", "report_id", "verdict"):
            connection.execute(text(f"ALTER TABLE comparisons DROP COLUMN {column}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0006'"))
    migrate(engine)
    entry = open_entry(engine, "Anna", entry_id=number)
    assert entry is not None and (entry.kind, entry.versions, len(entry.report_id)) == ("photo", {}, 14)
    with writing(engine) as connection:
        size = connection.execute(text("SELECT size FROM comparisons")).scalar()
        assert size == len(as_text(entry.comparison).encode())
        connection.execute(text("UPDATE alembic_version SET version_num = '0006'"))
    migrate(engine)  # a second time changes nothing, as where the first was killed at its end
    assert open_entry(engine, "Anna", entry_id=number) == entry
    engine.dispose()


def test_the_verdicts_in_a_history_already_can_be_filtered_by(new_url: Callable[[], str]) -> None:
    engine = open_database(new_url())
    accounts.add_user(engine, "Anna", password=PASSWORD, rounds=4)
    face = {"jury": {"label": "real"}}
    faces: dict[str, list[dict[str, Any]]] = {
        "real": [face],
        "fake": [face, {"jury": {"label": "fake"}}],
        "none": [{"jury": None}],
    }
    faces |= {"inconclusive": [face | {"doubt": "small"}, face]}
    numbers = {word: add_entry(engine, "Anna", file_name="a", comparison=photo(said)) for word, said in faces.items()}
    words = {"label": "fake", "said": ""}
    numbers["batch"] = add_entry(engine, "Anna", file_name="b", comparison=photo([]) | {"kind": "batch"}, outline=words)

    def look() -> dict[str, list[int]]:
        return {word: [one.id for one in find_entries(engine, "Anna", HistoryQuery(verdict=word))] for word in VERDICTS}

    expected = {word: [numbers[word]] for word in VERDICTS} | {"fake": [numbers["batch"], numbers["fake"]]}
    assert look() == expected
    with writing(engine) as connection:
        connection.execute(text("ALTER TABLE comparisons DROP COLUMN verdict"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0008'"))
    migrate(engine)
    assert look() == expected
    engine.dispose()


@pytest.mark.parametrize("lost", ["ALTER TABLE comparisons DROP COLUMN search_text", NOT_WRITTEN])
def test_what_is_in_a_history_already_is_found_in_any_spelling(new_url: Callable[[], str], lost: str) -> None:
    """From before there was a text to search, or from a server that was not brought up to date yet."""
    engine = open_database(new_url())
    accounts.add_user(engine, "Anna", password=PASSWORD, rounds=4)
    numbers = [add_entry(engine, "Anna", file_name=name, comparison=photo([])) for name in ("MÜLLER.jpg", "b.jpg")]
    write_note(engine, "Anna", entry_id=numbers[1], note="Cafe\u0301", tags="résumé")
    with writing(engine) as connection:
        connection.execute(text(lost))
        if engine.dialect.name != "sqlite":
            connection.execute(text("ALTER TABLE comparisons MODIFY tags VARCHAR(255) NOT NULL DEFAULT ''"))
        if lost != NOT_WRITTEN:
            connection.execute(text("UPDATE alembic_version SET version_num = '0009'"))
    migrate(engine)
    found = {
        search: [entry.id for entry in find_entries(engine, "Anna", HistoryQuery(search))]
        for search in ("müller", "CAFÉ", "RÉSUMÉ", "resume")
    }
    assert found == {"müller": numbers[:1], "CAFÉ": numbers[1:], "RÉSUMÉ": numbers[1:], "resume": []}
    tags = {one["name"]: one for one in inspect(engine).get_columns("comparisons")}["tags"]
    if lost != NOT_WRITTEN and engine.dialect.name != "sqlite":
        assert "utf8mb4_bin" in repr(tags["type"]) and (tags["nullable"], tags["default"]) == (False, "''")
    engine.dispose()


def test_feedback_that_is_there_already_stays_and_a_longer_key_of_a_detector_fits(new_url: Callable[[], str]) -> None:
    engine = open_database(new_url())
    accounts.add_user(engine, "Anna", password=PASSWORD, rounds=4)
    keys = ["whole", f"hub:{'u' * 42}/{'n' * 53}@0123abcd"]

    def give(key: str) -> None:
        given: dict[str, Any] = {"comparison": photo([]), "claim": "real", "detector": key, "face": None}
        give_feedback(engine, "Anna", **given, file_name="a.jpg", picture=b"picture")

    give(keys[0])
    with writing(engine) as connection:
        if engine.dialect.name != "sqlite":
            connection.execute(text("ALTER TABLE feedback MODIFY detector VARCHAR(64) NOT NULL"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0010'"))
    migrate(engine)
    give(keys[1])
    assert [(one.detector, one.has_picture) for one in list_feedback(engine, accepted=None)] == [
        (k, True) for k in keys
    ]
    engine.dispose()


def photo(faces: list[dict[str, Any]]) -> dict[str, Any]:
    return {"sha256": "a" * 64, "faces": faces}


@pytest.mark.one_database
@pytest.mark.parametrize("revision", [path.name[:4] for path in sorted((MIGRATIONS / "versions").glob("*.py"))])
def test_the_tables_of_every_older_facejury_are_taken_for_its_own(new_url: Callable[[], str], revision: str) -> None:
    engine = _engine(read_address(new_url()))
    with writing(engine) as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        command.upgrade(config, revision)
        there = set(inspect(connection).get_table_names()) & set(metadata.tables)
        assert _find_due(connection) == there, "what a table is said to be made by makes it"
    migrate(engine)
    assert set(inspect(engine).get_table_names()) >= set(metadata.tables)
    engine.dispose()


def test_an_older_facejury_leaves_a_newer_database_alone_and_says_so(new_url: Callable[[], str]) -> None:
    url = new_url()
    engine = open_database(url)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ValueError, match="brought up to date by a newer Facejury"):
        open_database(url)
    engine.dispose()
