"""The operator's commands, as they are typed."""

import csv
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from sqlalchemy import Engine, update
from typer.testing import Result

from auth import accounts
from auth.lockout import SignInPlace
from storage.database import open_database, writing
from storage.feedback import give_feedback
from storage.tables import users
from storage.users import name_key
from tests.auth.server import PASSWORD, Site, picture, wait_for
from tests.command import FACEJURY, ROOT, call
from tests.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.one_database]
Command = Callable[..., Result]


@pytest.fixture
def run(url: str, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs the command on the tests' database."""
    monkeypatch.setenv("FACEJURY_DATABASE_URL", url)
    return call


def test_the_operator_adds_a_user_who_can_sign_in(run: Command, site: Site, name: str) -> None:
    assert run("users", "add", name, "--password-stdin", typed=f"{PASSWORD}\n").stdout == f"{name} can sign in.\n"
    assert site.browser().sign_in(name).status_code == 303
    assert name in run("users", "list").stdout
    assert run("users", "operator", name).stdout == f"{name} can open the operator's page.\n"
    assert f"{name}  operator\n" in run("users", "list").stdout
    assert run("users", "operator", name, "--off").stdout == f"{name} cannot open the operator's page.\n"
    assert f"{name}  operator\n" not in run("users", "list").stdout


def test_a_name_from_before_it_had_to_be_visible_still_signs_in_and_is_spelt_out_in_the_list(
    run: Command, site: Site, engine: Engine, name: str
) -> None:
    account, unseen = accounts.add_user(engine, name, password=PASSWORD, rounds=4), f"{name}\u3164"
    with writing(engine) as connection:
        older = update(users).where(users.c.id == account.id).values(name=unseen, name_key=name_key(unseen))
        connection.execute(older)
    assert site.browser().sign_in(unseen).status_code == 303
    assert f"{name}\\u3164\n" in run("users", "list").stdout
    assert run("users", "unlock", unseen).stdout == f"{name}\\u3164 is not locked.\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_a_class_is_added_from_a_table_and_each_without_a_password_gets_one(
    run: Command, site: Site, name: str, tmp_path: Path, encoding: str
) -> None:
    table = tmp_path / "class.csv"
    table.write_text(f"\ufeffName;Form;password\n{name} A;7b;\n=HYPERLINK();7b;{PASSWORD}\n\n{name} Ü;7b;\n", encoding)
    out = tmp_path / "passwords.csv"
    answer = run("users", "import", str(table), "--out", str(out))
    assert answer.exit_code == 0, answer.stderr
    assert (
        answer.stdout == "" and f"3 users can sign in; the passwords made for 2 of them are in {out}" in answer.stderr
    )
    made = list(csv.DictReader(out.open(encoding="utf-8", newline="")))
    assert [one["name"] for one in made] == [f"{name} A", f"{name} Ü"]
    assert out.stat().st_mode & 0o077 == 0
    assert site.browser().sign_in(f"{name} Ü", password=made[1]["password"]).status_code == 303
    assert site.browser().sign_in("=HYPERLINK()").status_code == 303
    assert run("users", "remove", "=HYPERLINK()", "--yes").exit_code == 0


def test_a_class_with_a_wrong_line_is_added_to_the_last_one_or_not_at_all(
    run: Command, name: str, tmp_path: Path
) -> None:
    table = tmp_path / "class.csv"
    run("users", "add", name, "--password-stdin", typed=f"{PASSWORD}\n")
    table.write_text(f"name,password\n{name} B,\n{name.upper()},\n{name} b,\n{name} C,Password1\n,{PASSWORD}\n")
    answer = run("users", "import", str(table))
    assert (answer.exit_code, answer.stdout) == (1, "")
    said = answer.stderr.strip().splitlines()
    assert [line.partition(":")[0] for line in said[:-1]] == ["line 3", "line 4", "line 5", "line 6"]
    assert "is a user already" in said[0] and "stands in line 2 already" in said[1] and "guessed" in said[2]
    assert said[-1] == "Nobody was added."
    assert f"{name} B" not in run("users", "list").stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"who\nAnna\n", "no column name"),
        (b"name\n", "no line under its heading"),
        ("name\nRené\n".encode("latin-1"), "not in UTF-8; save it"),
        (b"name\n" + b"x" * 1_000_001, "more than 1 MB"),
        (b"", "no column name"),
        (b'name,password\n"Anna,x\nBert,y\n', "line 2: a cell's quotation marks do not match"),
        (b"name,Name\nAnna,Bert\n", "column name more than once"),
    ],
)
def test_what_is_no_list_of_users_is_one_sentence(run: Command, tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "class.csv").write_bytes(content)
    answer = run("users", "import", str(tmp_path / "class.csv"))
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert said in answer.stderr and len(answer.stderr.strip().splitlines()) == 1


