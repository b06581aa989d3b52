"""`facejury models train | export`: from data sets to a model folder."""

from pathlib import Path
from typing import Annotated

import typer

from detectors.commands.terminal import screen
from models.commands.checks import (
    BEST,
    check_backend,
    check_begun,
    check_both_classes,
    check_even,
    check_faces,
    check_keras,
    check_place,
    check_positive,
    check_run,
    check_supervision,
    check_teacher,
    check_trainable,
    check_trained,
    check_without,
    choose_place,
)
from models.commands.options import CUT_OUT, FACES, Data, Key, ReplaceBuiltin, Without, say_all
from models.errors import DataError

TURNED_ROUND = (
    "Do not use it yet: on the validation faces it finds more evidence in reals than in fakes, so its calibration "
    "turns it round, and on other faces it may be wrong more often than right. Train it for longer, or on more faces."
)
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def train(
    key: Key,
    data: Data,
    run: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            file_okay=False,
            help="The folder for checkpoints. A run already there is continued. Default: runs/KEY.",
        ),
    ] = None,
    steps: Annotated[int, typer.Option(metavar="N", min=1, help="Number of training batches.")] = 12_000,
    batch: Annotated[
        int, typer.Option(metavar="N", min=2, callback=check_even, help="Faces per batch, half of them fake.")
    ] = 32,
    rate: Annotated[
        float, typer.Option(metavar="RATE", callback=check_positive, help="The peak learning rate.")
    ] = 3e-4,
    every: Annotated[
        int, typer.Option(metavar="N", min=1, help="Batches between two checkpoints, each with a validation.")
    ] = 500,
    seed: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            help="The random seed. The same seed gives the same weights on the same machine, to the last bit where "
            "TF_NUM_INTRAOP_THREADS is 1.",
        ),
    ] = 0,
    teacher: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="A model folder to distil: its p_fake is a second training target.",
        ),
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="A model.keras to start a new run from."),
    ] = None,
    source_weights: Annotated[
        list[str] | None,
        typer.Option(
            "--source-weight",
            metavar="SOURCE=TIMES",
            help="Draw this source that many times as often. May be repeated.",
        ),
    ] = None,
    forged: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            min=0,
            max=1,
            help="The share (0 to 1) of pairs that consist of a real face and a forgery made from it.",
        ),
    ] = None,
    without: Without = None,
) -> None:
    """Train a network.

    After an interruption the same command continues at the last checkpoint.

    Example: facejury models train efficientnet --data DIR
    """
    check_backend()
    from models.training.config import TrainingConfig, check_sources, read_source_weights

    times = read_source_weights(source_weights or ())  # before TensorFlow is loaded, which takes long
    from detectors.networks.folder import MODEL, load_folder, read_config
    from models.architectures import by_key as architectures
    from models.data.datasets import leave_out, name_without, read_fittable
    from models.data.face_index import label_faces, say_left_out
    from models.data.surroundings import keep_surroundings
    from models.training.batches import select_faces
    from models.training.progress import TrainingBar, say_ended, say_resumed, say_stopped
    from models.training.recipe_file import list_changes, read_learnt
    from models.training.run import hold, read_progress
    from models.training.train import train as train_network

    architecture = architectures.find(key)
    folder = run or Path("runs") / name_without(key, architecture.title, without or ())[0]
    check_run(folder, architecture)
    check_begun(folder)
    check_supervision(architecture, forged=forged, teacher=teacher)
    if start:
        check_keras(start)
    if teacher:
        check_teacher(teacher, without or ())
    detector, taught = (load_folder(teacher), read_config(teacher)) if teacher else (None, None)
    samples = leave_out(read_fittable(data), without or ())
    check_trainable(samples, architecture)
    check_sources(times, {sample.source for sample in samples})
    check_place(folder)
    faces, faceless = label_faces(samples, FACES)
    check_faces(faces, samples)
    check_trainable([face.sample for face in faces], architecture)
    faces = keep_surroundings(faces, CUT_OUT)
    head_steps = TrainingConfig.head_steps if architecture.pretrained and not start else 0
    sources = {face.sample.source for face in select_faces(faces, architecture.supervision)}
    check_sources(times, sources)  # once more: a source may show no face
    recipe = TrainingConfig(
        head_steps=head_steps,
        steps=steps,
        batch=batch,
        rate=rate,
        every=every,
        seed=seed,
        source_weights=times,
        forged=forged,
        teacher=f"{taught.key} {taught.files[MODEL][:12]}" if taught else "",
        without=sorted(without or ()),
    )
    teach = (lambda crop: detector.examine(crop)[0]) if detector else None
    with hold(folder):
        if begun := read_progress(folder).step:
            say_all(say_resumed(folder, recipe, begun, changes=list_changes(folder, recipe, sources), start=start))
        try:
            with TrainingBar(screen, steps) as bar:
                train_network(
                    architecture,
                    faces,
                    recipe=recipe,
                    run=folder,
                    report=bar.report,
                    teacher=teach,
                    taught=read_learnt(teacher) if teacher else None,
                    start=start,
                )
        except KeyboardInterrupt:
            say_all([say_stopped(folder, recipe)])
            raise typer.Exit(130) from None
    typer.echo(f"trained: {folder / BEST}")
    say_all(say_ended(folder, recipe, begun))
    say_all(say_left_out(faceless, FACES))


