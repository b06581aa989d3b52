"""FACEJURY_THREADS: how many threads a network may use."""

import os

VARIABLE = "FACEJURY_THREADS"
MAX_THREADS = 1024  # ONNX Runtime starts as many as it is told, until the machine has no more


def read_threads() -> int:
    """The number that was set; 0, one a core, where none was. Raises ValueError for what is no such number."""
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return 0
    if not (text.isdecimal() and 1 <= int(text) <= MAX_THREADS):
        raise ValueError(f"{VARIABLE} must be a whole number from 1 to {MAX_THREADS}, or not be set; got {text!r}")
    return int(text)
