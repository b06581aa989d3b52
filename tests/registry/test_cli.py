"""`facejury detectors list`, and its older name `python -m registry`: who is in the jury, without loading anybody."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from registry import DetectorSpec, Problem, Registry
from registry.__main__ import main
from registry.listing import as_table
from tests.command import FACEJURY, ROOT, call

HEAVY = {"keras", "tensorflow", "onnx", "onnxruntime", "cv2", "gradio", "PIL", "skimage", "sklearn"}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [*FACEJURY, "detectors", "list", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)


def test_the_command_names_every_detector_and_says_nothing_else() -> None:
    done = run("--json", FACEJURY_BLOCK="")
    assert (done.returncode, done.stderr) == (0, "")
    keys = [detector["key"] for detector in json.loads(done.stdout)["detectors"]]
    assert keys[:5] == ["custom-cnn", "efficientnet", "efficientnet-160", "blend", "residual"]


def test_json_has_the_plain_values_of_every_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEJURY_BLOCK", "")
    said = call("detectors", "list", "--json").stdout
    listed = json.loads(said)
    assert list(listed) == ["detectors", "pinned", "problems"]
    first = listed["detectors"][0]
    assert list(first) == [
        *("key", "title", "expects", "owner", "version"),
        *("fake_from", "real_until", "seconds", "source"),
    ]
    assert (first["key"], first["owner"], first["source"]) == ("custom-cnn", "facejury", "models/weights/custom-cnn")
    assert 0 <= first["real_until"] <= first["fake_from"] <= 1
    assert said == json.dumps(listed, indent=2) + "\n"


def test_the_table_has_a_line_for_each_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEJURY_BLOCK", "")
    lines = call("detectors", "list").stdout.splitlines()
    assert lines[0].split()[:3] == ["key", "title", "expects"]
    assert lines[1].startswith("custom-cnn ")
    assert lines[2].startswith("efficientnet ")


def test_columns_are_as_wide_as_their_longest_cell_and_problems_come_last() -> None:
    long = DetectorSpec(key="a-long-key", title="A", load=print, owner="me", version="1.0")
    table = as_table(Registry((long,), (Problem("odd", "it raised"),)))
    assert table == (
        "key         title  expects  owner  version\na-long-key  A      face     me     1.0\nproblem: odd: it raised"
    )


def test_a_blocked_detector_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEJURY_BLOCK", "custom-cnn")
    listed = json.loads(call("detectors", "list", "--json").stdout)
    assert "custom-cnn" not in [detector["key"] for detector in listed["detectors"]]


def test_by_the_older_name_a_wrong_name_to_block_is_a_problem(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEJURY_BLOCK", "custom-cnn, nobody")
    main(["--json"])
    listed = json.loads(capsys.readouterr().out)
    (problem,) = [problem for problem in listed["problems"] if problem["plugin"] == "nobody"]
    assert "no plugin has that name; there are custom-cnn, efficientnet" in problem["reason"]


def test_listing_the_detectors_loads_no_network_no_picture_and_no_page() -> None:
    code = f"""
import sys
from facejury import main
sys.argv = ["facejury", "detectors", "list", "--json"]
try:
    main()
except SystemExit as end:
    assert end.code == 0
assert not {HEAVY} & set(sys.modules), set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["detectors"] is not None


def test_the_older_name_prints_the_same(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEJURY_BLOCK", "")
    main(["--json"])
    assert capsys.readouterr().out == call("detectors", "list", "--json").stdout


def test_the_older_name_ends_without_a_word_where_nobody_reads_on() -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "registry", "--json"]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
@pytest.mark.parametrize("called", ["registry", "detectors --help", "auth --help", "models --help"])
def test_a_full_disk_behind_an_older_name_is_one_sentence(called: str) -> None:
    command = [sys.executable, "-m", *called.split()]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stderr) == (1, "The output cannot be written: No space left on device.\n")


def test_help_of_the_older_name_names_the_command_what_it_does_and_the_environment_variable(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit):
        main(["--help"])
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "usage: python -m registry [-h] [--json]"
    assert "List the detectors of the jury, and what kept others out." in lines
    assert "--json      print JSON instead of a table" in lines
    assert lines[-1] == "FACEJURY_BLOCK=name,name leaves plugins out by name."
