"""`facejury models leaderboard`: one's own detectors beside the built-in ones."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from detectors.commands.options import AddUnpinned, Only
from models.commands.checks import choose_for_pictures
from models.commands.options import FACES, Data, console

if TYPE_CHECKING:
    from models.evaluation.leaderboard import Leaderboard, LeaderboardRow
    from models.evaluation.metrics import Estimate

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def leaderboard(
    data: Data,
    add: AddUnpinned = None,
    only: Only = None,
    split: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="The split to measure on. May be repeated. Default: test and eval."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Also draw ROC curves and each set's AUC (PNG).")
    ] = None,
) -> None:
    """Put detectors beside the built-in ones and the jury.

    The best on data that it was not trained on comes first. Differences to the first are paired, on the same faces.

    Example: facejury models leaderboard --data DIR --add mine.py --add hub:user/name --plot board.png
    """
    import json
    from functools import partial, reduce

    from detectors.networks.resolve import add_source, pin_sources
    from models.data.datasets import read_samples, select
    from models.data.face_index import label_faces
    from models.errors import DataError
    from models.evaluation.leaderboard import draw, measure_leaderboard
    from registry import load_registry

    sources = pin_sources(add or (), announce=partial(typer.echo, err=True))
    specs = choose_for_pictures(reduce(add_source, sources, load_registry()), only)
    faces, _ = label_faces(select(read_samples(data), *(split or ("test", "eval"))), FACES)
    if {face.sample.label for face in faces} != {0, 1}:
        raise DataError("a leaderboard needs real and fake faces; these folders and splits hold one class only")
    board = measure_leaderboard(specs, faces)
    if plot:
        draw(board, plot)
    if as_json:
        typer.echo(json.dumps(board.as_dict(), indent=2))
    else:
        console.print(_tabulate(board))


def _tabulate(board: "Leaderboard") -> Table:
    table = Table(title=f"{board.faces} faces of {len(board.sets)} sets; 95 % intervals in brackets")
    for name in ("detector", "looks for", "AUC, not trained on", "AUC, trained on", "difference to the first"):
        table.add_column(name)
    for name in ("coverage", "selective accuracy", "false-positive rate", "ms", "MB", "licence"):
        table.add_column(name, justify="right" if name in ("ms", "MB") else "left")
    for row in board.rows:
        table.add_row(*_say_row(row))
    return table


def _say_row(row: "LeaderboardRow") -> list[str]:
    return [
        row.title,
        row.looks_for or "any forgery",
        _say(row.unseen) + ("" if row.trained_on_known else " (training data not stated)"),
        _say(row.seen),
        _say(row.difference, signed=True),
        _say(row.coverage),
        _say(row.selective_accuracy),
        _say(row.false_positive_rate),
        "-" if row.milliseconds is None else f"{row.milliseconds:g}",
        "-" if row.megabytes is None else f"{row.megabytes:g}",
        row.license or "-",
    ]


def _say(figure: "Estimate | None", *, signed: bool = False) -> str:
    if figure is None or figure.value != figure.value:
        return "-"
    sign = "+" if signed else ""
    return f"{figure.value:{sign}.3f} [{figure.low:{sign}.3f}, {figure.high:{sign}.3f}]"
