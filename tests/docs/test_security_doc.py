"""SECURITY.md and docs/operations.md name the tests that answer what they say; each of those tests exists."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from storage.uploads import MAX_HELD_BYTES
from tests.docs.test_readme import ROOT
from tests.syntax import parse
from ui.server import log

DOCS = ("SECURITY.md", "docs/operations.md")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def names_in(path: Path) -> set[str]:
    """The names of the test functions of a file."""
    return {node.name for node in parse(path).body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("document", DOCS)
def test_every_test_that_is_named_exists(document: str) -> None:
    named = NAMED.findall(read(document))
    assert len(named) > 15
    assert [f"{file}::{test}" for file, test in named if test not in names_in(ROOT / file)] == []


@pytest.mark.parametrize("document", DOCS)
def test_every_row_about_a_threat_or_an_outage_names_a_test(document: str) -> None:
    header = re.compile(r"^\|.*\| tests \|\n\|[-| ]+\|\n((?:\|.*\|\n)+)", flags=re.MULTILINE)
    rows = [row for table in header.findall(read(document)) for row in table.splitlines()]
    assert len(rows) > 10
    assert [row for row in rows if not NAMED.search(row)] == []


def list_events() -> list[str]:
    """As the operations page has them."""
    table = read("docs/operations.md").partition("| event | with | when |")[2].partition("\n\n")[0]
    return [event.replace("KEY", "%s") for event in re.findall(r"`([^`]+)`", table)]


def list_code() -> list[Path]:
    """The modules whose records the server writes down."""
    return [ROOT / "demo.py", *(path for name in log.OURS for path in (ROOT / name).rglob("*.py"))]


def test_every_event_that_the_operations_page_lists_is_logged_somewhere() -> None:
    listed, code = list_events(), "\n".join(path.read_text(encoding="utf-8") for path in list_code())
    assert len(listed) > 12
    assert [event for event in listed if f'"{event}"' not in code] == []


def test_every_event_that_a_server_logs_stands_on_the_operations_page() -> None:
    """So each is a text that an alarm can wait for; what varies is beside it."""
    calls = [
        node
        for path in list_code()
        if path != ROOT / "detectors" / "scan" / "crew.py"  # of `facejury scan` alone
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log.") and node.args
    ]
    logged = {ast.literal_eval(call.args[0]) for call in calls}
    assert len(logged) > 20
    assert logged - set(list_events()) == set()


def test_the_proxies_let_through_what_one_person_may_have_here() -> None:
    """A browser sends the files of a batch in one request."""
    page = read("docs/operations.md")
    [nginx], [caddy] = re.findall(r"client_max_body_size (\d+)g;", page), re.findall(r"max_size (\d+)GB\n", page)
    assert min(int(nginx) * 2**30, int(caddy) * 10**9) >= MAX_HELD_BYTES


def test_how_to_report_names_no_address_that_nobody_reads() -> None:
    how = read("SECURITY.md").partition("## What is protected")[0]
    assert "private vulnerability reporting" in how
    assert not re.search(r"@\w+\.\w+|https?://", how)


def test_the_version_of_pip_audit_is_bounded_as_all_others_are() -> None:
    assert re.search(r'"pip-audit>=[\d.]+,<\d+"', read("Makefile"))
    assert "pip-audit" not in str(tomllib.loads(read("pyproject.toml"))["project"])
