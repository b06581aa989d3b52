"""Whether a heat map points where a forgery is, and how often a detector's maps did when that was measured.

HeatmapHits game (Zhang et al. 2016, https://arxiv.org/abs/1608.00507): is the hottest place inside the forged region?
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.jury.about import find_model_folder
from detectors.networks.folder import METRICS
from detectors.networks.metrics import UNREADABLE, read_metrics
from registry import DetectorSpec, Heatmap

Figure = dict[str, float]
"""value, low, high: a share and its 95 % interval."""
Region = NDArray[np.bool_]
"""bool (h, w), of the picture that the heat map is laid over."""


@dataclass(frozen=True)
class Hit:
    """inside: the share of the hottest pixels that lie in the region; one hottest pixel gives 0 or 1.

    by_chance: the region's share of the picture. x, y: a hottest place, in shares of width and height.
    """

    inside: float
    by_chance: float
    x: float
    y: float


@dataclass(frozen=True)
class HeatmapHits:
    """How often the hottest place lay inside, on `count` faces forged for the measuring, and how often by chance."""

    hit: Figure
    by_chance: Figure
    count: int


def lay(heatmap: Heatmap, region: Region) -> Heatmap:
    """The heat map as large as the region's picture: float32 (h, w)."""
    height, width = region.shape
    return np.asarray(cv2.resize(heatmap, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def find_hit(heatmap: Heatmap, region: Region) -> Hit:
    """Lay a heat map over its picture, and look for its hottest place. A flat one points everywhere at once."""
    laid = lay(heatmap, region)
    hottest = laid == laid.max()
    places = np.argwhere(hottest)  # row, column
    middle = places[np.linalg.norm(places - places.mean(axis=0), axis=1).argmin()]
    y, x = (middle + 0.5) / laid.shape
    return Hit(float(region[hottest].mean()), float(region.mean()), float(x), float(y))


def read_pointing(spec: DetectorSpec) -> HeatmapHits | None:
    """What its own evaluation found; None for a detector that was never asked."""
    folder = find_model_folder(spec)
    try:
        found = read_metrics(folder / METRICS)["heatmaps"] if folder else None
        return HeatmapHits(_read(found["hit"]), _read(found["hit_by_chance"]), int(found["n"])) if found else None
    except UNREADABLE:
        return None


def _read(figure: Figure) -> Figure:
    return {name: float(figure[name]) for name in ("value", "low", "high")}
