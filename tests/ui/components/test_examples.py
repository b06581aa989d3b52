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

def serve(told):
    before = signal.getsignal(told)

    def tell():
        while signal.getsignal(told) is before:
            time.sleep(0.01)
        os.kill(os.getpid(), told)

    print(examples.portrait().is_file(), flush=True)
    threading.Thread(target=tell).start()
    hear_signals().wait()

for name in sys.argv[1:]:  # a fork for each signal: Gradio is imported once
    if not os.fork():
        serve(signal.Signals[name])
        break
else:
    for _ in sys.argv[1:]:
        print(os.waitstatus_to_exitcode(os.wait()[1]))
"""


@pytest.mark.slow
def test_a_server_that_is_told_to_stop_takes_its_examples_along(tmp_path: Path) -> None:
    command, places = [sys.executable, "-c", SERVER, "SIGTERM", "SIGINT"], os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=places, capture_output=True, text=True, check=False)
    assert (done.returncode, sorted(done.stdout.split())) == (0, ["0", "0", "True", "True"]), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_scikit_image_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="scikit-image"):
        examples.portrait.__wrapped__()
