"""The demo as a person starts it: a process of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port

ROOT = Path(__file__).parents[1]
ADDRESS = re.compile(r"Facejury is at (http://(?:127\.0\.0\.1|\[::1\]):\d+/)\n")


@contextmanager
def started(*arguments: str, **environment: str) -> Iterator[str]:
    """The demo, running; its address, read from the one line that it prints."""
    command = [sys.executable, "demo.py", "--port", str(free_port()), *arguments]
    everything = os.environ | {"PYTHONUNBUFFERED": "1"} | environment
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=everything) as demo:
        assert demo.stdout is not None
        try:
            found = ADDRESS.fullmatch(demo.stdout.readline())
            assert found
            yield found[1]
        finally:
            demo.terminate()
        assert demo.stdout.read() == ""
