"""The example plugin as its author would ship it: a wheel, installed beside the runtime."""

import ast
import json
import shutil
import site
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

from detectors.conformance import samples
from detectors.conformance.check import check_detector
from detectors.networks.resolve import add_source
from registry import Registry
from tests.syntax import parse

ROOT = Path(__file__).parent.parent
EXAMPLE = Path(__file__).parent / "plugin_example"
MODULE = EXAMPLE / "facejury_spectrum.py"


def pip(*arguments: str) -> None:
    offline = ["--disable-pip-version-check", "--no-index", "--no-deps"]
    subprocess.run([sys.executable, "-m", "pip", *arguments, *offline], check=True, capture_output=True, timeout=250)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = shutil.copytree(EXAMPLE, folder / "source")  # building leaves files behind
    pip("wheel", "--no-build-isolation", "--wheel-dir", str(folder), str(source))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment: the runtime's packages, and the wheel."""
    folder = tmp_path_factory.mktemp("fresh")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=120)
    fresh = folder / "bin" / "python"
    say_packages = [str(fresh), "-c", "import sysconfig; print(sysconfig.get_path('purelib'), end='')"]
    packages = subprocess.check_output(say_packages, text=True)
    runtime = dict.fromkeys([sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()])
    Path(packages, "runtime.pth").write_text("\n".join(runtime))
    pip("--python", str(fresh), "install", str(wheel))
    return fresh


def run(python: str | Path, *arguments: str) -> str:
    done = subprocess.run(
        [python, "-m", *arguments], cwd=ROOT, check=False, capture_output=True, text=True, timeout=250
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_example_is_25_lines_that_import_pluggy_and_numpy_only() -> None:
    lines = [line for line in MODULE.read_text().splitlines() if line.strip()]
    assert len(lines) <= 25
    imported = [node for node in ast.walk(parse(MODULE)) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in imported for alias in node.names}
    assert names == {"pluggy", "numpy"}


def test_the_example_has_one_entry_point() -> None:
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    assert project["entry-points"] == {"facejury": {"spectrum": "facejury_spectrum"}}
    assert project["dependencies"] == ["numpy", "pluggy"]


def test_the_wheel_holds_the_module_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert [name for name in names if ".dist-info/" not in name] == ["facejury_spectrum.py"]


@pytest.mark.slow
def test_the_installed_example_is_listed_and_judges_faces(python: Path, tmp_path: Path) -> None:
    listed = json.loads(run(python, "registry", "--json"))
    (spectrum,) = [spec for spec in listed["detectors"] if spec["key"] == "spectrum"]
    assert (spectrum["owner"], spectrum["version"]) == ("facejury-spectrum", "1.0.0")
    photo = tmp_path / "face.png"
    photo.write_bytes(samples.as_png(samples.photo()))
    (comparison,) = json.loads(run(python, "detectors", "compare", str(photo), "--only", "spectrum", "--json"))
    (verdict,) = comparison["faces"][0]["verdicts"]
    assert verdict["detector"] == "spectrum"
    assert verdict["label"] in {"fake", "real"}
    assert verdict["error"] is None


def test_without_the_wheel_the_example_is_not_there() -> None:
    assert '"spectrum"' not in run(sys.executable, "registry", "--json")


@pytest.mark.slow
def test_the_example_passes_every_check() -> None:
    spec = add_source(Registry(()), str(MODULE))["spectrum"]
    assert [check for check in check_detector(spec) if not check.passed] == []
