"""metrics.json of a model folder, refused where it belongs to other weights."""

from pathlib import Path

from detectors.networks.folder import METRICS, MODEL, read_config
from detectors.networks.metrics import UNREADABLE, Metrics, OtherWeightsError
from detectors.networks.metrics import read_metrics as read_file
from models.errors import PublishError


def read_metrics(folder: Path) -> Metrics:
    """metrics.json of a model folder. Raises PublishError when it is broken or not of these weights."""
    remedy = f"measure it first: facejury models evaluate --data DIR --add {folder} --save"
    if not (folder / METRICS).is_file():
        raise PublishError(f"{folder.name} has no {METRICS}; {remedy}")
    try:
        metrics = read_file(folder / METRICS, hashes=[read_config(folder).files[MODEL]])
    except OtherWeightsError as error:
        raise PublishError(f"{METRICS} of {folder.name} was measured on other weights; {remedy}") from error
    except UNREADABLE as error:
        raise PublishError(f"{METRICS} of {folder.name} cannot be read; {remedy}") from error
    if "curves" not in metrics:
        raise PublishError(f"{METRICS} of {folder.name} holds no curves to draw; {remedy}")
    return metrics
