"""Figures of the two networks that watch motion: the landmarks' error, and how well clips are told apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from detectors.faces.crop import CROP_SIDE
from detectors.faces.landmarks import PIXELS, measure_eye_distance
from models.data.clips import Track
from models.data.landmark_faces import LandmarkFaces, cut_closely
from models.evaluation.curves import curves
from models.evaluation.draws import Scores
from models.evaluation.metrics import measure
from models.training.calibration import Thresholds
from models.training.landmarks import measure_errors

NOISE = 3.0  # of 255, of the pixels in the test of steadiness
NOT_TESTED = (
    "persons, cameras and generators other than those of the 80 clips of FaceForensics++",
    "clips cut from a video by this program, whose landmarks come from another network than in training",
    "faces in profile or half hidden, and people who neither speak nor move",
)


@dataclass(frozen=True)
class Errors:
    """sources: data set -> faces, median, mean and worst (the 90th percentile), in eye distances; steadiness: too."""

    sources: Mapping[str, Mapping[str, float]]
    steadiness: float


def measure_landmarks(model: keras.Model, faces: LandmarkFaces) -> Errors:
    """The error on held-out faces, for each data set, and how far points move where the picture hardly does."""
    errors = measure_errors(model, faces)
    found = {}
    for source in np.unique(faces.sources):
        of_source = errors[faces.sources == source]
        low, worst = np.percentile(of_source, [50, 90])
        figures = {"median": float(low), "mean": float(of_source.mean()), "worst": float(worst)}
        found[str(source)] = {"faces": len(of_source), **figures}
    return Errors(found, _measure_steadiness(model, faces))


def _measure_steadiness(model: keras.Model, faces: LandmarkFaces) -> float:
    rng = np.random.default_rng(0)
    pairs = [cut_closely(*pair, served=CROP_SIDE, rng=None) for pair in faces.some(400)]
    crops, expected = np.stack([crop for crop, _ in pairs]), np.stack([points for _, points in pairs])
    shifted = np.clip(np.roll(crops, 1, axis=2) + rng.normal(0, NOISE, crops.shape), 0, 255).astype(np.uint8)
    first, second = (model.predict(each, batch_size=64, verbose=0) for each in (crops, shifted))
    off = np.linalg.norm(second - first - np.array([1 / PIXELS, 0]), axis=-1).mean(axis=-1)
    return float(np.median(off / measure_eye_distance(expected)))


def measure_clips(
    tracks: Sequence[Track], p_fake: NDArray[np.float64], thresholds: Thresholds, *, unsteady: NDArray[np.float64]
) -> dict[str, Any]:
    """metrics.json of the temporal detector. p_fake: of each track, by a network that saw nothing of its group.

    unsteady: the same, of points that tremble.
    """
    groups = np.array([min(track.groups) for track in tracks])
    labels = np.array([int(track.fake) for track in tracks])
    made = np.array([track.generator for track in tracks])
    scores = Scores(p_fake, labels, groups)
    limits = {"fake_from": thresholds.fake_from, "real_until": thresholds.real_until}
    name = "ffpp-clips, leave one group out"
    overall = measure(scores, **limits)
    return {
        "schema": 1,
        "detector": "temporal",
        "trained_on": name,
        "overall": overall,
        "curves": curves(scores),
        "sources": {name: overall},
        "generators": {
            generator: measure(scores.where((made == generator) | (labels == 0)), **limits)
            for generator in sorted(set(made[labels == 1]))
        },
        "unsteady": measure(Scores(unsteady, labels, groups), **limits),
        "not_tested_on": list(NOT_TESTED),
    }
