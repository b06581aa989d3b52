"""`facejury models evaluate | videos | left-out | speed`: measure detectors."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from models.commands.options import FACES, Data, Key, console

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def evaluate(
    data: Data,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="KEY", help="Only this detector; repeatable.")
    ] = None,
    add: Annotated[
        list[str] | None,
        typer.Option("--add", metavar="SOURCE", help="Add a plugin's .py, a model folder, an .onnx or hub:user/name."),
    ] = None,
    split: Annotated[list[str] | None, typer.Option(help="Which splits to measure on: test and eval.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    save: Annotated[
        bool, typer.Option(help="Write metrics.json beside each detector's weights, and what the jury says together.")
    ] = False,
    thorough: Annotated[
        bool,
        typer.Option("--thorough", help="Also degraded step by step, attacked, pointed at and probed: many minutes."),
    ] = False,
    pictures: Annotated[
        Path | None, typer.Option("--plots", metavar="DIR", help="Draw ROC, reliability and robustness there, as PNG.")
    ] = None,
) -> None:
    """Measure detectors on labelled faces: every figure with its count and 95 % interval."""
    import json
    from functools import partial, reduce

    from detectors.networks.resolve import add_source, pin_sources
    from models.data.datasets import read_samples
    from models.evaluation.assess import Plan, assess, draw
    from registry import load_registry

    sources = pin_sources(add or (), announce=partial(typer.echo, err=True))
    registry = load_registry()
    specs = reduce(add_source, sources, registry).choose(only)
    builtins = [spec for spec in registry if spec.builtin]
    splits = split or ("test", "eval")
    plan = Plan(specs=specs, builtins=builtins, splits=splits, cache=FACES, save=save, thorough=thorough)
    found = assess(read_samples(data), plan)
    if pictures:
        draw(found, pictures)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        for metrics in found:
            console.print(_table(metrics))


@app.command()
def videos(
    data: Data,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="KEY", help="Only this detector; repeatable.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    save: Annotated[bool, typer.Option("--save", help="Write the table into docs/video.md.")] = False,
) -> None:
    """Measure by video, on frames that were set aside: mean, trimmed mean and the rule that videos are judged by."""
    import json

    from models.data.datasets import read_samples, select
    from models.data.face_index import label_faces
    from models.evaluation import videos as measuring
    from models.evaluation.evaluate import ask
    from models.evaluation.fit_jury import seat
    from registry import load_registry

    registry = load_registry()
    specs = registry.choose(only)
    faces, _ = label_faces(select(read_samples(data), "test", "eval"), FACES)
    answers, jury = seat(ask(specs, faces), [spec for spec in registry if spec.builtin])
    found = measuring.compare_rules(answers, [*specs, *([jury] if jury else [])])
    if save:
        measuring.write(Path("docs") / "video.md", found)
    typer.echo(json.dumps(found, indent=2) if as_json else measuring.as_markdown(found))


@app.command("left-out")
def left_out(
    key: Key,
    trained: Annotated[Path, typer.Argument(metavar="DIR", help="A model folder exported with --without, measured.")],
) -> None:
    """Note in a detector's metrics how the same network does on a generator that was left out of its training."""
    from detectors.networks.folder import METRICS, WEIGHTS
    from models.evaluation.leave_one_out import note

    for generator in note(WEIGHTS / key, trained):
        console.print(f"noted: {generator}, in {METRICS} of {key}")


@app.command()
def speed(
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="KEY", help="Only this network; repeatable.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Bursts of each stack, in turn.")] = 5,
    seconds: Annotated[float, typer.Option(min=0, help="How long a burst is; 0 is one call.")] = 0.25,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    save: Annotated[
        bool, typer.Option("--save", help="Write docs/speed.json, and its tables into docs/performance.md.")
    ] = False,
) -> None:
    """Measure how fast the built-in detectors are, beside Keras, TensorFlow and (where installed) PyTorch."""
    import json

    from benchmarks import speed as measuring
    from benchmarks.speed_table import tables, write
    from registry import load_registry

    keys = [spec.key for spec in load_registry().choose(only) if spec.builtin]
    figures = measuring.measure(keys, rounds=rounds, seconds=seconds)
    if save:
        measuring.save(figures)
        write(figures)
    if as_json:
        typer.echo(json.dumps(figures, indent=2))
    else:
        for table in tables(figures):
            console.print(table)


def _table(metrics: dict[str, Any]) -> Table:
    from models.evaluation.evaluate import rows

    table = Table(title=f"{metrics['detector']}: 95 % intervals in brackets")
    shown = ("auc", "balanced_accuracy", "accuracy", "tpr_at_fpr_5", "calibration_error")
    for column in ("data", "real", "fake", *shown):
        table.add_column(column)
    for name, figures in rows(metrics):
        cells = [_cell(figures.get(figure)) for figure in shown]
        table.add_row(name, str(figures["real"]), str(figures["fake"]), *cells)
    return table


def _cell(figure: dict[str, float] | None) -> str:
    from models.evaluation.metrics import say_figure

    return "" if figure is None else say_figure(figure)
