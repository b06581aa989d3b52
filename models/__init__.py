"""The networks and their life: data, training, calibration, export, evaluation. The training side: keras."""

import detectors  # noqa: F401  # first of all: it tells ONNX Runtime not to report to its maker
