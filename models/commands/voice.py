"""`facejury models voice train | export | evaluate`: the network that listens, from recordings to a model folder."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from detectors.commands.terminal import screen
from models.commands.checks import check_backend, check_own, check_place, check_positive

app = typer.Typer(
    help="Train, export and measure the voice network.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
Run = Annotated[Path, typer.Option("--run", metavar="DIR", file_okay=False, help="The folder for windows and weights.")]
RUN = Path("runs") / "voice"


@app.command()
def train(
    data: Annotated[
        Path,
        typer.Option(
            "--data", metavar="DIR", exists=True, file_okay=False, help="A folder of recordings with manifest.csv."
        ),
    ],
    run: Run = RUN,
    steps: Annotated[int, typer.Option(metavar="N", min=1, help="Number of training batches.")] = 1_200,
    batch: Annotated[int, typer.Option(metavar="N", min=2, help="Windows per batch, half of them fake.")] = 32,
    rate: Annotated[
        float, typer.Option(metavar="RATE", callback=check_positive, help="The peak learning rate.")
    ] = 2e-3,
    every: Annotated[int, typer.Option(metavar="N", min=1, help="Batches between two validations.")] = 100,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="The random seed.")] = 0,
) -> None:
    """Make the fakes and train the network.

    The fakes are made from the real recordings by vocoders. The windows of a run are kept until manifest.csv or the
    seed is another. A training is not gone on with, and a network that is there is not replaced.

    Example: facejury models voice train --data DIR
    """
    check_backend()
    from models.data.speech import INDEX, MADE_FROM, make_windows, read_recordings, read_windows, say_made_from
    from models.errors import DataError
    from models.training.voice import BEST, VoiceRecipe
    from models.training.voice import train as train_network

    if (run / BEST).exists():
        raise DataError(f"{run} has a {BEST} already: choose another --run, or move it away")
    recordings = read_recordings(data)
    check_place(run)
    made_from, note = say_made_from(data, seed), run / MADE_FROM
    if not (run / INDEX).is_file() or not note.is_file() or note.read_text() != made_from:
        screen.print(f"{make_windows(recordings, run, seed=seed)} windows of {len(recordings)} recordings")
        note.write_text(made_from)

    def report(step: int, loss: float, auc: float) -> None:
        screen.print(f"step {step}: loss {loss:.4f}, validation AUC {auc:.4f}")

    recipe = VoiceRecipe(steps=steps, batch=batch, rate=rate, every=every, seed=seed)
    train_network(read_windows(run), run, recipe=recipe, report=report)


@app.command()
def export(
    run: Run = RUN,
    to: Annotated[
        Path | None,
        typer.Option(metavar="DIR", file_okay=False, help="The model folder to write. Default: weights/ in the run."),
    ] = None,
) -> None:
    """Calibrate the trained network and write its model folder.

    Calibration and thresholds come from the split "fit", and the ONNX file is compared with the Keras model.
    """
    check_backend()
    import keras

    from models.data.speech import read_windows
    from models.errors import DataError
    from models.publishing.voice import export_voice
    from models.training.voice import BEST, calibrate

    if not (run / BEST).is_file():
        raise DataError(f"{run} has no {BEST}: train it with `facejury models voice train`, or choose another --run")
    windows, folder = read_windows(run), to or run / "weights"
    check_own(folder, "voice")
    check_place(folder)
    model = keras.saving.load_model(run / BEST, compile=False)
    calibration, thresholds = calibrate(model, windows)
    export_voice(model, calibration, thresholds, windows, folder)
    screen.print(f"calibration {calibration}, {thresholds}")
    typer.echo(f"written: {folder}")


@app.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="A voice model folder.")],
    run: Run = RUN,
    save: Annotated[bool, typer.Option("--save", help="Write metrics.json and README.md beside the weights.")] = False,
) -> None:
    """Measure a voice model folder on the windows of a run.

    AUC, equal error rate and how often it answers, by what was left out.
    """
    check_backend()
    from models.data.speech import read_windows
    from models.evaluation.sound.voices import say_share
    from models.publishing.voice import measure_folder, write_voice_card

    if save:
        check_place(folder)
    metrics = measure_folder(folder, read_windows(run))
    if save:
        write_voice_card(folder, metrics)
    table = Table(title="95 % intervals over speakers; by chance an AUC of .5 and an EER of .5")
    for column in ("windows", "real", "fake", "AUC", "EER", "answers", "right there"):
        table.add_column(column, justify="left" if column == "windows" else "right")
    for name, row in metrics["sources"].items():
        figures = (say_share(row[of]) for of in ("auc", "eer", "coverage", "right_when_answered"))
        table.add_row(name, str(row["real"]), str(row["fake"]), *figures)
    screen.print(table)
    told = ", ".join(f"{name} {auc:.3f}" for name, auc in metrics["without_listening"].items())
    screen.print(f"AUC without listening: {told}", markup=False)
