"""`facejury models evaluate | fit-jury | turns | videos | left-out`: measure detectors."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from detectors.commands.options import AddUnpinned, Only
from detectors.commands.terminal import screen
from models.commands.checks import (
    check_backend,
    check_both_classes,
    check_faces,
    check_place,
    choose_for_pictures,
    read_measured,
)
from models.commands.options import FACES, ROOT, Data, ReplaceBuiltin, say_all
from text.plain_text import show_plainly

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def evaluate(
    data: Data,
    only: Only = None,
    add: AddUnpinned = None,
    split: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="The split to measure on. May be repeated. Default: test and eval."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with every figure, instead of a table.")] = False,
    save: Annotated[
        bool, typer.Option("--save", help="Write metrics.json beside the weights of what was added.")
    ] = False,
    replace_builtin: ReplaceBuiltin = False,
    thorough: Annotated[
        bool,
        typer.Option(
            "--thorough",
            help="Also measure degraded and attacked pictures, heat maps and shortcuts. Takes many minutes.",
        ),
    ] = False,
    pictures: Annotated[
        Path | None,
        typer.Option(
            "--plots",
            metavar="DIR",
            file_okay=False,
            help="Write ROC, reliability and robustness plots (PNG) to this folder.",
        ),
    ] = None,
) -> None:
    """Measure detectors on labelled faces.

    Every figure comes with its count and 95 % interval.

    Example: facejury models evaluate --data DIR --only efficientnet
    """
    check_backend()
    import json
    from functools import partial, reduce

    from detectors.networks.resolve import add_source, pin_sources
    from models.data.face_index import label_judged, say_left_out
    from models.evaluation.assess import Plan, assess, draw, find_places
    from registry import load_registry

    sources = pin_sources(add or (), announce=partial(typer.echo, err=True))
    registry = load_registry()
    specs = choose_for_pictures(reduce(add_source, sources, registry), only)
    samples, splits, copies = read_measured(data, split)
    plan = Plan(specs=specs, splits=splits, cache=FACES, save=save, replace_builtin=replace_builtin, thorough=thorough)
    for place in [*([pictures] if pictures else []), *(path.parent for path in find_places(plan).values())]:
        check_place(place)
    found = assess(samples, plan)
    if pictures:
        draw(found, pictures)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        for metrics in found:
            screen.print(_table(metrics))
    failed = [
        f"{one['detector']} failed on {one['failed']} face{'s' if one['failed'] > 1 else ''}, left out of its figures."
        for one in found
        if one["failed"]
    ]
    plain = [one["detector"] for one in found if pictures and not one["curves"]]
    undrawn = [f"{key}: no curves are drawn, for they need real and fake test faces of one data set." for key in plain]
    say_all([*copies, *failed, *undrawn, *say_left_out(label_judged(samples, FACES)[1], FACES)])


@app.command("fit-jury")
def fit_jury(data: Data, replace_builtin: ReplaceBuiltin = False) -> None:
    """Fit the jury's weights and thresholds.

    They are fitted on the validation faces, at least 200 real and 200 fake ones, and printed. With --replace-builtin
    they replace those that are served; `evaluate --replace-builtin --save` then measures them.
    """
    import json

    from detectors.jury.fusion import JURY
    from models.data.datasets import read_fittable, select_splits
    from models.data.face_index import label_faces, say_left_out
    from models.evaluation.fit_jury import MEMBERS, fit, write
    from registry import load_registry

    samples = select_splits(read_fittable(data), "val")
    if replace_builtin:
        check_place(JURY.parent)
    faces, faceless = label_faces(samples, FACES)
    table = fit(load_registry().choose(MEMBERS), faces)
    typer.echo(json.dumps(table, indent=2))
    say_all(say_left_out(faceless, FACES))
    if replace_builtin:
        write(table)
        names = ", ".join(sorted({sample.source for sample in samples}))
        typer.echo(f"The built-in jury is replaced by one fitted on {names}.", err=True)


@app.command()
def turns(
    data: Data,
    most: Annotated[int, typer.Option("--most", metavar="N", min=1, help="Faces of each class, evenly chosen.")] = 300,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Measure the jury on turned pictures.

    By quarters, and by 15 and 30 degrees: faces lost, AUC beside that of the same faces as they are, verdicts moved.
    """
    import json
    from dataclasses import asdict

    from models.data.datasets import read_samples, select_splits
    from models.data.face_index import choose_evenly, label_judged, say_left_out
    from models.evaluation.fit_jury import MEMBERS
    from models.evaluation.robustness.turns import measure_turns, say_turned
    from registry import load_registry

    samples = select_splits(read_samples(data), "test")
    check_both_classes(samples, ["test"])
    faces, faceless = label_judged(samples, FACES)
    check_both_classes([face.sample for face in faces], ["test"])
    check_faces(faces, samples)
    chosen = []
    for label in (0, 1):
        chosen += choose_evenly([face for face in faces if face.sample.label == label], most)
    found = measure_turns(load_registry().choose(MEMBERS), chosen)
    say_all(say_left_out(faceless, FACES))
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], indent=2))
        return
    table = Table(title=f"{len(chosen)} faces, turned; 95 % intervals in brackets")
    columns = "degrees", "found both ways", "lost", "AUC as it is", "AUC turned", "difference", "moved", "flipped"
    for column in columns:
        table.add_column(column, justify="right")
    for one in found:
        table.add_row(*say_turned(one))
    screen.print(table)


