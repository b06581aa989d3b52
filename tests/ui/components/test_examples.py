"""The two pictures to try: there as long as the server is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.demo_process import ROOT
from ui.components import examples

SERVER = """
import os, signal, sys, threading, time
from ui.components import examples
from ui.server.lifecycle import hear_signals

told = signal.Signals[sys.argv[1]]
before = signal.getsignal(told)

def tell():
    while signal.getsignal(told) is before:
        time.sleep(0.01)
    os.kill(os.getpid(), told)

print(examples.portrait().is_file())
threading.Thread(target=tell).start()
hear_signals().wait()
"""


@pytest.mark.slow
@pytest.mark.parametrize("told", ["SIGTERM", "SIGINT"])
def test_a_server_that_is_told_to_stop_takes_its_examples_along(told: str, tmp_path: Path) -> None:
    command, places = [sys.executable, "-c", SERVER, told], os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=places, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_scikit_image_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="scikit-image"):
        examples.portrait.__wrapped__()
