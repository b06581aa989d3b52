"""No cell of a CSV is a formula, however it is disguised or split; and no other cell is changed."""

import csv
import io
import random
import re

import pytest

from text.formulas import neutralise

ALPHABET = ["=1", "+", "-", "@", "'", '"', ";", ",", "\t", "\r", "\n", " ", "a", "\uff1d"]


def read_back(cell: str, *, delimiter: str, column: int) -> list[str]:
    """Every cell that a spreadsheet with this separator sees in a line that holds the cell in that column."""
    text = io.StringIO(newline="")
    line: list[object] = ["2026", "x", "y, z"]
    line.insert(column, neutralise(cell))
    csv.writer(text).writerows([line, line])
    return [one for cells in csv.reader(io.StringIO(text.getvalue(), newline=""), delimiter=delimiter) for one in cells]


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "  =1",
        "\u00a0=1",
        "\uff1d1+1",
        "\uff0b1",
        "\u3000\uff201",
        "'=1",
        '"=1"',
    ],
)
def test_what_a_spreadsheet_may_run_gets_a_quote_in_front(cell: str) -> None:
    assert neutralise(cell) == f"'{cell}"


@pytest.mark.parametrize(
    ("cell", "guarded"),
    [
        ("holiday;=HYPERLINK(A1);.jpg", "holiday;'=HYPERLINK(A1);.jpg"),
        ("a;b; +1", "a;b;' +1"),
        ("a\t@SUM(A1)", "a\t'@SUM(A1)"),
        ("a\r\n-1", "a\r\n'-1"),
        ('a;"=1"', 'a;\'"=1"'),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("\n=1", "'\n'=1"),
        ("\tphoto.jpg", "'\tphoto.jpg"),
    ],
)
def test_so_does_every_part_that_may_become_a_cell_of_its_own(cell: str, guarded: str) -> None:
    assert neutralise(cell) == guarded


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("column", [0, 1, 3], ids=["first", "middle", "last"])
def test_no_separator_makes_a_formula_of_a_part(delimiter: str, column: int) -> None:
    chance = random.Random(7)
    made = ("".join(chance.choices(ALPHABET, k=chance.randint(1, 8))) for _ in range(3000))
    for cell in ("holiday;=HYPERLINK(A1);.jpg", *made):
        seen = read_back(cell, delimiter=delimiter, column=column)
        assert not [one for one in seen if one.lstrip().startswith(("=", "+", "-", "@", "\uff1d"))], repr(cell)


def test_taking_the_quotes_off_each_part_gives_the_text_back() -> None:
    chance = random.Random(8)
    for _ in range(3000):
        cell = "".join(chance.choices(ALPHABET, k=chance.randint(1, 8)))
        assert re.sub(r"(^|[;\t\r\n])'", r"\1", str(neutralise(cell))) == cell


@pytest.mark.parametrize(
    "cell",
    ["photo.jpg", "", "a=b", " photo.jpg", "a;b; c=d", "two\nlines", 3, 0.5, None, "caf\u00e9", "\u5199\u771f"],
)
def test_every_other_cell_is_left_as_it_is(cell: object) -> None:
    assert neutralise(cell) == cell
