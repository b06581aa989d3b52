"""The networks and their life: data, training, calibration, export, evaluation. The training side: keras."""

from rich.console import Console

import detectors  # noqa: F401  # first of all: it tells ONNX Runtime not to report to its maker

ERRORS = Console(stderr=True)  # where progress goes: standard output is for answers