@app.command()
def average(
    first: Annotated[Path, typer.Argument(metavar="FIRST", exists=True, dir_okay=False, help="A model.keras.")],
    second: Annotated[
        Path,
        typer.Argument(
            metavar="SECOND", exists=True, dir_okay=False, help="Another of the same architecture: where FIRST began."
        ),
    ],
    to: Annotated[Path, typer.Option(metavar="FILE", dir_okay=False, help="The model.keras to write.")],
    share: Annotated[float, typer.Option(metavar="SHARE", min=0, max=1, help="Of FIRST in the result, 0 to 1.")] = 0.5,
) -> None:
    """Average the weights of two networks.

    It helps where one was trained on from the other.

    Export the result from a run of its own: write it as best.keras there.

    Example: facejury models average runs/efficientnet/best.keras models/weights/efficientnet/model.keras --share 0.8
    --to runs/averaged/best.keras
    """
    check_backend()
    from models.training.averaging import average_weights
    from models.training.recipe_file import write_averaged

    check_keras(first)
    check_keras(second)
    if to.exists():
        raise DataError(f"--to: {to} is already there")
    if to.suffix != ".keras":
        raise DataError(f"--to: Keras writes files that are called .keras, and {to.name} is not")
    check_place(to.parent)
    average_weights(first, second, share, to)
    write_averaged(to, (first, second))
    typer.echo(f"written: {to}")


@app.command()
def export(
    architecture_key: Key,
    data: Data,
    run: Annotated[
        Path | None,
        typer.Option(metavar="DIR", file_okay=False, help="The run whose best.keras is exported. Default: runs/KEY."),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(metavar="DIR", file_okay=False, help="The model folder to write. Default: weights/ in the run."),
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", metavar="NAME", help="The new detector's key. Default: my-KEY.")
    ] = None,
    title: Annotated[str | None, typer.Option("--title", metavar="TEXT", help="Its name for readers.")] = None,
    without: Without = None,
    replace_builtin: ReplaceBuiltin = False,
) -> None:
    """Calibrate a trained network and write its model folder.

    Calibration uses the validation faces. The ONNX file is compared with the Keras model. What is written is a detector
    of its own, under its own key, beside the built-in one: try it with `facejury compare --add DIR`.

    Example: facejury models export efficientnet --data DIR
    """
    check_backend()
    import keras

    from detectors.networks.folder import Config
    from models.architectures import by_key as architectures
    from models.data.datasets import MINE, leave_out, name_without, read_fittable, select_splits
    from models.data.face_index import label_faces, say_left_out
    from models.publishing import export as exporter
    from models.publishing.card import name_license
    from models.training import calibration as calibrate
    from models.training.batches import crop_all
    from models.training.recipe_file import read_recipe

    if replace_builtin and (key or title):
        raise DataError("--replace-builtin keeps the built-in detector's key and title: leave out --key and --title")
    architecture = architectures.find(architecture_key)
    trained, named = name_without(architecture_key, architecture.title, without or ())
    folder, chosen, called = choose_place(
        run or Path("runs") / trained,
        (key or f"{MINE}{trained}", title or f"{named}, trained here"),
        (architecture_key, architecture.title) if replace_builtin else None,
        to,
    )
    samples = leave_out(read_fittable(data), without or ())
    check_trained(run or Path("runs") / trained, architecture)
    check_without(run or Path("runs") / trained, without or ())
    check_keras((run or Path("runs") / trained) / BEST)
    validation = select_splits(samples, "val")
    check_both_classes(validation, ["val"])
    check_place(folder if folder.exists() else folder.parent)
    model = keras.saving.load_model((run or Path("runs") / trained) / "best.keras", compile=False)
    held_out, faceless = label_faces(validation, FACES)
    check_faces(held_out, validation)
    check_both_classes([face.sample for face in held_out], ["val"])
    calibration, thresholds = calibrate.fit(model, held_out, mode=architecture.mode)
    learnt = read_recipe(run or Path("runs") / trained).get("sources")
    sources = tuple(learnt or sorted({sample.source for sample in samples}))
    config = Config(
        key=chosen,
        title=called,
        pixels=model.input.shape[1],
        mode=architecture.mode,
        fake_from=thresholds.fake_from,
        real_until=thresholds.real_until,
        architecture=architecture.paper,
        license=name_license(sources),
        trained_on=sources,
        without=tuple(without or ()),
        files={},
    )
    crops = crop_all(held_out[:: max(1, len(held_out) // 16)], config.pixels, config.mode)
    exporter.export(model, calibration, folder, config=config, crops=crops)
    screen.print(f"fake from {thresholds.fake_from}, real until {thresholds.real_until}")
    typer.echo(f"written: {folder}")
    if calibration.scale <= 0:
        say_all([TURNED_ROUND])
    say_all(say_left_out(faceless, FACES))
