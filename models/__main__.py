"""The training side's command line: `python -m models --help` lists what there is."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from models.publishing.hub import Kind

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console()
NEEDS_TRAIN = "{name} is not installed, and this command needs it: .venv/bin/pip install -e '.[train]'"
FACES = Path("runs") / "faces.json"  # where the faces of data sets are, found once

Data = Annotated[
    list[Path], typer.Option("--data", help="A folder: manifest.csv, Kaggle deepfake-faces, or real/ and fake/.")
]
Without = Annotated[
    list[str] | None,
    typer.Option("--without", metavar="GENERATOR", help="Leave this generator's fakes out; repeatable."),
]
Key = Annotated[str, typer.Argument(help="custom-cnn, efficientnet, blend or residual.")]


@app.callback()
def main() -> None:
    """Train, export and measure the networks of the jury."""


@app.command()
def train(
    key: Key,
    data: Data,
    run: Annotated[Path | None, typer.Option(help="Where checkpoints go; a run that stands there goes on.")] = None,
    steps: Annotated[int, typer.Option(help="Batches to learn from, at most.")] = 12_000,
    batch: Annotated[int, typer.Option(help="Faces a batch, half of them fake.")] = 32,
    rate: Annotated[float, typer.Option(help="Learning rate at its peak.")] = 3e-4,
    every: Annotated[int, typer.Option(help="Batches between validations and checkpoints.")] = 500,
    seed: Annotated[int, typer.Option(help="Same seed, same weights, on the same machine.")] = 0,
    teacher: Annotated[Path | None, typer.Option(help="A model folder whose verdicts are learnt as well.")] = None,
    start: Annotated[Path | None, typer.Option(help="A model.keras whose weights a new run begins with.")] = None,
    source_weights: Annotated[
        list[str] | None,
        typer.Option("--source-weight", metavar="SOURCE=TIMES", help="Draw this source that many times as often."),
    ] = None,
    forged: Annotated[
        float | None, typer.Option(min=0, max=1, help="Share of pairs of a real face and its own forgery made here.")
    ] = None,
    without: Without = None,
) -> None:
    """Train a network. Killed and started again with the same --run, it goes on where it was."""
    from detectors.networks.folder import load_folder
    from models.architectures import by_key as architectures
    from models.data.datasets import leave_out, name_without, read_fittable
    from models.data.face_index import label_faces
    from models.training.config import TrainingConfig, read_source_weights
    from models.training.progress import Screen
    from models.training.train import train as train_network

    architecture = architectures.find(key)
    folder = run or Path("runs") / name_without(key, architecture.title, without or ())[0]
    faces, _ = label_faces(leave_out(read_fittable(data), without or ()), FACES)
    head_steps = TrainingConfig.head_steps if architecture.pretrained and not start else 0
    times = read_source_weights(source_weights or (), {face.sample.source for face in faces})
    recipe = TrainingConfig(
        head_steps=head_steps,
        steps=steps,
        batch=batch,
        rate=rate,
        every=every,
        seed=seed,
        source_weights=times,
        forged=forged,
    )
    detector = load_folder(teacher) if teacher else None
    teach = (lambda crop: detector.examine(crop)[0]) if detector else None
    with Screen(console, steps) as screen:
        train_network(architecture, faces, recipe=recipe, run=folder, report=screen.report, teacher=teach, start=start)
    console.print(f"trained: {folder / 'best.keras'}")


@app.command()
def export(
    key: Key,
    data: Data,
    run: Annotated[Path | None, typer.Option(help="The run to export; its best.keras is taken.")] = None,
    to: Annotated[Path | None, typer.Option(help="The model folder to write.")] = None,
    without: Without = None,
) -> None:
    """Calibrate a trained network on validation faces and write its model folder, ONNX checked against Keras.

    With --without, the detector's key says so: it stands beside ours with `evaluate --add`.
    """
    import keras

    from detectors.networks.folder import WEIGHTS, Config
    from models.architectures import by_key as architectures
    from models.data.datasets import leave_out, name_without, read_fittable, select
    from models.data.face_index import label_faces
    from models.publishing import export as exporter
    from models.training import calibration as calibrate
    from models.training.batches import crop_all

    architecture = architectures.find(key)
    key, title = name_without(key, architecture.title, without or ())
    samples = leave_out(read_fittable(data), without or ())
    model = keras.saving.load_model((run or Path("runs") / key) / "best.keras", compile=False)
    held_out, _ = label_faces(select(samples, "val"), FACES)
    calibration, thresholds = calibrate.fit(model, held_out, mode=architecture.mode)
    config = Config(
        key=key,
        title=title,
        pixels=model.input.shape[1],
        mode=architecture.mode,
        fake_from=thresholds.fake_from,
        real_until=thresholds.real_until,
        architecture=architecture.paper,
        license="research use: see models/weights/LICENSE",
        trained_on=tuple(sorted({sample.source for sample in samples})),
        without=tuple(without or ()),
        files={},
    )
    crops = crop_all(held_out[:: max(1, len(held_out) // 16)], config.pixels, config.mode)
    folder = to or (Path("runs") / key / "weights" if without else WEIGHTS / key)
    exporter.export(model, calibration, folder, config=config, crops=crops)
    console.print(f"calibration {calibration}, {thresholds}")
    console.print(f"written: {folder}")


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
def report(readme: Annotated[Path, typer.Option(help="The file with the marks.")] = Path("README.md")) -> None:
    """Write the measured table into the README, from metrics.json."""
    from models.publishing.report import write
    from registry import load_registry

    write(readme, load_registry().detectors)


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


From = Annotated[
    Path | None, typer.Option("--from", metavar="DIR", help="The model folder; else the one of KEY in models/weights.")
]
Repo = Annotated[str, typer.Option(metavar="USER/NAME", help="Where on the Hugging Face Hub.")]
Private = Annotated[bool, typer.Option("--private", help="A repository that only you can see, where it is a new one.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Write the folder and print its path; touch no network.")]
Replace = Annotated[bool, typer.Option("--replace", help="Overwrite files there that differ.")]


@app.command()
def card(key: Key, folder: From = None) -> None:
    """Write the model card: README.md and its pictures, from config.json and metrics.json."""
    from detectors.networks.folder import CARD, WEIGHTS
    from models.publishing.card import write_card

    folder = folder or WEIGHTS / key
    write_card(folder)
    console.print(f"written: {folder / CARD}")


@app.command()
def publish(
    key: Key,
    repo: Repo,
    folder: From = None,
    private: Private = False,
    dry_run: DryRun = False,
    replace: Replace = False,
) -> None:
    """Publish a measured detector to the Hugging Face Hub, in one commit. The token is HF_TOKEN or the stored login."""
    from detectors.networks.folder import WEIGHTS
    from models.publishing import hub as publishing

    publishing.check_repo(repo)
    staged = publishing.stage(folder or WEIGHTS / key, repo=repo)
    _send(staged, repo, kind="model", message=f"Publish {key}", private=private, dry_run=dry_run, replace=replace)


@app.command("publish-space")
def publish_space(repo: Repo, private: Private = False, dry_run: DryRun = False, replace: Replace = False) -> None:
    """Publish the demo as a Gradio Space, in one commit. The token is HF_TOKEN or the stored login."""
    from models.publishing import hub as publishing
    from models.publishing import space

    publishing.check_repo(repo)
    staged = space.stage(repo=repo)
    _send(staged, repo, kind="space", message="Publish the demo", private=private, dry_run=dry_run, replace=replace)


def _send(staged: Path, repo: str, *, kind: "Kind", message: str, private: bool, dry_run: bool, replace: bool) -> None:
    from models.publishing import hub as publishing

    for path in publishing.list_files(staged):
        console.print(f"{path.stat().st_size / 1000:10,.1f} kB  {path.relative_to(staged)}", markup=False)
    if dry_run:
        typer.echo(staged.resolve())
        return
    remote = publishing.Remote(repo, kind=kind)
    done = publishing.publish(staged, remote, private=private, replace=replace, message=message)
    console.print("published:" if done.fresh else "nothing has changed there:", done.url)
    typer.echo(done.commit)


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


def run() -> None:
    """The command line; what a person did wrong is one sentence, not a traceback."""
    from detectors.networks.folder import ArtifactError
    from detectors.networks.hub import HubError
    from detectors.networks.resolve import SourceError
    from models.errors import ModelsError, PublishError
    from registry import UnknownDetectorError

    try:
        app()
    except (HubError, PublishError) as error:
        Console(stderr=True).print(str(error), markup=False, soft_wrap=True)
        sys.exit(1)
    except (ArtifactError, ModelsError, SourceError, UnknownDetectorError) as error:
        Console(stderr=True).print(str(error), markup=False)
        sys.exit(2)
    except ModuleNotFoundError as error:  # `make demo` installs what serves, no more
        said = NEEDS_TRAIN.format(name=error.name) if error.name else str(error)
        Console(stderr=True).print(said, markup=False, soft_wrap=True)
        sys.exit(2)


if __name__ == "__main__":
    run()
