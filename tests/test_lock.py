"""The locks hold what pyproject.toml asks for, with hashes, from no particular place."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
RUNTIME, DEV = "requirements.lock", "requirements-dev.lock"


def pins(name: str) -> dict[str, str]:
    """Package -> version."""
    lines = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", (ROOT / name).read_text(), flags=re.MULTILINE)
    return {canonicalize_name(package): version for package, version in lines}


def wanted(*extras: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = project["dependencies"] + [line for extra in extras for line in project["optional-dependencies"][extra]]
    return [requirement for line in listed if (requirement := Requirement(line)).name != project["name"]]


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
