"""The networks and their life: data, training, calibration, export, evaluation. The training side: keras."""

from rich.console import Console

ERRORS = Console(stderr=True)  # where progress goes: standard output is for answers
