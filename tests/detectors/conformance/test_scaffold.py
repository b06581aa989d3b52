import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from detectors.__main__ import app
from detectors.conformance.check import check_detector
from detectors.conformance.scaffold import SAMPLES, NewPluginError, write_plugin
from detectors.networks.resolve import add_source
from registry import Registry
from registry.contract import MAX_KEY_CHARACTERS

pytestmark = pytest.mark.slow  # a package is built and checked


@pytest.mark.parametrize("expects", SAMPLES)
def test_a_new_package_is_written_and_passes_its_own_tests_at_once(tmp_path: Path, expects: str) -> None:
    result = CliRunner().invoke(app, ["new", "blink-rate", "--to", str(tmp_path), "--expects", expects])
    assert result.exit_code == 0
    folder = tmp_path / "facejury-blink-rate"
    names = {"README.md", "pyproject.toml", "facejury_blink_rate.py", "test_facejury_blink_rate.py"}
    assert {path.name for path in folder.iterdir()} == names
    subprocess.run([sys.executable, "-m", "pytest", "-q"], cwd=folder, check=True, timeout=120)


def test_a_new_package_leaves_no_blank_to_fill_in(tmp_path: Path) -> None:
    folders = [write_plugin("blink-rate", tmp_path / expects, expects=expects) for expects in SAMPLES]
    for folder in folders:
        assert [path.name for path in folder.iterdir() if "$" in path.read_text()] == []


def test_a_new_detector_passes_every_check(tmp_path: Path) -> None:
    folder = write_plugin("blink-rate", tmp_path)
    spec = add_source(Registry(()), str(folder / "facejury_blink_rate.py"))["blink-rate"]
    assert spec.title == "Blink rate"
    assert [check for check in check_detector(spec) if not check.passed] == []


@pytest.mark.parametrize("name", ["Blink", "blink_rate", "2nd", "", "../blink", "a--b", "blend", "jury", "a" * 129])
def test_a_name_that_is_no_key_or_one_of_ours_is_refused(tmp_path: Path, name: str) -> None:
    result = CliRunner().invoke(app, ["new", "--to", str(tmp_path), "--", name])
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_the_longest_name_that_can_register_is_taken(tmp_path: Path) -> None:
    name = "a" * MAX_KEY_CHARACTERS
    module = write_plugin(name, tmp_path) / f"facejury_{name}.py"
    assert add_source(Registry(()), str(module)).keys() == (name,)


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "facejury-blink"
    folder.mkdir()
    result = CliRunner().invoke(app, ["new", "blink", "--to", str(tmp_path)])
    assert result.exit_code == 2
    assert list(folder.iterdir()) == []


def test_what_a_new_detector_cannot_expect_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NewPluginError, match="may expect face or clip or audio, got 'smell'"):
        write_plugin("blink", tmp_path, expects="smell")
