"""The README and the pages beside it are held to the code: commands, options, variables, the tree, names, links."""

import ast
import re
import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from detectors.conformance.scaffold import write_plugin
from facejury import SUB_COMMANDS, load
from tests.syntax import parse

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", "CONTRIBUTING.md", "SECURITY.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
SHELL = re.compile(r"^```(?:bash|console|sh)\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)


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


def find(command: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    """The command of ours that these words call, and its arguments; None where there is no such command."""
    words = ("serve", *command[1:]) if command[0] == "demo.py" else command[1:]
    if not words or words[0] not in SUB_COMMANDS:
        return None, words
    found, words = load(words[0]), words[1:]
    while hasattr(found, "commands"):
        if not words or words[0] not in found.commands:
            return None, words
        found, words = found.commands[words[0]], words[1:]
    return found, words


def leaves() -> set[tuple[str, ...]]:
    """Every command that has none below itself, as words."""
    found: set[tuple[str, ...]] = set()
    for name in SUB_COMMANDS:
        below = getattr(load(name), "commands", {})
        found |= {("facejury", name, one) for one in below} or {("facejury", name)}
    return found


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", *patterns], capture_output=True, text=True, check=True, cwd=ROOT)
    return [Path(line) for line in listed.stdout.splitlines()]


@pytest.mark.slow
def test_every_command_is_shown_on_some_page() -> None:
    shown = commands(*PAGES)
    assert len(leaves()) > 15
    assert {leaf for leaf in leaves() if not any(command[: len(leaf)] == leaf for command in shown)} == set()


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)])
def test_every_command_on_a_page_is_one_that_the_code_has(page: str) -> None:
    for command in commands(page):
        found, arguments = find(command)
        assert found, f"{' '.join(command)}: no such command"
        options = {"--help"} | {option for parameter in found.params for option in parameter.opts}
        given = {word.partition("=")[0] for word in arguments if word.startswith("--")}
        assert given <= options, f"{' '.join(command)}: no {given - options}"


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
