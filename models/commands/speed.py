"""`facejury models speed`: how fast the built-in detectors are on this machine."""

from typing import Annotated

import typer

from detectors.commands.options import Only
from detectors.commands.terminal import screen
from models.commands.checks import check_place, choose_for_pictures

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def speed(
    only: Only = None,
    rounds: Annotated[
        int, typer.Option(metavar="N", min=1, help="Bursts of calls per stack; the stacks take turns.")
    ] = 5,
    seconds: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="The length of a burst in seconds; 0 makes one call.")
    ] = 0.25,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    save: Annotated[
        bool,
        typer.Option(
            "--save",
            help="Write docs/speed/ for this kind of CPU, and the tables in docs/performance.md; with --only, what is "
            "saved of other detectors stays.",
        ),
    ] = False,
) -> None:
    """Measure the speed of the built-in detectors.

    Keras, TensorFlow and, where it is installed, PyTorch are measured beside ONNX Runtime.
    """
    import json

    from benchmarks import speed as measuring
    from benchmarks import speed_table
    from registry import load_registry

    keys = [spec.key for spec in choose_for_pictures(load_registry(), only) if spec.builtin]
    if save:
        for place in (measuring.SAVED, speed_table.DOCUMENT.parent):
            check_place(place)
        measuring.read_saved(measuring.SAVED)
        speed_table.check_document(speed_table.DOCUMENT)
    figures = measuring.measure(keys, rounds=rounds, seconds=seconds)
    if save:
        measuring.save(figures)
        speed_table.write(measuring.read_saved())
    if as_json:
        typer.echo(json.dumps(figures, indent=2))
    else:
        for table in speed_table.tables(figures):
            screen.print(table)
