"""Speed and load, measured by commands and compared as ratios in one run."""

import detectors  # noqa: F401  # first of all: it tells ONNX Runtime not to report to its maker
