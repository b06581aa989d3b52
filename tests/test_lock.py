"""The locks hold what pyproject.toml asks for, with hashes, from no particular place."""

import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
RUNTIME, DEV = "requirements.lock", "requirements-dev.lock"
OLDEST_PIP = "23.2.1"  # of Python 3.11.5 to 3.11.7
NEWER = "9999"


def pins(name: str) -> dict[str, str]:
    """Package -> version."""
    lines = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", (ROOT / name).read_text(), flags=re.MULTILINE)
    return {canonicalize_name(package): version for package, version in lines}


def wanted(*extras: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = project["dependencies"] + [line for extra in extras for line in project["optional-dependencies"][extra]]
    return [requirement for line in listed if (requirement := Requirement(line)).name != project["name"]]


def applicable(lock: str) -> dict[str, str]:
    """Package -> version, where its marker holds on this machine."""
    lines = re.findall(r"^([A-Za-z0-9][^\\\n]*==[^\\\n]+?)\s*\\$", (ROOT / lock).read_text("utf-8"), flags=re.MULTILINE)
    asked = [one for line in lines if (one := Requirement(line)).marker is None or one.marker.evaluate()]
    return {canonicalize_name(one.name): str(one.specifier).removeprefix("==") for one in asked}


def install_options() -> list[str]:
    """What the Makefile gives to `pip install`."""
    found = re.search(r"^INSTALL := \$\(BIN\)/pip install (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert found, "the Makefile has no INSTALL"
    return found[1].split()


def add_releases(index: Path, package: str, version: str) -> tuple[str, str]:
    """Empty wheels of the pinned release and of a newer one, which need what the installed release needs.

    Returns the pin and the pinned wheel's SHA-256. The real wheels are gigabytes, and no newer ones may exist.
    """
    try:
        about = metadata.metadata(package)
    except metadata.PackageNotFoundError:
        needs = ""
    else:
        fields = [(name, value) for name in ("Requires-Dist", "Provides-Extra") for value in about.get_all(name) or ()]
        needs = "".join(f"{name}: {value}\n" for name, value in fields)
    stem = package.replace("-", "_")
    for release in (NEWER, version):
        folder = f"{stem}-{release}.dist-info"
        wheel = index / f"{stem}-{release}-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(
                f"{folder}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: {release}\n{needs}"
            )
            archive.writestr(f"{folder}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{folder}/RECORD", "")
    return f"{package}=={version}", hashlib.sha256(wheel.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def oldest_pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the oldest pip that we support, from PyPI: no answer is a failure in CI and a skip elsewhere."""
    folder = tmp_path_factory.mktemp("pip")
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--target", str(folder)]
    command = [sys.executable, "-m", "pip", "install", *options, f"pip=={OLDEST_PIP}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        missing = f"pip {OLDEST_PIP} cannot be fetched: {done.stderr}"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    return folder


def pip_install(pip: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pip", "install", *arguments]
    places = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    places |= {"PYTHONPATH": str(pip), "PIP_CONFIG_FILE": os.devnull}
    return subprocess.run(command, env=places, cwd=pip, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("lock", "extras"), [(RUNTIME, ()), (DEV, ("dev", "train"))])
def test_what_pyproject_asks_for_is_locked_within_its_bounds(lock: str, extras: tuple[str, ...]) -> None:
    locked = pins(lock)
    for requirement in wanted(*extras):
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not in {lock}: make lock"
        assert requirement.specifier.contains(version), f"{requirement} is locked at {version}: make lock"


def test_both_locks_agree_so_that_one_environment_serves_both() -> None:
    assert pins(RUNTIME).items() <= pins(DEV).items()


def test_the_demo_installs_no_training_framework_and_nothing_installs_torch() -> None:
    assert not {"tensorflow", "keras", "torch", "scikit-learn", "pytest"} & set(pins(RUNTIME))
    assert not {"torch", "torchvision"} & set(pins(DEV))


@pytest.mark.parametrize("lock", [RUNTIME, DEV])
def test_every_pin_has_hashes_and_names_no_place(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert not re.search(r"https?://|file:|--index|--find-links|--extra|--trusted| @ |(?<!\w)/\w", text)
    for block in re.split(r"\n(?=[A-Za-z])", text)[1:]:
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_every_line_that_installs_a_lock_leaves_its_dependencies_alone() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "--no-deps" in install_options()
    for lock in (RUNTIME, DEV):
        assert f"\t$(INSTALL) -r {lock}\n" in makefile
    pages = [ROOT / "Makefile", ROOT / "Dockerfile", ROOT / "README.md", ROOT / ".ci" / "run"]
    lines = [line for page in [*pages, *(ROOT / "docs").rglob("*.md")] for line in page.read_text("utf-8").splitlines()]
    installs = [
        line for line in lines if re.search(r"\binstall\b.*(-r|--requirement)\s*\S*requirements\S*\.lock", line)
    ]
    assert len(installs) >= 1, "the Dockerfile installs a lock"
    assert [line for line in installs if "--no-deps" not in line] == []


@pytest.mark.slow
def test_a_newer_release_of_a_pinned_package_changes_nothing_for_the_oldest_pip(
    oldest_pip: Path, tmp_path: Path
) -> None:
    index, wanted = tmp_path / "index", applicable(DEV)
    index.mkdir()
    hashes = {package: add_releases(index, package, version) for package, version in wanted.items()}
    report = tmp_path / "report.json"
    options = ["--no-index", "--find-links", str(index), "--dry-run", "--ignore-installed", "--report", str(report)]
    assert applicable(RUNTIME).items() <= wanted.items(), "both locks at once, as one environment has them"
    for lock in (RUNTIME, DEV):
        pins = [hashes[package] for package in applicable(lock)]
        (tmp_path / lock).write_text("".join(f"{pin} --hash=sha256:{sha256}\n" for pin, sha256 in pins), "utf-8")
        options += ["-r", str(tmp_path / lock)]

    done = pip_install(oldest_pip, *install_options(), *options)
    assert done.returncode == 0, done.stderr
    chosen = [install["metadata"] for install in json.loads(report.read_text("utf-8"))["install"]]
    assert {canonicalize_name(one["name"]): one["version"] for one in chosen} == wanted

    # pytest-cov asks for coverage[toml]: this index does show the fault
    careless = [option for option in install_options() if option != "--no-deps"]
    for lock in (RUNTIME, DEV):
        kept = [line for line in (tmp_path / lock).read_text("utf-8").splitlines() if re.match("pytest|coverage", line)]
        (tmp_path / lock).write_text("\n".join(kept), "utf-8")
    assert "must have their versions pinned" in pip_install(oldest_pip, *careless, *options).stderr
