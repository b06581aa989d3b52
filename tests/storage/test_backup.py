"""The backup of docs/operations.md, by its own commands: what was kept comes back, and nobody gets in by it."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from auth import accounts
from storage.database import open_database
from storage.history import add_entry, read_picture
from storage.shares import open_shared, share_entry
from tests.auth.server import PASSWORD, MariaDB
from tests.command import ROOT
from tests.docs.pages import find_blocks

FOUND = {"schema": 1, "sha256": "a" * 64, "faces": [], "whole_image": []}
LARGEST = 16_600_000  # bytes; MariaDB as installed keeps 16.7 MB
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## Backup and restore")[2].partition("\n## ")[0]
BACKUP, RESTORE = find_blocks(SECTION, "bash")
[END_ALL] = find_blocks(SECTION, "sql")


@pytest.fixture
def usual_packet(mariadb: MariaDB) -> Iterator[None]:
    """The server takes as much at once as before, once the test is over."""
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT @@global.max_allowed_packet")
        before = cursor.fetchone()
        yield
        cursor.execute("SET GLOBAL max_allowed_packet = %s", before)


@pytest.mark.usefixtures("usual_packet")
def test_a_backup_of_mariadb_brings_back_the_largest_picture_that_it_keeps(mariadb: MariaDB, tmp_path: Path) -> None:
    url, picture = mariadb.make_database("facejury"), os.urandom(LARGEST)
    (tmp_path / ".my.cnf").write_text(
        f"[client]\nhost=127.0.0.1\nport={mariadb.port}\nuser=facejury\npassword='a b/c'\n", encoding="utf-8"
    )

    def run(commands: str, *, typed: str = "") -> None:
        subprocess.run(
            ["bash", "-e", "-c", commands],
            input=typed,
            text=True,
            check=True,
            cwd=tmp_path,
            env=os.environ | {"HOME": str(tmp_path)},
        )

    engine = open_database(url)
    accounts.add_user(engine, "Anna", password=PASSWORD, rounds=4)
    number = add_entry(engine, "Anna", file_name="a.png", comparison=FOUND, picture=picture)
    secret = share_entry(engine, "Anna", entry_id=number, days=7, with_picture=True)
    engine.dispose()
    run(BACKUP.splitlines()[0])
    run('mysql -e "DROP DATABASE facejury"')
    mariadb.make_database("facejury")
    run(RESTORE)
    run("mysql facejury", typed=END_ALL)
    engine = open_database(url)
    assert read_picture(engine, "Anna", entry_id=number) == picture
    assert secret and open_shared(engine, secret) is None
    engine.dispose()
