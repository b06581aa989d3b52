"""No cell of a CSV is a formula, however it is disguised; and no other cell is changed."""

import pytest

from text.formulas import neutralise


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "\u00a0=1",
        "\uff1d1+1",
        "\uff0b1",
        "\u3000\uff201",
        "'=1",
    ],
)
def test_what_a_spreadsheet_may_run_gets_a_quote_in_front(cell: str) -> None:
    assert neutralise(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["photo.jpg", "", "a=b", " photo.jpg", 3, 0.5, None, "caf\u00e9", "\u5199\u771f"])
def test_every_other_cell_is_left_as_it_is(cell: object) -> None:
    assert neutralise(cell) == cell
