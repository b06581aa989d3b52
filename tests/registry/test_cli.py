"""`python -m registry`: who is in the jury, told without loading anybody."""

import json
import os
import subprocess
import sys

HEAVY = {"keras", "tensorflow", "onnx", "onnxruntime", "cv2", "gradio", "PIL", "skimage", "sklearn"}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "registry", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)


def test_json_names_every_detector_with_its_plain_values() -> None:
    done = run("--json", FACEJURY_BLOCK="")
    listed = json.loads(done.stdout)
    assert done.returncode == 0
    assert done.stderr == ""
    assert set(listed) == {"detectors", "problems"}
    assert [detector["key"] for detector in listed["detectors"]][:2] == ["custom-cnn", "efficientnet"]
    first = listed["detectors"][0]
    keys = ["key", "title", "expects", "owner", "version", "fake_from", "real_until", "seconds", "source"]
    assert list(first)[: len(keys)] == keys
    assert first["source"] == "models/weights/custom-cnn"
    assert 0 <= first["real_until"] <= first["fake_from"] <= 1


def test_the_table_has_a_line_for_each_detector() -> None:
    done = run(FACEJURY_BLOCK="")
    lines = done.stdout.splitlines()
    assert lines[0].split()[:3] == ["key", "title", "expects"]
    assert lines[1].startswith("custom-cnn ")
    assert lines[2].startswith("efficientnet ")


def test_a_blocked_detector_is_left_out_and_a_wrong_name_is_a_problem() -> None:
    listed = json.loads(run("--json", FACEJURY_BLOCK="custom-cnn, nobody").stdout)
    assert "custom-cnn" not in [detector["key"] for detector in listed["detectors"]]
    (problem,) = [problem for problem in listed["problems"] if problem["plugin"] == "nobody"]
    assert "no plugin has that name; there are custom-cnn, efficientnet" in problem["reason"]


def test_listing_the_detectors_loads_no_network_no_picture_and_no_page() -> None:
    code = f"""
import sys
from registry.__main__ import main
main(["--json"])
assert not {HEAVY} & set(sys.modules), set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["detectors"] is not None


def test_help_names_the_environment_variable() -> None:
    assert "FACEJURY_BLOCK" in run("--help").stdout
