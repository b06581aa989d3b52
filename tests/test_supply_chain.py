"""What the page is made of: installed by hash, audited by a command, and nothing in it that runs what it reads."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.syntax import parse

ROOT = Path(__file__).parents[1]
SERVING = ("auth/", "detectors/", "registry/", "ui/", "demo.py")
UNPICKLERS = {"pickle", "_pickle", "cloudpickle", "dill", "joblib", "jsonpickle", "marshal", "shelve", "torch", "yaml"}
READERS = {"load", "fromfile", "loadtxt", "genfromtxt"}  # numpy's, of which `load` may unpickle
JUDGE = """
import json, sys
unpickled = []
sys.addaudithook(lambda event, given: unpickled.append(given) if event == "pickle.find_class" else None)
import demo, ui.page, ui.server.front, ui.server.lifecycle
from detectors.conformance import samples
from detectors.jury.judge import Jury
from detectors.jury.compare import compare
from registry import load_registry
with Jury(load_registry().choose(["custom-cnn"])) as jury:
    (face,) = compare(samples.as_png(samples.photo()), jury).faces
print(json.dumps([face.verdicts[0].error, unpickled]))
"""


UNSAID = ("CI", "ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME", "XDG_DATA_HOME")  # in CI it is silent of itself


def serving_files() -> list[Path]:
    """What runs when somebody opens the page."""
    listed = subprocess.run(["git", "ls-files", "*.py"], capture_output=True, text=True, check=True, cwd=ROOT)
    return [ROOT / line for line in listed.stdout.splitlines() if line.startswith(SERVING)]


def imported_in(tree: ast.AST) -> Iterator[str]:
    """The top-level names of what a module imports, anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def calls_in(tree: ast.AST) -> Iterator[str]:
    """What a module calls, as it is written."""
    yield from (ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Call))


def test_no_module_that_serves_can_unpickle_or_evaluate() -> None:
    files = serving_files()
    assert len(files) > 60
    for path in files:
        tree = parse(path)
        assert not UNPICKLERS & set(imported_in(tree)), path
        for call in calls_in(tree):
            assert not call.startswith(("eval(", "exec(", "compile(", "__import__(", "os.system(")), f"{path}: {call}"
            assert "shell=True" not in call and "allow_pickle=True" not in call, f"{path}: {call}"
            if call.startswith(tuple(f"{numpy}.{name}(" for numpy in ("np", "numpy") for name in READERS)):
                assert "allow_pickle=False" in call, f"{path}: {call}"


@pytest.mark.slow
def test_nothing_is_unpickled_from_the_start_to_a_verdict() -> None:
    done = subprocess.run([sys.executable, "-c", JUDGE], cwd=ROOT, capture_output=True, text=True, check=False)
    error, unpickled = json.loads(done.stdout.splitlines()[-1])
    assert (error, unpickled) == (None, []), done.stderr


@pytest.mark.parametrize(
    "entrance", ["detectors.networks.onnx_runtime", "detectors.sandbox.worker", "benchmarks.flops"]
)
def test_the_runtime_leaves_no_device_number_in_a_home_and_so_reports_to_nobody(entrance: str, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in UNSAID} | {"HOME": str(tmp_path)}
    load = f"import {entrance}, onnxruntime; assert onnxruntime.get_available_providers()"
    subprocess.run([sys.executable, "-c", load], cwd=ROOT, env=environment, check=True)
    assert [path for path in tmp_path.rglob("*") if "onnxruntime" in path.name or "Microsoft" in path.name] == []


def test_make_installs_from_the_locks_by_hash_and_audits_what_it_installs() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes\n" in makefile
    assert "\t$(INSTALL) -r requirements.lock\n" in makefile
    dry = subprocess.run(["make", "-n", "audit"], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert "pip-audit --disable-pip --require-hashes --strict --requirement requirements.lock" in dry
