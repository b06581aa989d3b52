"""`facejury models landmarks | temporal`: train, measure and write the two networks that watch motion."""

from pathlib import Path
from typing import Annotated

import typer

from detectors.commands.terminal import screen
from models.commands.checks import check_backend, check_own, check_place
from models.commands.options import FACES, Data, say_all

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
RUN = Path("runs")
TURNED_ROUND = (
    "Do not use it yet: on clips of groups left out, a branch of it finds more evidence in reals than in fakes, so its "
    "calibration turns it round, and on other clips it may be wrong more often than right."
)
To = Annotated[
    Path | None,
    typer.Option(metavar="DIR", file_okay=False, help="The model folder to write. Default: weights/ in the run."),
]
Seed = Annotated[int, typer.Option(metavar="N", min=0, help="The random seed.")]


@app.command()
def landmarks(
    data: Data,
    to: To = None,
    steps: Annotated[int, typer.Option(metavar="N", min=1, help="Number of training batches.")] = 4000,
    most: Annotated[
        int, typer.Option("--most", metavar="N", min=1, help="Faces of each data set and split, at most.")
    ] = 750,
    seed: Seed = 0,
) -> None:
    """Train the network that finds 68 landmarks.

    It learns from what MediaPipe's mesh says of visible faces. The faces are collected into runs/landmarks, anew where
    --data, --most or --seed are others. Its error is measured on the splits val, test and eval.

    Example: facejury models landmarks --data DIR
    """
    check_backend()
    from models.training.landmarks import LandmarkRecipe, spare_the_machine, train

    spare_the_machine()
    import numpy as np

    from detectors.faces.crop import CROP_SIDE
    from models.data.landmark_faces import cut_closely, gather_faces
    from models.evaluation.video.motion import measure_landmarks
    from models.publishing.motion import publish_landmarks

    folder = to or RUN / "landmarks" / "weights"
    check_own(folder, "landmarks")
    for place in (folder, RUN / "landmarks"):
        check_place(place)
    faces = gather_faces(data, RUN / "landmarks" / "faces.npz", index=FACES, most=most, seed=seed)
    shown, held_out = faces.where(faces.splits == "train"), faces.where(faces.splits != "train")
    model = train(shown, LandmarkRecipe(steps=steps, seed=seed))
    errors = measure_landmarks(model, held_out)
    images = np.stack([cut_closely(*pair, served=CROP_SIDE, rng=None)[0] for pair in held_out.some(16)])
    trained_on = sorted(set(map(str, shown.sources)))
    publish_landmarks(model, folder, images=images, errors=errors, trained_on=trained_on)
    for source, found in errors.sources.items():
        screen.print(f"{source}: {found['median']:.3f} eye distances, median of {found['faces']} faces", markup=False)
    typer.echo(f"written: {folder}")


@app.command()
def temporal(
    clips: Annotated[
        Path,
        typer.Option(metavar="DIR", exists=True, file_okay=False, help="Clips: manifest.csv, NAME.npz and NAME.jpg."),
    ],
    to: To = None,
    steps: Annotated[int, typer.Option(metavar="N", min=1, help="Number of training batches.")] = 300,
    seed: Seed = 0,
) -> None:
    """Train the network that watches how a face moves.

    It is measured by leaving out one group of clips at a time.

    Example: facejury models temporal --clips DIR
    """
    check_backend()
    from models.training.landmarks import spare_the_machine

    spare_the_machine()
    import numpy as np

    from models.data.clips import read_tracks
    from models.evaluation.video.motion import measure_clips
    from models.publishing.motion import publish_temporal
    from models.training.calibration import fit_platt, fit_thresholds
    from models.training.temporal import TemporalRecipe, fill_pool, judge_apart, leave_groups_out, train

    tracks, recipe = read_tracks(clips), TemporalRecipe(steps=steps, seed=seed)
    folder = to or RUN / "temporal" / "weights"
    check_own(folder, "temporal")
    check_place(folder)
    pool = fill_pool(tracks, seed=seed)
    logits, unsteady = leave_groups_out(tracks, pool, recipe)
    labels = np.array([int(track.fake) for track in tracks])
    calibrations = [fit_platt(branch, labels) for branch in logits]
    p_fake, shaken = (judge_apart(tracks, logits, judged) for judged in (logits, unsteady))
    thresholds = fit_thresholds(p_fake, labels)
    metrics = measure_clips(tracks, p_fake, thresholds, unsteady=shaken)
    publish_temporal(train(pool, recipe), calibrations, thresholds, folder, tracks=tracks, metrics=metrics)
    auc = metrics["overall"]["auc"]
    screen.print(f"AUC {auc['value']:.3f} [{auc['low']:.3f}, {auc['high']:.3f}], chance .5, groups left out")
    typer.echo(f"written: {folder}")
    if any(calibration.scale <= 0 for calibration in calibrations):
        say_all([TURNED_ROUND])
