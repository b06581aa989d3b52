"""Checks several detectors of one module in one process, which readies the pictures once: as JSON, the failed ones.

`python -m tests.detectors.conformance.checked_together MODULE KEY ...`; the command takes a process for each.
"""

import json
import sys
import tempfile
from functools import partial

from detectors.conformance.check import run_check
from detectors.conformance.checks import CHECKS, name_check
from detectors.sandbox.audit import AuditedDetector
from detectors.sandbox.worker import find_spec


def find_failed(module: str, key: str, scratch: str) -> list[str]:
    """The names of the checks that this detector does not pass."""
    audited = AuditedDetector(lambda: find_spec(module, key), scratch=scratch)
    audited.load()
    ask = partial(run_check, audited=audited)
    return [name for name in map(name_check, CHECKS) if not ask(name)["passed"]]


def main(module: str, *keys: str) -> None:
    """Print key -> failed checks."""
    with tempfile.TemporaryDirectory() as scratch:
        print(json.dumps({key: find_failed(module, key, scratch) for key in keys}))


if __name__ == "__main__":
    main(*sys.argv[1:])
