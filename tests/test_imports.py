"""demo.py keeps the rules that import-linter keeps for the packages: it is a module, which the linter cannot take."""

import ast
import subprocess
from pathlib import Path

from tests.syntax import parse

ROOT = Path(__file__).parents[1]
HOUSE = {"auth", "benchmarks", "detectors", "models", "registry", "storage", "text", "ui", "demo", "tests"}
ORDERED = HOUSE - {"tests", "benchmarks"}  # a benchmark starts the page, and borrows videos from the tests


def imported(path: Path) -> set[str]:
    """The top-level names a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "*.py"], capture_output=True, text=True, check=True, cwd=ROOT)
    return [ROOT / line for line in listed.stdout.splitlines()]


def test_the_demo_imports_nothing_of_the_training_side() -> None:
    assert imported(ROOT / "demo.py") & HOUSE <= {"auth", "detectors", "registry", "storage", "ui"}
    assert not imported(ROOT / "demo.py") & {"keras", "tensorflow", "sklearn"}


def test_nobody_imports_the_demo_but_its_tests() -> None:
    ours = [path for path in files() if path.relative_to(ROOT).parts[0] in HOUSE - {"tests", "benchmarks"}]
    assert len(ours) > 30
    assert [path for path in ours if "demo" in imported(path) or "tests" in imported(path)] == []
