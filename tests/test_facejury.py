"""`facejury`: one command over all others, from any folder, answered without loading what it does not need."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from auth.accounts import add_user
from detectors.scan import on_ray
from facejury import NOT_HERE, SUB_COMMANDS, load, refuse_empty
from storage.database import open_database
from tests.command import FACEJURY, call

ROOT = Path(__file__).parents[1]
HEAVY = {"cv2", "gradio", "keras", "numpy", "onnxruntime", "sqlalchemy", "tensorflow"}
COMMANDS = {
    "detectors": {"list", "new", "check", "install", "upgrade", "remove"},
    "models": {
        "train",
        "average",
        "export",
        "landmarks",
        "temporal",
        "voice",
        "evaluate",
        "fit-jury",
        "import-onnx",
        "turns",
        "videos",
    }
    | {"leaderboard", "left-out", "speed"}
    | {"report", "card", "publish", "publish-space"},
    "users": {"add", "import", "set-password", "unlock", "operator", "list", "remove"},
    "feedback": {"review", "export"},
}


def facejury(*arguments: str, at: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"COLUMNS": "120", "NO_COLOR": "1", "TERM": "dumb", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "facejury", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=at, env=environment, timeout=120)


def read_help(*arguments: str) -> tuple[str, set[str]]:
    """What the command prints with --help, and what of HEAVY it has loaded by then."""
    code = f"import sys, facejury\ntry: facejury.main()\nexcept SystemExit: print(*{HEAVY} & set(sys.modules))"
    command = [sys.executable, "-c", code, *arguments, "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    *said, loaded = done.stdout.splitlines()
    return "\n".join(said), set(loaded.split())


def test_the_help_names_every_command_and_loads_nothing_heavy() -> None:
    said, loaded = read_help()
    assert all(re.search(rf"\b{name} ", said) for name in SUB_COMMANDS)
    assert loaded == set()


def test_the_help_of_serve_loads_neither_the_page_nor_a_network() -> None:
    said, loaded = read_help("serve")
    assert "--no-login" in said
    assert loaded <= {"numpy"}


def test_what_a_command_imported_is_never_looked_through_for_garbage() -> None:
    code = "import gc, facejury; facejury.load('compare'); print(gc.get_freeze_count() > 50_000, gc.isenabled())"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert said.split() == ["True", "True"]


@pytest.mark.parametrize("arguments", [["compare", "photo.jpg"], ["compare", "--help"], ["detectors", "list"]])
def test_networks_are_opened_ahead_of_the_rest_only_where_a_picture_is_compared(arguments: list[str]) -> None:
    code = (
        "import sys, facejury, detectors.commands.ahead as ahead\n"
        "later = {'cv2', 'PIL', 'pydantic', 'rich'}\n"
        "ahead.open_ahead = lambda: print('opened before', *sorted(later - set(sys.modules)))\n"
        "facejury.app = lambda **_: None\n"
        "facejury.main()"
    )
    command = [sys.executable, "-c", code, *arguments]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert said.strip() == ("opened before PIL cv2 pydantic rich" if arguments == ["compare", "photo.jpg"] else "")


@pytest.mark.parametrize("name", sorted(SUB_COMMANDS.keys() - {"serve"}))
def test_the_sentence_in_the_help_is_the_command_s_own(name: str) -> None:
    assert (load(name).help or "").partition("\n")[0] == SUB_COMMANDS[name].help


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_group_has_its_commands(name: str) -> None:
    assert set(load(name).commands) == COMMANDS[name]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_no_sentence_of_a_group_s_help_is_cut_short_on_a_narrow_terminal(name: str) -> None:
    command, group = load(name), import_module(SUB_COMMANDS[name].module).app
    said = CliRunner().invoke(group, ["--help"], terminal_width=78).stdout  # what is written on one of 80
    assert set(re.findall(r"^  ([a-z-]+)  ", said, flags=re.MULTILINE)) >= set(command.commands)
    assert "..." not in said.partition("Commands:")[2]


def test_a_command_works_from_another_folder(tmp_path: Path) -> None:
    done = facejury("detectors", "list", "--json", at=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {found["key"] for found in json.loads(done.stdout)["detectors"]} >= {"custom-cnn", "efficientnet"}


def test_an_unknown_command_is_told_the_nearest_one() -> None:
    done = facejury("comapre")
    assert done.returncode == 2
    assert "'compare'" in done.stderr


@pytest.mark.parametrize("arguments", [("models", "--help"), ("models", "train")])
def test_a_command_that_an_image_leaves_out_is_one_sentence_and_not_in_the_help(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """As the Dockerfile's image has it: of models/ only the weights, here none."""
    for part in ("auth", "detectors", "registry", "storage", "text", "ui", "demo.py"):
        (tmp_path / part).symlink_to(ROOT / part)
    (tmp_path / "models" / "weights").mkdir(parents=True)
    shutil.copy(ROOT / "facejury.py", tmp_path)
    entry = [sys.executable, "facejury.py"]
    done = subprocess.run([*entry, *arguments], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{NOT_HERE.format(name='models')}\n")
    said = subprocess.run([*entry, "--help"], capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    assert set(re.findall(r"^  ([a-z]+)  ", said, re.MULTILINE)) == SUB_COMMANDS.keys() - {"models"}


def test_the_version_is_that_of_the_project(tmp_path: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert facejury("--version", at=tmp_path).stdout == f"facejury {project['version']}\n"


def test_a_mistake_in_a_models_command_is_one_sentence(tmp_path: Path) -> None:
    done = facejury("models", "card", "nobody", at=tmp_path)
    assert done.returncode == 2
    assert "nobody" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (("detectors", "install", ""), "after install"),
        (("detectors", "new", "edges", "--to", ""), "after --to"),
        (("detectors", "new", "edges", "--to="), "of --to"),
        (("compare", "photo.jpg", "--add", ""), "after --add"),
        (("compare", "", "photo.jpg"), "after compare"),
        (("scan", "", "--out", "table.csv"), "after scan"),
        (("feedback", "export", "", ""), "after export"),
        (("models", "evaluate", "--data", ""), "after --data"),
    ],
)
def test_an_empty_argument_never_stands_for_the_working_folder(
    arguments: tuple[str, ...], place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = call(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"The argument {place} is empty: is a variable of the shell not set?\n"
    assert not list(tmp_path.iterdir())


def test_what_is_empty_unless_told_may_be_given_so() -> None:
    refuse_empty(["serve", "--root-path", "", "--root-path="])
    refuse_empty(["models", "import-onnx", "--license", "", "a=b", "--", "c="])


@pytest.mark.parametrize(
    ("package", "names"),
    [
        ("auth", {"add-user", "set-password", "unlock", "list-users", "remove-user", "feedback"}),
        ("detectors", {"compare", "scan", "check", "new"}),
        ("models", COMMANDS["models"]),
    ],
)
def test_the_older_names_still_work(package: str, names: set[str]) -> None:
    app = import_module(f"{package}.__main__").app
    command: Any = typer.main.get_command(app)
    assert set(command.commands) == names


def test_the_processes_of_a_local_ray_find_our_packages_from_any_folder() -> None:
    asked: dict[str, Any] = {}
    context = SimpleNamespace(get_current=SimpleNamespace)
    ray = SimpleNamespace(init=lambda **options: asked.update(options), data=SimpleNamespace(DataContext=context))
    on_ray._connect(ray, "local", 1)
    assert asked["runtime_env"]["env_vars"]["PYTHONPATH"].split(os.pathsep)[0] == str(ROOT)


@pytest.mark.slow
def test_the_installed_command_works_anywhere_and_brings_no_package_of_ours(tmp_path: Path) -> None:
    """The Makefile's own line, in an environment that borrows this one's packages."""
    line = re.search(r"^COMMAND := \$\(BIN\)/pip (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert line and {"--no-index", "--no-deps", "--no-build-isolation"} <= set(line[1].split())
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}

    def run(*command: str, at: Path = tmp_path) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=at, env=environment)

    assert run(sys.executable, "-m", "venv", "--without-pip", "env").returncode == 0
    python = str(tmp_path / "env" / "bin" / "python")
    own = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip())
    (own / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    installed = run(python, "-m", "pip", *line[1].split(), at=ROOT)
    assert installed.returncode == 0, installed.stderr

    command = str(tmp_path / "env" / "bin" / "facejury")
    assert run(command, "--help").stdout.startswith("Usage: facejury ")
    assert "efficientnet" in run(command, "detectors", "list").stdout
    assert "No module named 'auth'" in run(python, "-c", "import facejury, auth").stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("detectors", "list"), ("compare", "gone.png", "--only", "blend"), ("audio", "gone.wav", "--json")],
)
def test_a_full_disk_behind_the_output_is_one_sentence_whatever_the_command(arguments: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([*FACEJURY, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "The output cannot be written: No space left on device.\n")


def test_a_file_that_cannot_be_written_is_named_and_any_other_fault_keeps_its_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    faults = iter([PermissionError(13, "Permission denied", "build"), ConnectionResetError(104, "reset")])

    def fail(*_: Any, **__: Any) -> None:
        raise next(faults)

    monkeypatch.setattr("models.publishing.hub.find_folder", fail)
    done = call("models", "card", "blend")
    assert (done.exit_code, done.stderr) == (1, "build cannot be read or written: Permission denied.\n")
    with pytest.raises(ConnectionResetError):
        call("models", "card", "blend")


def test_ctrl_c_while_networks_are_opened_ahead_ends_the_command_without_a_word() -> None:
    code = (
        "import sys, facejury, detectors.commands.ahead as ahead\n"
        "def interrupt(): raise KeyboardInterrupt\n"
        "ahead.open_ahead = interrupt\n"
        "sys.argv = ['facejury', 'compare', 'photo.jpg']\n"
        "facejury.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize(
    ("closed", "arguments", "status", "said"),
    [
        ("<&-", ("users", "add", "anna", "--password-stdin"), 1, "No password came on standard input"),
        ("<&-", ("users", "remove", "bert"), 1, "Aborted!"),
        ("<&-", ("mcp", "--only", "blend"), 0, ""),
        (">&-", ("mcp", "--only", "blend"), 1, "Standard output is closed"),
    ],
)
def test_a_stream_that_is_closed_from_the_start_is_told_of_in_a_sentence(
    closed: str, arguments: tuple[str, ...], *, status: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEJURY_DATABASE_URL", f"sqlite:///{tmp_path / 'own.db'}")
    add_user(engine := open_database(), "bert", password="correct horse battery", rounds=4)
    engine.dispose()
    command = ["sh", "-c", f'exec "$@" {closed}', "sh", *FACEJURY, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, "Traceback" in done.stderr) == (status, False)
    assert said in done.stderr
