"""metrics.json of a model folder, refused where it belongs to other weights."""

import json
from pathlib import Path
from typing import Any

from detectors.networks.folder import METRICS, MODEL, read_config
from models.errors import PublishError

Metrics = dict[str, Any]


def read_metrics(folder: Path) -> Metrics:
    """metrics.json of a model folder. Raises PublishError when these weights were not measured."""
    remedy = "measure it first: facejury models evaluate --data DIR --save"
    if not (folder / METRICS).is_file():
        raise PublishError(f"{folder.name} has no {METRICS}; {remedy}")
    metrics: Metrics = json.loads((folder / METRICS).read_text(encoding="utf-8"))
    if metrics["model"] != read_config(folder).files[MODEL]:
        raise PublishError(f"{METRICS} of {folder.name} was measured on other weights; {remedy}")
    if "curves" not in metrics:
        raise PublishError(f"{METRICS} of {folder.name} holds no curves to draw; {remedy}")
    return metrics
