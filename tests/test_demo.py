"""The demo as a person starts it."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent
FOREIGN = "{'tensorflow', 'keras', 'torch'}"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_taken_port_is_one_sentence():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = run("demo.py", "--port", str(port))
    assert done.returncode == 1
    assert done.stderr == f"Port {port} is taken; choose another with --port.\n"
    assert done.stdout == ""


def test_an_unknown_detector_is_one_sentence():
    done = run("demo.py", "--only", "nobody")
    assert done.returncode == 2
    assert "no detector named 'nobody'" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_demo_serves_on_this_machine_alone_and_prints_one_line():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "demo.py", "--port", str(port)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}
    ) as demo:
        assert demo.stdout is not None
        try:
            assert demo.stdout.readline() == f"Facejury is at http://127.0.0.1:{port}/\n"
            config = httpx.get(f"http://127.0.0.1:{port}/config").json()
        finally:
            demo.terminate()
        assert demo.stdout.read() == ""
    assert config["title"] == "Facejury"
    assert config["analytics_enabled"] is False


def test_the_demo_imports_no_training_framework():
    code = f"import sys, json, demo, ui.examples; print(json.dumps(sorted({FOREIGN} & set(sys.modules))))"
    assert json.loads(run("-c", code).stdout) == []
