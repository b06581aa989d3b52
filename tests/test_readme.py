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
PAGES = ["README.md", "CONTRIBUTING.md", "SECURITY.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
SHELL = re.compile(r"^```(?:bash|console|sh)\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)
START = {"facejury": ["-m", "facejury"], "demo.py": ["demo.py"]}


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def shell_lines(*pages: str) -> list[str]:
    """Every line of the pages' shell blocks."""
    return [line for page in pages for block in SHELL.findall(read(page)) for line in block.splitlines()]


def commands(*pages: str) -> list[tuple[str, ...]]:
    """Each command of ours as words, without its comment: what is started, then its arguments."""
    found = []
    for line in shell_lines(*pages):
        words = shlex.split(line, comments=True)
        if words[:2] == ["make", "demo"]:
            given = next((word.removeprefix("ARGS=") for word in words if word.startswith("ARGS=")), "")
            found.append(("demo.py", *shlex.split(given)))
        elif words[:1] == ["facejury"]:
            found.append(tuple(words))
    return found


@cache
def help_of(*command: str) -> str:
    """What a command says of itself."""
    environment = os.environ | {"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}
    arguments = [sys.executable, *START[command[0]], *command[1:], "--help"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
    assert done.returncode == 0, f"{' '.join(command)} --help: {done.stderr}"
    return done.stdout


def below(*command: str) -> list[str]:
    """The names of a command's own commands."""
    return re.findall(r"^  ([a-z][\w-]*) {2}", help_of(*command).partition("Commands:\n")[2], flags=re.MULTILINE)


def split(command: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The longest part of a command that names one of ours, and its arguments."""
    names = command[:1]
    while len(names) < len(command) and command[len(names)] in below(*names):
        names = command[: len(names) + 1]
    return names, command[len(names) :]


def leaves(*command: str) -> set[tuple[str, ...]]:
    """Every command below this one that has none below itself."""
    names = below(*command)
    return set().union(*(leaves(*command, name) for name in names)) if names else {command}


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", *patterns], capture_output=True, text=True, check=True, cwd=ROOT)
    return [Path(line) for line in listed.stdout.splitlines()]


@pytest.mark.slow
def test_every_command_is_shown_on_some_page() -> None:
    ours = leaves("facejury")
    assert len(ours) > 15
    assert ours - {split(command)[0] for command in commands(*PAGES)} == set()


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)])
def test_every_command_on_a_page_is_one_that_the_code_has(page: str) -> None:
    for command in commands(page):
        names, arguments = split(command)
        said = help_of(*names)
        assert not below(*names) or arguments[:1] == ("--help",), f"{' '.join(command)}: no such command"
        for option in [word.partition("=")[0] for word in arguments if word.startswith("--")]:
            assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", said), f"{' '.join(command)}: no {option}"


def test_the_new_detector_in_the_readme_is_added_from_where_it_was_written(tmp_path: Path) -> None:
    shown = commands("README.md")
    name = next(command[3] for command in shown if command[:3] == ("facejury", "detectors", "new"))
    added = [command[-1] for command in shown if "--add" in command and command[-1].endswith(".py")]
    write_plugin(name, tmp_path)
    assert len(added) > 1 and all((tmp_path / path).is_file() for path in added)


def test_make_targets_on_the_pages_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), flags=re.MULTILINE))
    named = {words[1] for line in shell_lines(*PAGES) if (words := line.split())[:1] == ["make"]}
    assert {"demo", "test"} <= named <= targets


def test_environment_variables_are_those_of_the_code() -> None:
    code = [path for path in tracked("*.py") if path.parts[0] != "tests"]
    used = {name for path in code for name in re.findall(r"FACEJURY_[A-Z_]+", (ROOT / path).read_text())}
    table = read("docs/operations.md").partition("| variable |")[2].partition("\n\n")[0]
    assert {name for page in PAGES for name in re.findall(r"FACEJURY_[A-Z_]+", read(page))} == used
    assert set(re.findall(r"FACEJURY_[A-Z_]+", table)) == used


def drawn_tree() -> list[str]:
    return read("docs/architecture.md").partition("\ndemo.py      ")[2].partition("```")[0].splitlines()


def test_the_tree_names_every_folder_at_the_top() -> None:
    folders = {path.parts[0] for path in tracked() if len(path.parts) > 1 and not path.parts[0].startswith(".")}
    assert {line.split()[0].rstrip("/") for line in drawn_tree() if re.match(r"\w+/ ", line)} == folders


def test_the_tree_names_every_folder_of_detectors() -> None:
    named = {line.split()[0].rstrip("/") for line in drawn_tree() if line.startswith("  ")}
    assert named == {path.parts[1] for path in tracked("detectors/*/*.py")}


def test_the_system_packages_are_those_of_packages_txt() -> None:
    for package in (ROOT / "packages.txt").read_text().split():
        assert package in read("README.md")


def test_extras_on_the_pages_exist() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = {
        extra for page in PAGES for group in re.findall(r"'\.\[([a-z,]+)\]'", read(page)) for extra in group.split(",")
    }
    assert {"train"} <= named <= set(extras)


def anchors(page: Path) -> set[str]:
    """What a link into a page may name: its headings, spelt as GitHub does."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, "CHANGELOG.md"])
def test_links_and_pictures_are_there(page: str) -> None:
    place = ROOT / page
    for target, _, anchor in re.findall(r"\]\(([^)#:\s]*)(#([^)]*))?\)", place.read_text(encoding="utf-8")):
        file = place.parent / target if target else place
        assert file.exists(), f"{page}: {target}"
        assert not anchor or anchor in anchors(file), f"{page}: {target}#{anchor}"


def test_the_index_names_every_page_of_the_documentation() -> None:
    index = read("docs/README.md")
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages == set(re.findall(r"^\| \[([\w-]+\.md)\]", index, flags=re.MULTILINE))


def test_every_function_that_the_architecture_page_names_exists() -> None:
    page = read("docs/architecture.md")
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", page)
    kinds = ast.FunctionDef | ast.ClassDef
    assert len(named) > 30
    assert [
        f"{file}::{name}"
        for file, name in named
        if name not in {node.name for node in parse(ROOT / file).body if isinstance(node, kinds)}
    ] == []