@app.command()
def videos(
    data: Data,
    only: Only = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    save: Annotated[
        bool, typer.Option("--save", help="Write the table into docs/video.md; with --only, the lines of others stay.")
    ] = False,
) -> None:
    """Measure detectors by video, on held-out frames.

    Compares three ways to aggregate frames: the mean, the trimmed mean and the median that videos use.
    """
    import json

    from detectors.jury.fusion import JURY_TITLE
    from models.data.datasets import read_samples, select, select_splits
    from models.data.face_index import label_judged, say_left_out
    from models.evaluation.evaluate import ask
    from models.evaluation.fit_jury import add_jury
    from models.evaluation.video import videos as measuring
    from registry import load_registry

    registry = load_registry()
    everybody, specs = choose_for_pictures(registry), choose_for_pictures(registry, only)
    samples = read_samples(data)
    samples = select(samples, "test", "eval") or select_splits(samples, "test")
    check_both_classes(samples, ["test", "eval"])
    page = ROOT / "docs" / "video.md"
    if save:
        check_place(page.parent)
        measuring.check_page(page)
    faces, faceless = label_judged(samples, FACES)
    check_faces(faces, samples)
    answers, jury = add_jury(ask(specs, faces))
    found = measuring.compare_aggregations(answers, [*specs, *([jury] if jury else [])])
    if save:
        measuring.write(page, found, titles=[*(spec.title for spec in everybody), JURY_TITLE])
    typer.echo(json.dumps(found, indent=2) if as_json else measuring.as_markdown(found))
    say_all(say_left_out(faceless, FACES))


@app.command("left-out")
def left_out(
    trained: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR...",
            exists=True,
            file_okay=False,
            help="Model folders that were trained and exported with the same --without.",
        ),
    ],
    data: Data,
) -> None:
    """Measure generators that were left out of training.

    Networks trained without them, and the jury fitted without them, are asked about their fakes. The figures are
    recorded beside those of the detectors that are served, which learnt from them. Members of the jury that learn from
    no labelled fake are asked as well.

    Example: facejury models left-out runs/custom-cnn-without-GENERATOR/weights --data DIR
    """
    check_backend()
    from detectors.jury.fusion import JURY_KEY
    from detectors.networks.folder import read_config
    from detectors.networks.resolve import add_source
    from models.data.datasets import leave_out, read_samples, select_splits
    from models.data.face_index import label_faces, label_judged, say_left_out
    from models.evaluation import leave_one_out as leaving
    from registry import load_registry

    without = leaving.read_without(trained)
    registry = load_registry()
    specs = {key: registry[key] for key in leaving.list_unlabelled()}
    recipes = leaving.by_key(trained)
    for key, folder in recipes.items():
        specs[key] = add_source(registry, str(folder))[read_config(folder).key]
    for path in leaving.find_places([*recipes, JURY_KEY]).values():
        check_place(path.parent)
    everything = read_samples(data)
    learnt = leave_out(everything, without)
    held_out, no_face = label_faces(select_splits(learnt, "val"), FACES)
    samples = select_splits(everything, "test")
    samples = [sample for sample in samples if not sample.label or sample.generator in without]
    check_both_classes(samples, ["test"])
    tested, faceless = label_judged(samples, FACES)
    found = leaving.measure_left_out(specs, held_out, tested)
    for path in leaving.note(found, without):
        typer.echo(f"written: {path}")
    say_all(say_left_out([*no_face, *faceless], FACES))


def _table(metrics: dict[str, Any]) -> Table:
    from models.evaluation.evaluate import rows
    from models.evaluation.intervals import say_figure

    table = Table(title=f"{metrics['detector']}: 95 % intervals in brackets")
    shown = ("auc", "balanced_accuracy", "accuracy", "tpr_at_fpr_5", "calibration_error")
    for column in ("data", "real", "fake", *shown):
        table.add_column(column)
    for name, figures in rows(metrics):
        cells = [say_figure(figures[figure]) if figure in figures else "" for figure in shown]
        table.add_row(Text(show_plainly(name)), str(figures["real"]), str(figures["fake"]), *cells)
    return table
