"""Four simple classifiers that see no face: what could be told from files, from framing and pose, or from softness.

A network that is fed a shortcut learns it. "files" sees the file on disk; "fed" the same facts of what the network is
fed in training, and should know nothing; "geometry" sees the box's shape and the five landmarks in it; "pixels" sees
sharpness and seven global statistics of the face. The last two are what an honest network has to beat. Each is fitted
and judged on test faces, cross-validated by source video.
Paper: Grommelt et al. 2024, Fake or JPEG?, https://arxiv.org/abs/2403.17608.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
from numpy.random import default_rng
from numpy.typing import NDArray
from rich.progress import track

from detectors.commands.terminal import errors
from detectors.faces.crop import crop_face
from detectors.networks.folder import Config, fit
from models.data.augmentation import augment, loosen
from models.data.datasets import refuse_eval_only
from models.data.face_index import LabelledFace
from models.evaluation.draws import Draws, Scores
from models.evaluation.metrics import auc, measure_figure
from models.evaluation.robustness.recompression import pick_tested
from registry import Image

MAX_FACES = 2000
LEAST = 20  # faces of each class, for a source to be probed
FOLDS = 5
SAVED_AS = 75  # JPEG quality: what is fed has no file, so its size is that of a file made here
ALL = "all test splits"
Floats = NDArray[np.float64]


def probe(faces: Sequence[LabelledFace], config: Config) -> dict[str, dict[str, Any]]:
    """Source -> {"real", "fake", "files", "fed", "geometry", "pixels": AUC with interval}, and all of them together.

    Sources of less than 20 faces, or five source videos, of each class are left out.
    config: of the network whose preprocessing is probed. Raises DataError on evaluation-only faces.
    """
    chosen = pick_tested(faces, MAX_FACES)
    refuse_eval_only(face.sample for face in chosen)
    if not chosen:
        return {}
    seen = [describe(face, config, seed=seed) for seed, face in enumerate(track(chosen, "probing", console=errors))]
    sources = np.array([face.sample.source for face in chosen])
    labels = np.array([face.sample.label for face in chosen], dtype=np.int64)
    groups = np.array([f"{face.sample.source}/{face.sample.group}" for face in chosen])
    parts = {str(name): sources == name for name in np.unique(sources)} | {ALL: np.ones(len(sources), dtype=bool)}
    return {
        name: {"real": int((labels[part] == 0).sum()), "fake": int(labels[part].sum())}
        | {kind: _judge(rows[part], labels[part], groups[part]) for kind, rows in _stack(seen).items()}
        for name, part in parts.items()
        if _is_enough(labels[part], groups[part])
    }


def _is_enough(labels: NDArray[np.int64], groups: NDArray[np.str_]) -> bool:
    """Whether each class has faces to fit trees on, and groups enough for each fold to leave some out."""
    classes = [groups[labels == label] for label in (0, 1)]
    return min(map(len, classes)) >= LEAST and min(len(np.unique(one)) for one in classes) >= FOLDS


@dataclass(frozen=True)
class Facts:
    """What each probe sees of one picture."""

    files: list[float]
    fed: list[float]
    geometry: list[float]
    pixels: list[float]


def describe(face: LabelledFace, config: Config, *, seed: int) -> Facts:
    """The facts of one face. seed: of the augmentation that training gives it."""
    picture, random = face.read(), default_rng([0, seed])
    fed = fit(augment(crop_face(picture, loosen(face.box, random), face.roll), random), config.pixels, config.mode)
    served = fit(face.crop_from(picture), config.pixels, config.mode)
    return Facts(describe_file(face.sample.path), describe_fed(fed), describe_geometry(face), describe_pixels(served))


def describe_file(path: Path) -> list[float]:
    """Width, height, bytes, whether it is JPEG or PNG, the sums of its quantisation tables, bytes of EXIF."""
    with PIL.Image.open(path) as picture:
        tables = getattr(picture, "quantization", None) or {}
        sums = [float(sum(tables.get(place, ()))) for place in (0, 1)]
        exif = len(picture.info.get("exif", b""))
        return [*picture.size, path.stat().st_size, picture.format == "JPEG", picture.format == "PNG", *sums, exif]


def describe_fed(image: Image) -> list[float]:
    """Width, height, and the bytes of a JPEG of it. There is no container, table or EXIF to see."""
    _, saved = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, SAVED_AS])
    return [image.shape[1], image.shape[0], len(saved)]


def describe_geometry(face: LabelledFace) -> list[float]:
    """The box's height by its width, its roll in degrees, and the landmarks' places in it; none where they are unknown.

    How large the face is in its picture is left out: the crop hides it.
    """
    left, top, right, bottom = face.box
    width, height = right - left, bottom - top
    places = [((x - left) / width, (y - top) / height) for x, y in face.landmarks]
    return [height / width, face.roll, *(number for place in places for number in place)]


def describe_pixels(image: Image) -> list[float]:
    """Sharpness (log variance of the Laplacian), mean and deviation of each channel, mean saturation."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    sharpness = float(np.log1p(cv2.Laplacian(grey, cv2.CV_64F).var()))
    spread = image.max(axis=2).astype(float) - image.min(axis=2)
    return [sharpness, *image.mean(axis=(0, 1)), *image.std(axis=(0, 1)), float(spread.mean())]


def _stack(seen: Sequence[Facts]) -> dict[str, Floats]:
    columns = [asdict(facts) for facts in seen]
    return {kind: np.array([row[kind] for row in columns], dtype=np.float64) for kind in columns[0]}


def _judge(rows: Floats, labels: NDArray[np.int64], groups: NDArray[np.str_]) -> dict[str, float]:
    """The AUC of a classifier of these facts on groups that it was not fitted on."""
    p_fake = guess(rows, labels, groups)
    return asdict(measure_figure(auc, Draws.of(Scores(p_fake, labels, groups))))


def guess(rows: Floats, labels: NDArray[np.int64], groups: NDArray[np.str_]) -> Floats:
    """P(fake) of each row by boosted trees that were fitted on other groups: (n,)."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
    from threadpoolctl import threadpool_limits

    trees = HistGradientBoostingClassifier(max_iter=60, max_depth=3, min_samples_leaf=10, random_state=0)
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    with threadpool_limits(1):  # so few rows; threads that wait for each other took minutes on a busy machine
        found = cross_val_predict(trees, rows, labels, groups=groups, cv=folds, method="predict_proba")
    return np.asarray(found[:, 1], dtype=np.float64)
