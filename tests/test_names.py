"""A reader finds a thing by its name: one class has it, in a short module, in a folder with few of them.

The lists name what broke these rules when they were made. A name leaves its list with its fault; none is added.
"""

import ast
import subprocess
from collections import Counter, defaultdict
from pathlib import Path

from tests.syntax import parse

ROOT = Path(__file__).parent.parent
MAX_LINES = 300
MAX_MODULES = 16  # in one folder, __init__.py left out

DUPLICATES: set[str] = set()
LONG: set[str] = set()
OURS = [
    path
    for name in subprocess.check_output(["git", "ls-files", "*.py"], cwd=ROOT, text=True).splitlines()
    if (path := Path(name)) and (ROOT / path).is_file()
]


def test_no_class_name_stands_for_two_things() -> None:
    places = defaultdict(list)
    for path in OURS:
        for node in ast.walk(parse(ROOT / path)):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(path))
    doubled = {name: found for name, found in places.items() if len(found) > 1}
    assert set(doubled) == DUPLICATES, doubled


def test_no_module_is_longer_than_a_reader_holds_in_mind() -> None:
    lengths = {str(path): len((ROOT / path).read_text().splitlines()) for path in OURS}
    assert {name for name, lines in lengths.items() if lines > MAX_LINES} == LONG


def test_no_folder_holds_more_modules_than_a_reader_looks_through() -> None:
    modules = Counter(str(path.parent) for path in OURS if path.name != "__init__.py")
    assert not {folder: count for folder, count in modules.items() if count > MAX_MODULES}
