"""What a command cannot write down is a sentence, and where passwords were to be written, no account without one."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from auth import accounts
from storage.database import GONE, DatabaseUnavailable, open_database, writing
from storage.feedback import give_feedback, review_feedback
from tests.auth.server import PASSWORD, picture
from tests.command import FACEJURY, call

pytestmark = pytest.mark.slow


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A database of this test's own, which the command finds."""
    url = f"sqlite:///{tmp_path / 'facejury.db'}"
    monkeypatch.setenv("FACEJURY_DATABASE_URL", url)
    engine = open_database(url)
    yield engine
    engine.dispose()


@pytest.fixture
def table(own: Engine, tmp_path: Path) -> Path:
    """Two users to be, one of whom brings a password."""
    path = tmp_path / "class.csv"
    path.write_text(f"name,password\nAnna,\nBert,{PASSWORD}\n")
    return path


@pytest.mark.parametrize("command", [("export",), ("review", "--pictures")])
def test_a_file_where_a_folder_is_wanted_is_one_sentence(own: Engine, tmp_path: Path, command: tuple[str, ...]) -> None:
    accounts.add_user(own, "Anna", password=PASSWORD, rounds=4)
    given: dict[str, Any] = {"comparison": {"sha256": "a" * 64, "faces": []}, "claim": "real", "file_name": "a.png"}
    number = give_feedback(own, "Anna", **given, detector="jury", face=None, picture=picture(1))
    review_feedback(own, number, accepted=True)
    give_feedback(own, "Anna", **given, detector="another", face=None, picture=picture(1))
    (tmp_path / "taken").write_text("mine")
    answer = call("feedback", *command, tmp_path / "taken")
    assert answer.exit_code == 1
    assert answer.stderr.startswith(f"{tmp_path / 'taken'}") and "cannot be read or written: " in answer.stderr
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_file_where_a_folder_is_wanted_is_told_without_any_feedback_accepted(own: Engine, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_text("mine")
    answer = call("feedback", "export", tmp_path / "photo.jpg")
    assert answer.exit_code == 1 and "photo.jpg cannot be read or written: " in answer.stderr


def test_a_password_that_cannot_be_asked_for_is_wanted_on_standard_input(own: Engine) -> None:
    asked = [*FACEJURY, "users", "add", "anna"]
    done = subprocess.run(  # start_new_session: without the terminal of who runs the tests
        asked, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, start_new_session=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("There is no terminal to ask for the password on: ")
    assert done.stderr.endswith(" with --password-stdin.\n") and done.stderr.count("\n") == 1
    assert accounts.list_users(own) == []


def test_one_user_is_one_user(own: Engine, tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_text(f"name,password\nBert,{PASSWORD}\n")
    assert call("users", "import", tmp_path / "class.csv").stderr.endswith("1 user can sign in.\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
@pytest.mark.parametrize("arguments", [("users", "import", "class.csv"), ("users", "list")])
def test_a_full_disk_behind_the_output_is_one_sentence_and_nobody_is_added(
    own: Engine, table: Path, arguments: tuple[str, ...]
) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*FACEJURY, *arguments], cwd=table.parent, stdout=full, stderr=subprocess.PIPE, timeout=60
        )
    assert done.returncode == 1
    assert done.stderr.decode().strip().endswith("The output cannot be written: No space left on device.")
    assert "Traceback" not in done.stderr.decode() and "ignored" not in done.stderr.decode()
    assert accounts.list_users(own) == []


def fail_to_write(_file: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def be_interrupted(*_: Any, **__: Any) -> str:
    raise KeyboardInterrupt


def lose_database(*_: Any, **__: Any) -> Any:
    raise DatabaseUnavailable(GONE)


@pytest.mark.parametrize(
    ("place", "failing"),
    [
        ("os.fsync", fail_to_write),
        ("auth.passwords.hash_password", be_interrupted),
        ("auth.accounts.writing", lose_database),
    ],
    ids=["full disk", "Ctrl-C", "no database"],
)
def test_an_import_that_fails_adds_nobody_leaves_no_file_and_can_be_tried_again(
    own: Engine, table: Path, monkeypatch: pytest.MonkeyPatch, place: str, failing: Any
) -> None:
    out = table.with_name("passwords.csv")
    monkeypatch.setattr(place, failing)
    refused = call("users", "import", table, "--out", out)
    assert refused.exit_code != 0 and "can sign in" not in refused.stderr
    assert not out.exists() and accounts.list_users(own) == []
    monkeypatch.undo()
    monkeypatch.setenv("FACEJURY_DATABASE_URL", str(own.url))
    assert call("users", "import", table, "--out", out).exit_code == 0
    assert out.read_text().startswith("name,password\nAnna,")


def test_passwords_stay_where_the_database_went_away_at_the_very_end(
    own: Engine, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def commit_unheard(engine: Engine) -> Iterator[Connection]:
        with writing(engine) as connection:
            yield connection
        raise DatabaseUnavailable(GONE)

    monkeypatch.setattr("auth.accounts.writing", commit_unheard)
    out = table.with_name("passwords.csv")
    refused = call("users", "import", table, "--out", out)
    assert refused.exit_code == 1 and GONE in refused.stderr and f"{out} stays" in refused.stderr
    assert [account.name for account in accounts.list_users(own)] == ["Anna", "Bert"]
    assert out.read_text().splitlines()[1].startswith("Anna,")


def test_passwords_that_cannot_be_printed_are_made_for_nobody(own: Engine, table: Path) -> None:
    command = ["sh", "-c", 'exec "$@" >&-', "sh", *FACEJURY, "users", "import", str(table)]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    said = "The made passwords cannot be printed, as the output is closed: name a file with --out.\n"
    assert (refused.returncode, refused.stderr) == (1, said)
    assert accounts.list_users(own) == []
