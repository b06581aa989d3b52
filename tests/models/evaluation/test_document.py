"""What a command writes into a document stands between its marks, and nothing else changes."""

from pathlib import Path

import pytest

from models.errors import DataError
from models.evaluation.document import as_table, fill, write_between

OLD = "before <!-- speed: begin --> old <!-- speed: end --> after"


def test_filling_leaves_the_rest_of_the_text_alone() -> None:
    assert fill(OLD, "speed", "new") == "before <!-- speed: begin -->\n\nnew\n\n<!-- speed: end --> after"


def test_filling_twice_is_filling_once() -> None:
    once = fill(OLD, "speed", "new")
    assert fill(once, "speed", "new") == once


def test_a_document_without_its_marks_is_refused() -> None:
    for text in (OLD, "<!-- measured: begin -->", "<!-- measured: end -->"):
        with pytest.raises(DataError, match=r"no place for this table, between <!-- measured: begin --> and"):
            fill(text, "measured", "new")


def test_a_table_has_a_rule_below_its_heads() -> None:
    assert as_table([["a", "b"], ["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"


def test_a_document_without_one_of_several_places_keeps_its_text(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(OLD)
    with pytest.raises(DataError):
        write_between(page, {"speed": "new", "measured": "new"})
    assert page.read_text() == OLD
