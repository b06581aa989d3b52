"""The model folders of the two networks that watch motion, and their cards."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from detectors.faces.landmarks import PIXELS
from detectors.networks.folder import CARD, METRICS, MODEL, Config
from models.architectures import temporal
from models.data.clips import FINDER_NOISE, Track, show
from models.evaluation.video.motion import Errors
from models.publishing.export import export_plain, fold_calibration
from models.training.calibration import Calibration, Thresholds

SCORE_FRAMES = 13  # a second around each moment: one frame alone says next to nothing
LICENSE = "research use: see models/weights/LICENSE"
LANDMARKS_CARD = """# Landmarks

68 points of a face (iBUG's order, x and y) from a crop of 96 x 96 pixels, {parameters:,} parameters. It is no detector:
`detectors/faces/landmarks.py` measures motion by it.

It was taught by MediaPipe's face mesh (Kartynnik et al. 2019, https://arxiv.org/abs/1907.06724, Apache-2.0), whose
points stand in for an annotator's. So the errors below are distances from that network's points, not from the truth.
Trained on visible faces of {trained_on}: squares as `detectors/faces/crop.py` cuts them, moved, turned, mirrored and
relit a little. Licence: {license}.

Error: the mean distance of a face's 68 points, in eye distances (between the middles of the eyes), on faces that it
was not trained on.

| data | faces | median | mean | worst tenth, from |
| --- | --- | --- | --- | --- |
{rows}

Steadiness: where a crop is moved by a pixel of its 96 and given some noise, its points move by {steadiness:.4f} eye
distances (median). Faces in profile, hidden ones and those under 64 pixels were not measured.

`facejury models landmarks --data DIR` trains it again.
"""
TEMPORAL_CARD = """# Temporal

Watches how a face moves in a video: eyes, mouth, brows, jaw, head pose, the direction of the light, and how steady 68
landmarks are, over five seconds. After LRNet (Sun et al. 2021, https://arxiv.org/abs/2104.04480), the landmarks are
steadied by optical flow and a Kalman filter, and how far both disagree is measured too. A GRU in both directions and,
beside it, a linear function of each moment give a number for each moment; the mean of both over time is the clip's,
over a second around each moment its score there.
{parameters:,} parameters.

**A weak witness.** {verdict}
It is not in the jury, and no figure here says how it does on other persons, cameras or generators. Most of its verdicts
are "inconclusive", on purpose.

## Trained on

{clips} clips of FaceForensics++ (Rössler et al. 2019, c23), 5 or 6 s each: {real} real ones and {fake} fakes
(Deepfakes, Face2Face, FaceSwap), of {groups} groups of videos that share persons. Beside them, forgeries made from the
real ones by rule (a region whose landmarks tremble, somebody else's mouth, light that flickers), and as a control real
ones whose landmarks all tremble, which stay real. Persons of these clips are also in the data set `faceforensics-c23`,
on which the other detectors are measured: nothing but this detector was trained on the clips.

Licence: {license}.

In training the landmarks came from MediaPipe's mesh, in serving they come from `models/weights/landmarks`, which is
less steady. Where the clips' landmarks tremble by {noise} eye distances, each by itself, the AUC is {unsteady}.
How it does on videos judged by this program, from file to verdict, was not measured.

## Measured

Each clip by a network that was trained without its group (leave one group out), and calibrated without it, too; 95 %
intervals by bootstrap over groups. Chance is an AUC of .5.

| fakes of | real + fake | AUC |
| --- | --- | --- |
{rows}

- coverage: {coverage}
- right when it answers: {right}
- reals called fake: {alarms}

The thresholds were set on the same clips, so that these three are a little too good.

`facejury models temporal --clips DIR` trains and measures it again.
"""


def publish_landmarks(
    model: keras.Model, folder: Path, *, images: NDArray[np.uint8], errors: Errors, trained_on: Sequence[str]
) -> Config:
    """Write the model folder of the landmark network. images: uint8 (n, 96, 96, 3), to check on. Raises ExportError."""
    config = Config(
        key="landmarks", title="Landmarks", pixels=PIXELS, license=LICENSE, trained_on=tuple(trained_on), files={}
    )
    written = export_plain(model, folder, config=config, inputs=images)
    rows = [
        f"| {name} | {found['faces']} | {found['median']:.3f} | {found['mean']:.3f} | {found['worst']:.3f} |"
        for name, found in errors.sources.items()
    ]
    said = {"parameters": written.parameters, "trained_on": ", ".join(trained_on), "license": LICENSE}
    text = LANDMARKS_CARD.format(rows="\n".join(rows), steadiness=errors.steadiness, **said)
    (folder / CARD).write_text(text, encoding="utf-8")
    return written


def fold(model: keras.Model, calibrations: Sequence[Calibration]) -> keras.Model:
    """float32 (n, t, 30) -> p_fake (n, 1) and scores (n, t), of both calibrated branches together: what is served."""
    served = model
    for layer, calibration in zip(temporal.BRANCHES, calibrations, strict=True):
        served = fold_calibration(served, calibration, layer=layer)
    moments = keras.layers.Average(name="moments")(served.outputs)
    logit = keras.layers.GlobalAveragePooling1D(name="logit")(moments)
    p_fake = keras.layers.Activation("sigmoid", name="p_fake")(logit)
    around = keras.layers.AveragePooling1D(SCORE_FRAMES, strides=1, padding="same", name="around")(moments)
    scores = keras.layers.Activation("sigmoid", name="scores")(keras.ops.squeeze(around, axis=-1))
    return keras.Model(served.input, [p_fake, scores])


def publish_temporal(
    model: keras.Model,
    calibrations: Sequence[Calibration],
    thresholds: Thresholds,
    folder: Path,
    *,
    tracks: Sequence[Track],
    metrics: Mapping[str, Any],
) -> Config:
    """Write the model folder of the temporal network. metrics: from measure_clips. Raises ExportError."""
    config = Config(
        key="temporal",
        title="Temporal",
        pixels=PIXELS,
        expects="clip",
        fake_from=thresholds.fake_from,
        real_until=thresholds.real_until,
        architecture=temporal.PAPER,
        license=LICENSE,
        trained_on=(metrics["trained_on"],),
        files={},
    )
    inputs = np.stack([show(track) for track in tracks[::8]])
    written = export_plain(fold(model, calibrations), folder, config=config, inputs=inputs)
    (folder / METRICS).write_text(json.dumps({**metrics, "model": written.files[MODEL]}, indent=2) + "\n")
    (folder / CARD).write_text(_say(tracks, metrics, written), encoding="utf-8")
    return written


def _say(tracks: Sequence[Track], metrics: Mapping[str, Any], config: Config) -> str:
    overall = metrics["overall"]
    rows = [
        f"| {name} | {found['real']} + {found['fake']} | {_show(found['auc'])} |"
        for name, found in [("all", overall), *metrics["generators"].items()]
    ]
    chance = [name for name, found in metrics["generators"].items() if found["auc"]["low"] <= 0.5]
    verdict = f"On clips of persons that it was not trained on, its AUC is {_show(overall['auc'])}; chance is .5.\n" + (
        f"Not told from chance: fakes of {', '.join(chance)}." if chance else "That is far from what a verdict needs."
    )
    return TEMPORAL_CARD.format(
        parameters=config.parameters,
        verdict=verdict,
        clips=len(tracks),
        real=overall["real"],
        fake=overall["fake"],
        groups=len({group for track in tracks for group in track.groups}),
        license=LICENSE,
        rows="\n".join(rows),
        noise=FINDER_NOISE,
        unsteady=_show(metrics["unsteady"]["auc"]),
        coverage=_show(overall["coverage"]),
        right=_show(overall["right_when_answered"]) if "right_when_answered" in overall else "unknown",
        alarms=_show(overall["reals_called_fake"]),
    )


def _show(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"
