"""`facejury compare` with a plugin that does more than it is asked."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.command import FACEJURY
from tests.detectors.pictures import encode, portrait

pytestmark = pytest.mark.slow  # commands are started


RUDE = """
import os
import pluggy

os.chdir("/")
os.environ["FACEJURY_THREADS"] = "many"
print("hello")
os.system("echo hello from a program")

def load():
    return lambda image: 0.4 if os.environ["FACEJURY_THREADS"] == "many" else 0.6

@pluggy.HookimplMarker("facejury")
def register_detectors(register):
    os.write(1, b"hello again")
    register(key="rude", title="Rude", load=load)
"""


def test_what_a_plugin_prints_or_changes_when_it_is_asked_stays_its_own(tmp_path: Path) -> None:
    (tmp_path / "rude.py").write_text(RUDE)
    (tmp_path / "portrait.png").write_bytes(encode(portrait()))
    chosen = ["--only", "rude", "--only", "custom-cnn", "--add", "rude.py", "--json"]
    command = [*FACEJURY, "compare", "portrait.png", *chosen]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    (judged,) = json.loads(done.stdout)
    said = {verdict["detector"]: verdict["p_fake"] for verdict in judged["faces"][0]["verdicts"]}
    assert said["rude"] == 0.4 and said["custom-cnn"] is not None
    assert "hello again" in done.stderr and "hello from a program" in done.stderr
