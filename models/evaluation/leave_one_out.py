"""What a network makes of a generator that it never met: its recipe without it, noted beside the figures with it.

`facejury models left-out KEY DIR`, after train, export and evaluate with the same --without.
"""

import json
from pathlib import Path
from typing import Any

from detectors.networks.folder import METRICS, read_config
from detectors.networks.metrics import read_metrics as read_file
from models.errors import DataError
from models.metrics_file import read_metrics

NOTED = "left_out"


def note(folder: Path, trained: Path) -> tuple[str, ...]:
    """Copy the figures of the generators that were left out; returns their names. Raises DataError, PublishError.

    folder: of the network trained with them; trained: of the one without, measured.
    """
    without = read_config(trained).without
    if not without:
        raise DataError(f"{trained.name} was trained with everything; export it with --without GENERATOR")
    unseen, metrics = read_metrics(trained), dict(read_metrics(folder))
    if missing := sorted(set(without) - (unseen["generators"].keys() & metrics["generators"].keys())):
        raise DataError(f"neither may be missing among what was measured: {', '.join(missing)}")
    metrics[NOTED] = metrics.get(NOTED, {}) | {name: unseen["generators"][name] for name in without}
    (folder / METRICS).write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    return without


def keep_noted(path: Path) -> dict[str, Any]:
    """What was noted in a metrics.json that is about to be written anew: it is of the recipe, not of these weights."""
    if not path.is_file():
        return {}
    metrics = read_file(path)
    return {NOTED: metrics[NOTED]} if NOTED in metrics else {}
