"""How a database's address is read: what managed MySQL servers hand out works, the rest is refused in a sentence."""

import sqlite3
import ssl
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from storage.address import split_tls
from storage.database import open_database

MYSQL = "mysql://user:word@127.0.0.1:1/facejury"


@pytest.mark.parametrize("name", ["ssl-mode", "ssl_mode", "sslmode"])
@pytest.mark.parametrize(
    ("mode", "checked", "named"),
    [
        ("REQUIRED", ssl.CERT_NONE, False),
        ("verify_ca", ssl.CERT_REQUIRED, False),
        ("VERIFY_IDENTITY", ssl.CERT_REQUIRED, True),
    ],
)
def test_the_modes_of_mysqls_clients_are_kept(name: str, mode: str, checked: ssl.VerifyMode, named: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        given: dict[str, ssl.SSLContext] = {}
        patch.setattr("pymysql.connect", lambda **options: _stop(given, options))
        with pytest.raises(ConnectionAbortedError):
            open_database(f"{MYSQL}?{name}={mode}")
    assert (given["ssl"].verify_mode, given["ssl"].check_hostname) == (checked, named)
    assert not {"ssl-mode", "ssl_mode", "sslmode"} & set(given)


def _stop(given: dict[str, ssl.SSLContext], options: dict[str, Any]) -> None:
    """No server is asked: what it would be asked with is kept."""
    given |= options
    raise ConnectionAbortedError


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("ssl-mode=SOMETIMES", "ssl-mode must be one of DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY"),
        ("ssl_ca=/nowhere/ca.pem", "ssl_ca names /nowhere/ca.pem, and there is no such file"),
        ("ssl-mode=VERIFY_CA&ssl_ca=/nowhere/ca.pem", "ssl_ca names /nowhere/ca.pem"),
        ("ssl-mode=VERIFY_CA&ssl-ca=/nowhere/ca.pem", "ssl_ca names /nowhere/ca.pem"),
        ("ssl-mode=REQUIRED&ssl_ca=", "ssl_ca is empty; give it a value"),
        ("ssl=true", "write ssl-mode=REQUIRED"),
        ("colour=blue", "has an option that cannot be used: .*colour"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(query: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        open_database(f"{MYSQL}?{query}")


def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_bytes(b"nothing that SQLite wrote" * 99)
    with pytest.raises(ValueError, match=r"notes\.db is no SQLite database"):
        open_database(f"sqlite:///{path}")
    assert path.read_bytes() == b"nothing that SQLite wrote" * 99


@pytest.mark.parametrize("made", ["users (id INT)", "notes (id INT)", "alembic_version (version_num TEXT); %s"])
def test_the_tables_of_another_program_are_refused_and_left_alone(tmp_path: Path, made: str) -> None:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"CREATE TABLE {made.replace('%s', 'CREATE TABLE notes (id INT)')}")
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"shop\.db holds the tables of something else"):
        open_database(f"sqlite:///{path}")
    assert path.read_bytes() == before


@pytest.mark.parametrize("noted", ["ae1027a6acf1", "0001", "0011", "0012", "", "9999"])
def test_another_program_that_has_users_and_alembic_too_is_refused_and_left_alone(tmp_path: Path, noted: str) -> None:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE posts (id INTEGER PRIMARY KEY);"
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);"
        )
        with connection:
            connection.executemany("INSERT INTO alembic_version VALUES (?)", [[noted]] if noted else [])
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"shop\.db holds the tables of something else"):
        open_database(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_a_server_without_tls_is_asked_without_it() -> None:
    assert split_tls(make_url(f"{MYSQL}?ssl-mode=disabled"))[1] == {"ssl_disabled": True}
    assert split_tls(make_url(f"{MYSQL}?ssl-mode=preferred"))[1] == {}


def test_the_certificate_of_a_client_goes_along_with_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[tuple[str, str | None]] = []
    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", lambda _self, file, key=None: loaded.append((file, key)))
    url, given = split_tls(make_url(f"{MYSQL}?ssl-mode=REQUIRED&ssl_cert=/mine.pem&ssl_key=/mine.key"))
    assert loaded == [("/mine.pem", "/mine.key")]
    assert (dict(url.query), list(given)) == ({}, ["ssl"])
    split_tls(make_url(f"{MYSQL}?ssl-mode=REQUIRED"))
    assert len(loaded) == 1
