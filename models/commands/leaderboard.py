"""`facejury models leaderboard`: one's own detectors beside the built-in ones."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from detectors.commands.options import AddUnpinned, Only
from detectors.commands.terminal import screen
from models.commands.checks import check_both_classes, check_drawing, check_faces, choose_for_pictures, read_measured
from models.commands.options import FACES, Data, say_all
from text.plain_text import show_plainly

if TYPE_CHECKING:
    from models.evaluation.intervals import Estimate
    from models.evaluation.leaderboard import Leaderboard, LeaderboardRow

WIDE = 160  # characters of a screen; on a narrower one a single table would cut every word short
PARTS = (
    ("AUC, not trained on", "AUC, trained on", "difference to the first"),
    ("coverage", "selective accuracy", "false-positive rate"),
    ("looks for", "ms", "MB", "licence"),
)
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
    from models.data.face_index import label_judged, say_left_out
    from models.evaluation.leaderboard import draw, measure_leaderboard
    from registry import load_registry

    sources = pin_sources(add or (), announce=partial(typer.echo, err=True))
    specs = choose_for_pictures(reduce(add_source, sources, load_registry()), only)
    samples, splits, copies = read_measured(data, split)
    if plot:
        check_drawing(plot)
    faces, faceless = label_judged(samples, FACES)
    check_faces(faces, samples)
    check_both_classes([face.sample for face in faces], splits)
    board = measure_leaderboard(specs, faces)
    if plot:
        draw(board, plot)
    if as_json:
        typer.echo(json.dumps(board.as_dict(), indent=2))
    else:
        screen.print(*_tabulate(board, width=screen.width), sep="\n")
    say_all([*copies, *say_left_out(faceless, FACES)])


def _tabulate(board: "Leaderboard", *, width: int) -> list[Table]:
    """All of it in one table, or where the screen is too narrow for that in one for each part."""
    sets = f"{len(board.sets)} set{'s' if len(board.sets) > 1 else ''}"
    title = f"{board.faces} faces of {sets}; 95 % intervals in brackets"
    parts, gap = (PARTS, "\n") if width < WIDE else ((sum(PARTS, ()),), " ")
    tables: list[Table] = []
    for part in parts:
        table = Table(title=None if tables else title)
        table.add_column("detector", overflow="fold")
        for name in part:
            table.add_column(name, justify="right" if name in ("ms", "MB") else "left", overflow="fold")
        for row in board.rows:
            said = _say_row(row)
            failed = f" (failed on {row.failed} of {board.faces} faces)" if row.failed else ""
            cells = (Text(show_plainly(said[name]).replace(" [", f"{gap}[")) for name in part)  # as text, "\n" is spelt
            table.add_row(Text(show_plainly(row.title) + failed), *cells)
        tables.append(table)
    return tables


def _say_row(row: "LeaderboardRow") -> dict[str, str]:
    known = "" if row.trained_on_known else " (training data not stated)"
    return {
        "AUC, not trained on": _say(row.unseen) + known,
        "AUC, trained on": _say(row.seen),
        "difference to the first": _say(row.difference, signed=True),
        "coverage": _say(row.coverage),
        "selective accuracy": _say(row.selective_accuracy),
        "false-positive rate": _say(row.false_positive_rate),
        "looks for": row.looks_for or "any forgery",
        "ms": "-" if row.milliseconds is None else f"{row.milliseconds:g}",
        "MB": "-" if row.megabytes is None else f"{row.megabytes:g}",
        "licence": row.license or "-",
    }


def _say(figure: "Estimate | None", *, signed: bool = False) -> str:
    if figure is None:
        return "-"
    sign = "+" if signed else ""
    return f"{figure.value:{sign}.3f} [{figure.low:{sign}.3f}, {figure.high:{sign}.3f}]"
