"""A variable of ours that is set to what cannot be meant stops every command, before it does anything."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from facejury import VARIABLES
from tests.command import ROOT, call

BAD = {
    "FACEJURY_BLOCK": (
        "custom_cnn",
        "FACEJURY_BLOCK names custom_cnn, and no plugin has that name; there are custom-cnn",
    ),
    "FACEJURY_DATABASE_URL": ("postgres://a/b", "FACEJURY_DATABASE_URL must be mysql+pymysql://"),
    "FACEJURY_THREADS": ("abc", "FACEJURY_THREADS must be a whole number from 1 to 1024, or not be set; got 'abc'"),
}
COMMANDS = (
    ("serve", "--no-login"),
    ("compare", "nothing.jpg"),
    ("scan", "nothing", "--out", "t.csv"),
    ("detectors", "list"),
    ("models", "speed"),
    ("users", "list"),
    ("feedback", "review"),
)


def test_every_variable_of_ours_is_looked_at() -> None:
    folders = ("detectors", "registry", "storage", "ui", "auth", "models")
    code = [*ROOT.glob("*.py"), *(path for name in folders for path in (ROOT / name).rglob("*.py"))]
    text = "".join(path.read_text("utf-8") for path in code)
    assert {variable.name for variable in VARIABLES} == set(re.findall(r"FACEJURY_[A-Z_]*[A-Z]", text))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_one_sentence_whatever_the_command(
    name: str, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    value, said = BAD[name]
    monkeypatch.setenv(name, value)
    done = call(*command)
    assert done.exit_code == 2 and done.stdout == ""
    assert done.stderr.startswith(said) and done.stderr.count("\n") == 1


@pytest.mark.parametrize("value", ["-3", "0", "2.5", "1e3", "99999", "\u00b2", "0x4"])
def test_what_is_no_number_of_threads_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEJURY_THREADS", value)
    done = call("detectors", "list")
    assert done.exit_code == 2 and f"got {value!r}" in done.stderr


@pytest.mark.parametrize("value", ["", " ", "1", " 2 "])
def test_a_number_of_threads_or_none_is_taken(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEJURY_THREADS", value)
    assert call("detectors", "list").exit_code == 0


def test_a_misspelt_name_is_said_and_the_help_is_always_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEJURY_THREAD", "1")
    done = call("detectors", "list")
    assert done.exit_code == 0
    assert done.stderr == "FACEJURY_THREAD changes nothing; there are " + ", ".join(sorted(BAD)) + ".\n"
    monkeypatch.setenv("FACEJURY_THREADS", "abc")
    assert call("--help").exit_code == 0


@pytest.mark.slow
def test_the_page_by_its_own_file_is_as_strict(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "demo.py", "--no-login"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"FACEJURY_THREADS": "many"},
    )
    assert done.returncode == 2 and done.stderr.startswith("FACEJURY_THREADS must be")
