"""Python files as syntax trees."""

import ast
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def parse(path: Path) -> ast.Module:
    """The tree of a file. In a thread of its own: where Playwright has switched stacks, CPython's parser miscounts."""
    with ThreadPoolExecutor(1) as fresh:
        return fresh.submit(ast.parse, path.read_text(encoding="utf-8")).result()