def test_passwords_are_written_over_no_other_file(run: Command, name: str, tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_text(f"name\n{name} D\n")
    answer = run("users", "import", str(tmp_path / "class.csv"), "--out", str(tmp_path / "class.csv"))
    assert answer.exit_code == 1 and "File exists" in answer.stderr
    assert f"{name} D" not in run("users", "list").stdout
    answer = run("users", "import", str(tmp_path / "nowhere.csv"))
    assert answer.exit_code == 1 and "cannot be read: No such file" in answer.stderr


@pytest.mark.parametrize(("mark", "end"), [("", ""), ("", "\n"), ("\ufeff", "\r\n")])
def test_a_password_on_standard_input_is_its_line_without_mark_and_end(
    run: Command, site: Site, name: str, mark: str, end: str
) -> None:
    command = [*FACEJURY, "users", "add", name, "--password-stdin"]
    subprocess.run(command, input=f"{mark}{PASSWORD}{end}".encode(), check=True, timeout=60)
    assert site.browser().sign_in(name).status_code == 303


def test_a_password_that_no_browser_will_send_makes_no_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEJURY_DATABASE_URL", f"sqlite:///{tmp_path / 'new.db'}")
    answer = call("users", "add", "anna", "--password-stdin", typed="caf\u00e9 horse battery\n".encode("latin-1"))
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "not in UTF-8" in answer.stderr
    assert call("users", "list").stdout == "No accounts yet.\n"


def test_where_nobody_has_an_account_the_list_says_so(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEJURY_DATABASE_URL", f"sqlite:///{tmp_path / 'new.db'}")
    assert run("users", "list").stdout == "No accounts yet.\n"


def test_the_operator_is_told_what_the_driver_said_of_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEJURY_DATABASE_URL", f"mysql+pymysql://anna:secret@127.0.0.1:{free_port()}/facejury")
    answer = call("users", "list")
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "cannot be reached" in answer.stderr and "(code 2003: " in answer.stderr
    assert "Traceback" not in answer.stderr and "secret" not in answer.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["users", "add", "x\u200b"],
        ["users", "add", "y"],
        ["users", "set-password", "nobody here"],
        ["users", "unlock", "nobody here"],
    ],
)
def test_a_mistake_is_one_plain_sentence(run: Command, arguments: list[str]) -> None:
    stdin = ["--password-stdin"] if "unlock" not in arguments else []
    answer = run(*arguments, *stdin, typed="short\n")
    assert answer.exit_code == 1
    assert "Traceback" not in answer.stderr
    assert answer.stdout == ""
    assert len(answer.stderr.strip().splitlines()) == 1


def test_a_new_password_ends_the_lock_and_the_sessions(
    url: str, monkeypatch: pytest.MonkeyPatch, site: Site, name: str
) -> None:
    monkeypatch.setenv("FACEJURY_DATABASE_URL", url)
    browser = site.member(name)
    program = site.browser(headers={"authorization": f"Bearer {browser.make_token()}"})
    for _ in range(5):
        site.browser().sign_in(name, password="wrong password")
    command = [*FACEJURY, "users", "set-password", name.upper(), "--password-stdin"]  # a process without our memory
    answer = subprocess.run(command, input="the new password\r\n", capture_output=True, text=True, timeout=60)
    assert "all their sessions and API tokens have ended" in answer.stdout, answer.stderr

    def are_out() -> None:
        assert not browser.is_in() and not program.is_in()

    wait_for(are_out, seconds=5)  # servers ask the database that often
    assert site.browser().sign_in(name, password="the new password").status_code == 303


def test_the_operator_unlocks(run: Command, site: Site, engine: Engine, name: str) -> None:
    site.member(name)
    with writing(engine) as connection:
        connection.execute(update(users).where(users.c.name == name).values(locked_until=2**40))
    assert f"{name}  locked" in run("users", "list").stdout
    run("users", "unlock", name)
    assert site.browser().sign_in(name).status_code == 303


def test_who_is_locked_out_at_one_address_is_listed_as_locked(run: Command, site: Site, name: str) -> None:
    site.member(name)
    for tries in range(6):
        assert (f"{name}  locked" in run("users", "list").stdout) == (tries > 4)
        site.browser().sign_in(name, password="wrong password")
    assert site.browser().sign_in(name).status_code == 400
    run("users", "unlock", name)
    assert f"{name}  locked" not in run("users", "list").stdout
    assert site.browser().sign_in(name).status_code == 303


