"""The demo as a person starts it: a process of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO

from tests.ports import free_port

ROOT = Path(__file__).parents[1]
ADDRESS = re.compile(r"Facejury is at (http://(?:127\.0\.0\.1|\[::1\]):\d+/)\n")


@contextmanager
def running(arguments: Sequence[str], environment: dict[str, str], *, errors: IO[str] | None = None) -> Iterator[str]:
    """The demo, running; its address, read from the one line that it prints. errors: where its log goes."""
    command = [sys.executable, "demo.py", "--port", str(free_port()), *arguments]
    everything = os.environ | {"PYTHONUNBUFFERED": "1"} | environment
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True, env=everything) as demo:
        assert demo.stdout is not None
        try:
            found = ADDRESS.fullmatch(demo.stdout.readline())
            assert found
            yield found[1]
        finally:
            demo.terminate()
        assert demo.stdout.read() == ""


def started(*arguments: str, **environment: str) -> AbstractContextManager[str]:
    """The demo, running: its address."""
    return running(arguments, environment)
