"""The README and the pages beside it are held to the code: commands, options, variables, the tree, names, links."""

import ast
import os
import re
import shlex
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

from detectors.conformance.scaffold import write_plugin
from tests.syntax import parse

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)
PYTHON = re.compile(r"^(\.venv/bin/)?python$")


def shell_lines() -> list[str]:
    """Every line of the README's shell blocks, without its comment."""
    shown = [block for language, block in BLOCKS if language in {"bash", "console", "sh"}]
    return [line.removeprefix("$ ") for block in shown for line in block.splitlines() if line.strip()]


def python_commands() -> list[tuple[str, ...]]:
    """Each command of ours as words: a package or file, then its arguments."""
    found = []
    for line in shell_lines():
        words = shlex.split(line, comments=True)
        if words[:2] == ["make", "demo"]:
            given = next((word.removeprefix("ARGS=") for word in words if word.startswith("ARGS=")), "")
            found.append(("demo.py", *shlex.split(given)))
        elif words and PYTHON.match(words[0]):
            found.append(tuple(words[2:] if words[1] == "-m" else words[1:]))
    return found


@cache
def help_of(*command: str) -> str:
    """What a command says of itself."""
    start = [command[0]] if command[0].endswith(".py") else ["-m", command[0]]
    environment = os.environ | {"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}
    arguments = [sys.executable, *start, *command[1:], "--help"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
    assert done.returncode == 0, f"{' '.join(command)} --help: {done.stderr}"
    return done.stdout


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", *patterns], capture_output=True, text=True, check=True, cwd=ROOT)
    return [Path(line) for line in listed.stdout.splitlines()]


def test_the_readme_shows_commands_of_every_package_that_has_some() -> None:
    shown = {command[0] for command in python_commands()}
    assert shown >= {path.parent.name for path in tracked("*/__main__.py") if len(path.parts) == 2} | {"demo.py"}


@pytest.mark.parametrize("command", sorted(set(python_commands())), ids=" ".join)
def test_a_command_in_the_readme_is_one_that_the_code_has(command: tuple[str, ...]) -> None:
    program, *arguments = command
    if (ROOT / program / "__main__.py").is_file() and arguments and f" {arguments[0]} " in help_of(program):
        said = help_of(program, arguments[0])
    else:
        said = help_of(program)
        assert all(word.startswith("-") for word in arguments[:1]), f"{program} has no command {arguments[0]}"
    for option in [word.partition("=")[0] for word in arguments if word.startswith("--")]:
        assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", said), f"{' '.join(command)}: no {option}"


def test_the_new_detector_in_the_readme_is_added_from_where_it_was_written(tmp_path: Path) -> None:
    name = next(command[2] for command in python_commands() if command[:2] == ("detectors", "new"))
    added = [command[-1] for command in python_commands() if "--add" in command and command[-1].endswith(".py")]
    write_plugin(name, tmp_path)
    assert added and all((tmp_path / path).is_file() for path in added)


def test_make_targets_in_the_readme_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = {words[1] for line in shell_lines() if (words := line.split())[:1] == ["make"]}
    assert "demo" in named
    assert named <= targets


def test_environment_variables_are_those_of_the_code() -> None:
    code = [path for path in tracked("*.py") if path.parts[0] != "tests"]
    used = {name for path in code for name in re.findall(r"FACEJURY_[A-Z_]+", (ROOT / path).read_text())}
    assert set(re.findall(r"FACEJURY_[A-Z_]+", README)) == used


def test_the_tree_names_every_folder_at_the_top() -> None:
    folders = {path.parts[0] for path in tracked() if len(path.parts) > 1 and not path.parts[0].startswith(".")}
    tree = next(block for language, block in BLOCKS if not language and "demo.py" in block)
    named = {line.split()[0].rstrip("/") for line in tree.splitlines() if "/ " in line and line[0] != " "}
    assert named == folders


def test_the_tree_names_every_folder_of_detectors() -> None:
    tree = next(block for language, block in BLOCKS if not language and "demo.py" in block)
    named = {line.split()[0].rstrip("/") for line in tree.splitlines() if line.startswith("  ")}
    assert named == {path.parts[1] for path in tracked("detectors/*/*.py")}


def test_the_system_packages_are_those_of_packages_txt() -> None:
    for package in (ROOT / "packages.txt").read_text().split():
        assert package in README


def test_extras_in_the_readme_exist() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for named in re.findall(r"'\.\[([a-z,]+)\]'", README):
        assert set(named.split(",")) <= set(extras)


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", "docs/README.md", "docs/architecture.md", "docs/json.md"]
)
def test_links_and_pictures_are_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert targets
    assert [target for target in targets if not ((ROOT / page).parent / target).exists()] == []


def test_the_index_names_every_page_of_the_documentation() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages == set(re.findall(r"^\| \[([\w-]+\.md)\]", index, flags=re.MULTILINE))


def test_every_function_that_the_architecture_page_names_exists() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", page)
    kinds = ast.FunctionDef | ast.ClassDef
    assert len(named) > 30
    assert [
        f"{file}::{name}"
        for file, name in named
        if name not in {node.name for node in parse(ROOT / file).body if isinstance(node, kinds)}
    ] == []