def test_a_user_is_removed_after_a_yes(run: Command, engine: Engine, name: str) -> None:
    accounts.add_user(engine, name, password=PASSWORD, rounds=4)
    assert run("users", "remove", name, typed="n\n").exit_code == 1
    assert accounts.find_user(engine, name) is not None
    assert run("users", "remove", name, typed="y\n").exit_code == 0
    assert accounts.find_user(engine, name) is None


def test_reviewed_feedback_becomes_a_folder_for_training(
    new_url: Callable[[], str], tmp_path: Path, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = new_url()
    monkeypatch.setenv("FACEJURY_DATABASE_URL", url)
    engine = open_database(url)
    anna, bert = (accounts.add_user(engine, name, password=PASSWORD, rounds=4).name for name in ("Anna", "Bert"))
    faces, small_one_left = [{"box": [0, 0, 8, 8]}], [{"box": [30, 0, 60, 30]}, {"box": [0, 8, 8, 16]}]
    wanted: list[tuple[Literal["real", "fake"], int, list[dict[str, list[int]]], bool]] = [
        ("real", 1, faces, True),
        ("fake", 2, faces, True),
        ("fake", 3, faces, False),  # no consent to the picture
        ("real", 4, small_one_left, True),
        ("real", 5, faces, True),
        ("fake", 5, faces, True),  # and so both, by two users
        ("fake", 6, faces, True),  # to be refused
    ]
    for claim, number, found, with_picture in wanted:
        comparison = {"schema": 1, "sha256": f"{number:064}", "faces": found}
        more = {"picture": picture(number)} if with_picture else {}
        user = bert if (claim, number) == ("fake", 5) else anna
        give_feedback(
            engine, user, comparison=comparison, claim=claim, detector="jury", face=0, file_name="a.png", **more
        )
    listed = run("users", "list").stdout
    assert "Anna  5 kept pictures, 0.0 MB  6 reports" in listed
    assert "Bert  1 kept picture, 0.0 MB  1 report" in listed
    engine.dispose()
    review = run("feedback", "review", "--pictures", str(tmp_path / "look"), typed="l\n" + "a\n" * 5 + "r\n")
    assert "jury on face 1 was wrong, it is real" in review.stdout
    assert "jury on face 2 was wrong, it is real" in review.stdout, "as the page numbers them: from the left"
    assert "No picture came with it" in review.stdout
    assert "Picture: " in run("feedback", "review", "--pictures", str(tmp_path / "look"), typed="a\n").stdout, (
        "the one left"
    )
    assert "No new feedback" in run("feedback", "review").stdout
    export = run("feedback", "export", str(tmp_path / "set")).stdout
    assert export.startswith("1 real and 1 fake")
    assert "1 without a picture, 1 with several faces, 2 called both" in export
    (real,), (fake,) = ((tmp_path / "set" / claim).iterdir() for claim in ("real", "fake"))
    assert real.read_bytes() == picture(1)
    assert fake.read_bytes() == picture(2)
    assert real.suffix == ".png"


def test_feedback_is_real_or_fake(engine: Engine, name: str) -> None:
    with pytest.raises(ValueError, match="'maybe'"):
        give_feedback(engine, name, comparison={}, claim="maybe", detector="jury", face=None, file_name="")  # type: ignore[arg-type]


def test_neither_gradio_nor_keras_is_imported() -> None:
    heavy = {"gradio", "keras", "tensorflow", "alembic"}
    code = f"import sys, auth.__main__, ui.server.front; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_a_user_is_removed_without_a_question_where_that_is_asked_for(run: Command, engine: Engine, name: str) -> None:
    accounts.add_user(engine, name, password=PASSWORD, rounds=4)
    done = run("users", "remove", name, "--yes")
    assert (done.exit_code, done.stdout) == (0, f"{name} is removed.\n")
    assert accounts.find_user(engine, name) is None


def test_a_password_is_asked_for_twice_where_none_comes_by_standard_input(
    run: Command, engine: Engine, name: str
) -> None:
    assert run("users", "add", name, typed=f"{PASSWORD}\nanother one\n").exit_code == 1
    assert accounts.find_user(engine, name) is None
    done = run("users", "add", name, typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert done.exit_code == 0 and PASSWORD not in done.stdout
    assert accounts.sign_in(engine, name, password=PASSWORD, place=SignInPlace("here"), rounds=4) is not None


def test_the_older_names_of_the_commands_still_work(
    run: Command, engine: Engine, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    accounts.add_user(engine, name, password=PASSWORD, rounds=4)
    monkeypatch.setattr(sys, "argv", ["auth", "list-users"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "auth" / "__main__.py"), run_name="__main__")
    assert not ended.value.code and name in capsys.readouterr().out
